"""Gaps, measured for all features at once, are those that each has alone."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.addon.gap import measure_gap
from limner.rig.contours import FeatureCurve
from limner.rig.face_rig import SurfacePoints

IOD_PX = 50.0


def line(name: str, points: np.ndarray, visible: np.ndarray | None = None) -> FeatureCurve:
    """Return a line of a head."""
    count = len(points)
    surface = SurfacePoints(np.zeros(count, np.int32), np.zeros((count, 3), np.float32))
    seen = np.ones(count, dtype=bool) if visible is None else visible
    return FeatureCurve(name, points, seen, surface)


def row(first: float, last: float, y: float) -> np.ndarray:
    """Return points a pixel apart on a level line."""
    x = np.arange(first, last + 0.5)
    return np.column_stack([x, np.full(len(x), y)])


def test_a_line_beside_its_ink_has_its_distance_as_gap_whatever_other_features_lie_nearer():
    drawn = {"jaw": row(10.0, 40.0, 20.0), "nose_tip": row(10.0, 40.0, 23.0)}
    stages = [[line("jaw", row(10, 40, 20 + way)), line("nose_tip", row(10, 40, 23 + way))]
              for way in (6.0, 3.0, 0.5)]  # fmt: skip
    gap = measure_gap(drawn, *stages, IOD_PX)
    for way, whole in ((6.0, gap.placed), (3.0, gap.parametric), (0.5, gap.snakes)):
        assert whole == pytest.approx(way / IOD_PX)
    assert gap.curves["jaw"] == pytest.approx((6.0 / IOD_PX, 3.0 / IOD_PX, 0.5 / IOD_PX))


def test_what_the_artist_left_out_is_no_gap_but_ink_without_a_line_is():
    whole = [line("jaw", row(0.0, 100.0, 20.0))]
    half = [line("jaw", row(0.0, 50.0, 20.0))]
    drawn = {"jaw": row(0.0, 50.0, 20.0)}
    assert measure_gap(drawn, whole, whole, whole, IOD_PX).snakes == pytest.approx(0.0)
    drawn = {"jaw": row(0.0, 100.0, 20.0)}
    beyond = np.arange(51.0) * (np.arange(51) > 0)
    expected = 0.5 * np.concatenate([np.zeros(50), beyond]).mean() / IOD_PX
    assert measure_gap(drawn, half, half, half, IOD_PX).snakes == pytest.approx(expected)


def test_a_feature_without_a_line_of_the_head_is_left_out_and_disturbs_no_other():
    drawn = {"ear_L": row(0.0, 20.0, 90.0), "jaw": row(10.0, 40.0, 20.0)}
    lines = [line("jaw", np.concatenate([row(10.0, 40.0, 22.0), row(41.0, 80.0, 60.0)]))]
    gap = measure_gap(drawn, lines, lines, lines, IOD_PX)
    assert set(gap.curves) == {"jaw"}
    assert gap.snakes == pytest.approx(2.0 / IOD_PX)


def test_each_feature_has_the_gap_that_it_has_alone():
    rng = np.random.default_rng(4)
    drawn = {key: rng.uniform(0, 90, (40, 2)) for key in ("jaw", "ear_L", "ear_R")}
    lines = [line(key, rng.uniform(0, 90, (30, 2)), rng.random(30) > 0.9) for key in drawn]
    together = measure_gap(drawn, lines, lines, lines, IOD_PX)
    for one in lines:
        alone = measure_gap({one.name: drawn[one.name]}, [one], [one], [one], IOD_PX)
        assert alone.snakes == pytest.approx(together.curves[one.name][2])
