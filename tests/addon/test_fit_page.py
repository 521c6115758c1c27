"""The page of a fit is whole, and its charts and pictures show what the fit holds."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from limner.addon.fit import Gap, SnakeRecord
from limner.addon.fit_charts import energy_chart, energy_range, gap_chart
from limner.addon.fit_page import anew_words, article_of, fit_page, folded
from limner.addon.fit_pictures import PICTURES, fit_pictures
from limner.addon.report import fit_report
from limner.rig.look import head_look
from PIL import Image

from ..tiny_rig import tiny_fit, tiny_rig
from .whole_page import Balanced

STAGES = (("match", 0), ("match", 3), ("ink", 5))
ENERGIES = np.array([10.0, 1.0, 0.1, 8.0, 0.8, 2.0, 0.02])


def snake(outcome="Converged: no point moves more than the tolerance.", energies=ENERGIES):
    return SnakeRecord("jaw#3", outcome, len(energies), energies, STAGES)


@pytest.fixture(scope="module")
def fit():
    """Return a fit with an unsure AU, two snakes and a name that is no HTML."""
    fit = tiny_fit(tiny_rig())
    snakes = (snake(), snake("Still moving at the last step; raise max_steps."))
    return replace(
        fit,
        sketch=replace(fit.sketch, path=Path("a <b> & c.png")),
        detection=replace(fit.detection, unsure_below=0.75),
        gap=Gap(0.08, 0.03, 0.006, {"nose_bridge": (0.08, 0.03, 0.006), "jaw": (0.2, 0.1, 0.05)}),
        snakes=snakes,
        drawn={"nose_bridge": fit.final[0].points},
    )


@pytest.fixture(scope="module")
def page(fit):
    return fit_page(fit, fit_report(fit))


def without_pictures(page):
    return re.sub(r'src="data:[^"]*"', 'src="#"', page)


def test_the_page_is_whole_and_asks_for_nothing_outside(page):
    parser = Balanced()
    parser.feed(page)
    assert not parser.open
    assert parser.pictures == len(PICTURES)
    text = without_pictures(page)
    assert "http" not in text and "url(" not in text and "@import" not in text
    assert "nan" not in text.lower().replace("nano", "")
    assert "a &lt;b&gt; &amp; c.png" in text and "<b> & c" not in text


def test_its_pictures_are_what_the_fit_shows(fit, page):
    shown = re.findall(r'src="data:image/jpeg;base64,([^"]*)"', page)
    drawn = fit_pictures(fit, head_look(fit.rig))
    for data, picture in zip(shown, drawn.values(), strict=True):
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            assert image.size == picture.size
            apart = np.abs(np.asarray(image, float) - np.asarray(picture, float))
        assert apart.mean() < 4.0


def test_every_chart_is_sound_xml(page):
    charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(charts) == 3
    for chart in charts:
        ElementTree.fromstring(chart)


def test_unsure_action_units_are_grey_and_sure_ones_are_not(page):
    rows = re.findall(r"<tr( class=few)?><td>(\d+)</td><td>[^<]*</td><td>(\w*)</td>", page)
    assert ("", "12", "left") in rows
    assert (" class=few", "1", "right") in rows
    assert len(rows) == 2, "what is neither called nor probable is left out"


def test_the_page_tells_how_each_snake_ended(page):
    ended = re.findall(r"</svg><figcaption>(.*?)</figcaption>", page)
    assert ended == ["Converged", "Still moving at the last step"]
    assert "<b>1 of 2</b>snakes at rest" in page


def test_features_come_with_the_largest_gap_first_and_bars_as_long_as_gaps(page):
    chart = re.search(r"<h3>Gap</h3>(.*?)</svg>", page, re.DOTALL).group(1)
    names = re.findall(r'text-anchor="end">([a-z ,]+)</text>', chart)
    assert names[2:] == ["all, by length", "jaw", "nose bridge"]
    bars = [float(wide) for wide in re.findall(r'class="bar \w+"[^>]*width="([\d.]+)"', chart)]
    gaps = np.array([0.08, 0.03, 0.006, 0.2, 0.1, 0.05, 0.08, 0.03, 0.006])
    np.testing.assert_allclose(np.array(bars) / max(bars), gaps / 0.2, atol=0.005)


def test_a_gap_that_is_not_known_has_no_bar_to_speak_of():
    chart = gap_chart([("jaw", (0.1, float("nan"), 0.0))], "t")
    assert "nan" not in chart and "–" in chart
    assert len(re.findall(r'width="1.0"', chart)) == 2
    ElementTree.fromstring(gap_chart([], "t"))


def test_an_energy_falls_on_a_scale_of_tens_within_each_stage():
    record = snake()
    assert energy_range([record]) == (-2, 1)
    chart = energy_chart(record, "jaw", (-2, 1))
    lines = [
        np.array([spot.split(",") for spot in points.split()], float)
        for points in re.findall(r'<polyline[^>]*points="(.*?)"', chart)
    ]
    assert [len(line) for line in lines] == [3, 2, 2]
    kinds = re.findall(r'<polyline class="line (\w)"', chart)
    assert kinds == ["b", "b", "a"], "matching and ink are told apart"
    tens = np.diff(lines[0][:, 1])
    assert tens[0] == pytest.approx(tens[1], abs=0.11) and tens[0] > 0, "ten times less is a step"
    heights = np.concatenate(lines)[:, 1]
    np.testing.assert_allclose(
        (heights - heights[0]) / tens[0], 1.0 - np.log10(ENERGIES), atol=0.02
    )


@pytest.mark.parametrize("energies", [np.zeros(0), np.zeros(4), np.full(3, np.nan)])
def test_energies_that_say_nothing_still_make_a_chart(energies):
    record = replace(snake(energies=energies), stages=())
    ElementTree.fromstring(energy_chart(record, "jaw", energy_range([record])))


def test_heat_is_red_where_the_skin_moves_far_and_grey_where_it_does_not(fit):
    """The correction raises the nose on the left, which is on the picture's right."""
    far = replace(fit, correction=fit.correction * (0.02 / np.abs(fit.correction).max()))
    calm = replace(fit, correction=np.zeros_like(fit.correction))
    hot, cold = (np.asarray(fit_pictures(each)["heat"], float) for each in (far, calm))
    redder = (hot[..., 0] - hot[..., 2]) - (cold[..., 0] - cold[..., 2])
    rows, columns = np.nonzero(redder > 60.0)
    assert len(rows) > 200
    nose = fit.final[0].points.mean(axis=0)
    from limner.addon.overlay import face_window

    where = face_window(fit).within(432, 576)(nose[None])[0]
    assert abs(np.median(rows) - where[1]) < 60.0
    assert where[0] - 20.0 < np.median(columns) < where[0] + 100.0
    skin = cold[np.abs(cold - (236, 233, 227)).sum(axis=2) > 60]
    assert np.median(np.ptp(skin, axis=1)) < 30.0


def test_lines_show_the_drawn_ones(fit):
    """Where the drawn line runs the picture of lines is coloured, and the drawing is not."""
    without = fit_pictures(replace(fit, drawn={}))["lines"]
    picture = fit_pictures(fit)["lines"]
    assert np.abs(np.asarray(picture, int) - np.asarray(without, int)).max() > 60
    grey = np.asarray(fit_pictures(fit)["drawing"], int)
    assert (np.ptp(grey, axis=2) == 0).all()


def test_an_article_is_taken_out_whole_or_not_at_all(page):
    article = article_of(page)
    assert article.startswith("<article><h2>") and article.endswith("</article>")
    parser = Balanced()
    parser.feed(article)
    assert not parser.open
    assert article_of(page[: len(page) // 2]) is None
    assert article_of("") is None


def test_skin_that_presses_into_skin_where_lids_and_lips_shut_is_no_fold():
    anew = {"lids": 9, "lips": 4, "brows": 0, "nose": 2, "jaw": 1}
    assert folded(anew) == 3
    assert anew_words(anew) == "lids 9, lips 4, nose 2, jaw 1"
    assert anew_words({"lids": 0}) == ""
