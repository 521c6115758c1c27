"""Statistics of drawn faces are those of geometry; `dataset compare` tells sets apart by them."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import json
import tarfile

import numpy as np
import pytest
from limner.errors import DatasetError
from limner.synthetic_data import dataset
from limner.synthetic_data.canvas import Canvas
from limner.synthetic_data.inspection.likeness import Measured, compare
from limner.synthetic_data.inspection.statistics import HEIGHT_PX, STATISTICS, measure
from limner.synthetic_data.pen import arc

BOX = (0.0, 0.0, 256.0, 256.0)


def inked(draw, size=256):
    canvas = Canvas(size)
    draw(canvas, size / 256.0)
    return canvas.ink() / 255.0


def rings(canvas, scale, radius=60.0, width=5.0):
    for centre in ([66.0, 66.0], [190.0, 66.0], [66.0, 190.0], [190.0, 190.0]):
        ring = arc(np.array(centre) * scale, radius * scale, radius * scale, 0.0, 2 * np.pi, 200)
        canvas.stroke(ring, np.full(200, width * scale), 1)


def rows_of_lines(canvas, scale, width=5.0, dash=None):
    for y in range(20, 240, 20):
        edges = [10.0, 246.0] if dash is None else np.arange(10.0, 246.0, dash)
        for left, right in zip(edges[::2], edges[1::2], strict=False):
            line = np.array([[left, y], [right, y]]) * scale
            canvas.stroke(line, np.full(2, width * scale), 1)


def test_the_statistics_have_names_and_meanings_for_all_that_is_measured():
    found = measure(inked(rows_of_lines), BOX)
    assert list(found) == list(STATISTICS)


@pytest.mark.parametrize("width", [4.0, 6.0, 10.0])
def test_strokes_are_as_wide_and_as_long_as_they_are_drawn(width):
    found = measure(inked(lambda *sheet: rows_of_lines(*sheet, width)), BOX)
    assert found["stroke width"] == pytest.approx(100.0 * width / 256.0, rel=0.25)
    assert found["strokes"] == pytest.approx(11 * 236.0 / 256.0, rel=0.25)
    assert found["solid"] == 0.0


def test_ink_is_the_area_that_is_covered():
    found = measure(inked(rows_of_lines), BOX)
    assert found["ink"] == pytest.approx(11 * (236.0 * 5.0) / 256.0**2, rel=0.05)


@pytest.mark.parametrize("radius", [30.0, 60.0])
def test_the_bend_of_a_ring_is_one_over_its_radius(radius):
    found = measure(inked(lambda *sheet: rings(*sheet, radius)), BOX)
    assert found["curvature"] == pytest.approx(0.1 * HEIGHT_PX / radius, rel=0.15)
    assert measure(inked(rows_of_lines), BOX)["curvature"] < 0.05


def test_dashes_are_pieces_and_narrow_gaps_can_be_closed():
    whole = measure(inked(rows_of_lines), BOX)
    dashed = measure(inked(lambda *sheet: rows_of_lines(*sheet, dash=9.0)), BOX)
    assert dashed["pieces"] > 5.0 * whole["pieces"]
    assert dashed["gaps"] > whole["gaps"] + 0.1


def test_a_filled_disc_is_solid_and_a_line_is_not():
    def disc(canvas, scale):
        canvas.fill(arc(np.full(2, 128.0), 64.0, 64.0, 0.0, 2 * np.pi, 90), 1.0, 1)

    assert measure(inked(disc), BOX)["solid"] == pytest.approx(np.pi / 16.0, rel=0.06)


def test_half_tones_are_grey():
    assert measure(inked(rows_of_lines) * 0.5, BOX)["grey"] > 0.95
    assert measure(inked(lambda *sheet: rows_of_lines(*sheet, 12.0)), BOX)["grey"] < 0.3


@pytest.mark.parametrize("size", [192, 512])
def test_the_size_of_the_picture_changes_little(size):
    here = measure(inked(rings), BOX)
    there = measure(inked(rings, size), tuple(size / 256.0 * edge for edge in BOX))
    for name in ("ink", "stroke width", "strokes", "curvature", "upper", "sides", "aspect"):
        assert there[name] == pytest.approx(here[name], rel=0.2), name


def test_only_the_box_counts_and_paper_goes_on_outside_the_picture():
    ink = inked(rows_of_lines)
    ink[:128] = 1.0
    below = measure(ink, (0.0, 128.0, 256.0, 256.0))
    assert below["ink"] < 0.4 and below["aspect"] == 2.0
    beyond = measure(ink, (0.0, 0.0, 256.0, 512.0))
    assert beyond["lower"] == pytest.approx(0.0, abs=1e-6)
    assert measure(np.zeros((64, 64)), (0.0, 0.0, 64.0, 64.0)) is None


def cloud(count, seed, centre=0.0, spread=1.0, group="a"):
    values = np.random.default_rng(seed).normal(centre, spread, (count, len(STATISTICS)))
    rows = [dict(zip(STATISTICS, row, strict=True)) for row in values]
    return Measured.of([(f"{group}{number}", group, row) for number, row in enumerate(rows)])


def test_sets_of_one_kind_lie_as_near_as_halves_and_are_not_told_apart():
    found = compare(cloud(60, 1), cloud(400, 2))
    assert found.distance.mean() < 1.2 * found.floor.mean()
    assert found.told_apart == pytest.approx(found.chance, abs=0.06)
    np.testing.assert_allclose(found.breadth, 1.0, atol=0.4)


def test_a_set_one_spread_aside_is_one_away_and_told_apart():
    found = compare(cloud(200, 1), cloud(400, 2, centre=1.0))
    assert found.distance.mean() == pytest.approx(1.0, abs=0.1)
    assert found.told_apart > 0.8


def test_a_narrow_set_is_called_narrow_and_leaves_real_drawings_outside():
    found = compare(cloud(200, 1), cloud(400, 2, spread=0.3))
    np.testing.assert_allclose(found.breadth, 0.3, atol=0.08)
    assert any(found.outside(row) for row in range(200))


def test_every_style_is_measured_against_every_group_of_real_drawings():
    def joined(first, second):
        return Measured(
            first.names + second.names,
            first.groups + second.groups,
            np.concatenate([first.values, second.values]),
        )

    real = joined(cloud(40, 1, group="flat"), cloud(40, 2, centre=3.0, group="dense"))
    drawn = joined(cloud(80, 3, group="plain"), cloud(80, 4, centre=3.0, group="hatched"))
    tables = compare(real, drawn).tables
    assert set(tables) == {"all", "flat", "dense"}
    assert tables["flat"]["plain"] < tables["flat"]["hatched"]
    assert tables["dense"]["hatched"] < tables["dense"]["plain"]


def test_too_few_drawings_are_refused():
    with pytest.raises(DatasetError, match="at least 6"):
        compare(cloud(3, 1), cloud(40, 2))


@pytest.fixture(scope="module")
def drawn_set(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "set"
    dataset.generate(out, 24, 8, size=128)
    return out


@pytest.fixture(scope="module")
def real_folder(drawn_set, tmp_path_factory):
    """The set's own drawings with a table of their boxes, as if they were real."""
    out = tmp_path_factory.mktemp("real")
    with tarfile.open(next(drawn_set.glob("*.tar"))) as archive:
        files = {member.name: archive.extractfile(member).read() for member in archive}
    rows = []
    for name, content in files.items():
        key, _, kind = name.partition(".")
        about = json.loads(content) if kind == "json" else {}
        if about.get("is_face"):
            x0, y0, x1, y1 = about["face_box"]
            box = ",".join(map(str, (x0, y0 - 0.3 * (y1 - y0), x1, y1)))
            rows.append({"file": f"{key}.png", "face_box": box, "style": about["style"]})
            (out / f"{key}.png").write_bytes(files[f"{key}.png"])
    with (out / "drawings.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["file", "face_box", "style"])
        writer.writeheader()
        writer.writerows(rows)
    return out


def test_a_set_compared_with_itself_is_no_distance_away(drawn_set, real_folder, tmp_path, limner):
    page = tmp_path / "page.html"
    status, out, err = limner("dataset", "compare", drawn_set, "--with", real_folder, "-o", page)
    assert (status, err) == (0, "") and "distance 0.0" in out
    told = json.loads(page.with_suffix(".json").read_text())
    assert told["schema"] == "limner.likeness/1" and told["distance"] < 0.01
    for name, entry in told["drawings"].items():
        assert entry["nearest"] == name and entry["away"] < 0.01 and entry["outside"] == []
    html = page.read_text()
    assert html.count("<b>") == html.count("</b>") > 0
    assert html.count("<figure>") == told["real"] and "http" not in html.replace("http-equiv", "")


def test_a_picture_that_cannot_be_used_is_left_out_with_one_line(
    drawn_set, real_folder, tmp_path, limner
):
    folder = tmp_path / "real"
    folder.mkdir()
    for path in real_folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "zz.png").write_bytes(b"no picture")
    status, _, err = limner(
        "dataset", "compare", drawn_set, "--with", folder, "-o", tmp_path / "p.html"
    )
    assert status == 0
    assert err.startswith("limner: zz.png: left out:") and err.count("\n") == 1


@pytest.mark.parametrize("what", ["no folder", "empty", "no set"])
def test_what_cannot_be_compared_is_told_in_one_line(
    what, drawn_set, real_folder, tmp_path, limner
):
    (tmp_path / "empty").mkdir()
    real = {"no folder": tmp_path / "none", "empty": tmp_path / "empty"}.get(what, real_folder)
    folder = tmp_path / "empty" if what == "no set" else drawn_set
    status, out, err = limner("dataset", "compare", folder, "--with", real)
    assert status != 0 and out == "" and err.count("\n") == 1
