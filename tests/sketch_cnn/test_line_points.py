"""Points of a line are the same places of every face, and of its mirror image."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.rig.store import load_rig
from limner.sketch_cnn.line_points import (
    LINE_POINTS,
    LINES,
    MIRRORED_LINE_POINTS,
    line_rows,
    points_along,
)


def curves(count):
    """Return a curve of so many points for each line: x its number, y from 0 to 1."""
    along = np.linspace(0.0, 1.0, count)
    return {
        name: np.column_stack([np.full(count, float(row)), along]) for row, name in enumerate(LINES)
    }


@pytest.mark.parametrize("count", [9, 31])
def test_points_lie_at_equal_steps_however_many_a_curve_has(count):
    points = points_along(curves(count)).reshape(len(LINES), LINE_POINTS, 2)
    expected = np.tile(np.linspace(0.0, 1.0, LINE_POINTS), (len(LINES), 1))
    np.testing.assert_allclose(points[..., 1], expected, atol=1e-6)
    np.testing.assert_array_equal(points[..., 0], np.arange(len(LINES))[:, None].repeat(8, 1))


def test_a_missing_curve_is_named():
    some = curves(9)
    del some["nose_tip"]
    with pytest.raises(KeyError, match="nose_tip"):
        points_along(some)


def test_the_rows_of_the_mouth_are_those_of_its_lines():
    rows = line_rows("upper_lip_outer", "mentolabial")
    assert rows.stop - rows.start == 5 * LINE_POINTS
    assert rows.start == LINES.index("upper_lip_outer") * LINE_POINTS


def test_the_neutral_head_and_its_mirror_image_have_the_same_points():
    rig = load_rig("makehuman")
    curves = {
        name: rig.curves[name].points.interpolate(rig.neutral, rig.triangles)[:, :2]
        for name in LINES
    }
    points = points_along(curves)
    mirrored = points[list(MIRRORED_LINE_POINTS)] * [-1.0, 1.0]
    off = np.linalg.norm(mirrored - points, axis=1)
    assert off.max() < 0.003, "metres"
