"""The page of an evaluation: whole, offline, and its charts lie where the numbers say."""

# SPDX-License-Identifier: GPL-3.0-or-later

import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from limner.addon import charts
from limner.addon.evaluation_page import evaluation_page
from limner.sketch_cnn.evaluate import summarise
from PIL import Image

from ..sketch_cnn.answers import invented
from .whole_page import Balanced


@pytest.fixture(scope="module")
def page():
    readings = invented()
    figures = summarise(readings, resamplings=30)
    buffer = io.BytesIO()
    Image.new("L", (8, 8), 200).save(buffer, "PNG")
    pictures = dict.fromkeys(readings.keys, buffer.getvalue())
    return figures, evaluation_page(figures, readings, pictures, {"model": "a <b> & c"})


def test_the_page_is_whole_and_asks_for_nothing_outside(page):
    figures, text = page
    parser = Balanced()
    parser.feed(text)
    assert not parser.open
    assert parser.links <= parser.anchors
    shown = sum(len(entries) for entries in figures["mistakes"].values())
    assert parser.pictures == shown > 0
    assert "http" not in text and "url(" not in text and "@import" not in text
    assert "a &lt;b&gt; &amp; c" in text


def test_the_page_shows_the_figures(page):
    figures, text = page
    assert f"<b>{figures['macro_f1']:.3f}</b>" in text
    assert f"<td>{figures['aus']['AU43R']['auc']:.3f}</td>" in text
    assert "nan" not in text


def test_every_chart_is_sound_xml(page):
    _, text = page
    drawn = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawn) > 60
    for chart in drawn:
        ElementTree.fromstring(chart)


def test_a_line_runs_from_lower_left_to_upper_right():
    svg = charts.unit_chart([charts.Line([(0.0, 0.0), (1.0, 1.0)])], "t", size=100)
    x0, y0, x1, y1 = map(float, re.findall(r'points="(.*?)"', svg)[0].replace(",", " ").split())
    assert (x1 - x0, y1 - y0) == (100.0, -100.0)


def test_a_whisker_spans_its_interval_on_the_scale():
    mark = charts.Mark(0.5, 0.25, 0.75, "a", "note")
    svg = charts.whisker_chart([("row", [mark])], "t")
    ticks = [float(x) for x in re.findall(r'class="grid" d="M([\d.]+)', svg)]
    low, high = map(float, re.search(r'whisker" d="M([\d.]+) [\d.]+H([\d.]+)', svg).groups())
    assert [low, high] == [ticks[1], ticks[3]]
    assert float(re.search(r'cx="([\d.]+)', svg).group(1)) == ticks[2]


def test_unknown_values_leave_no_mark():
    svg = charts.whisker_chart([("row", [charts.Mark(np.nan, 0, 1, "a", "")])], "t")
    assert "circle" not in svg
    assert '<rect class="cell"' not in charts.heat_map([[np.nan, 0.0]] * 2, ["a", "b"], "t", 1.0)


def test_a_heat_maps_cell_lies_in_its_row_and_column():
    values = [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    svg = charts.heat_map(values, ["a", "b", "c"], "t", 1.0)
    cell = re.search(r'class="cell" x="(\d+)" y="(\d+)" width="(\d+)".*?<title>(.*?)<', svg)
    frame = re.search(r'class="frame" x="(\d+)" y="(\d+)"', svg)
    step = int(cell[3]) + 2
    assert (int(cell[1]) - int(frame[1])) // step == 2
    assert (int(cell[2]) - int(frame[2])) // step == 1
    assert cell[4].startswith("c where b is")
