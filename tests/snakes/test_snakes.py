"""Snakes end on their ink, keep their company, and stay where there is none."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limner.errors import LimnerError
from limner.snakes import (
    ForceField,
    Joint,
    Order,
    Outcome,
    SnakeSettings,
    SnakeStart,
    evolve,
    gap,
    relax,
    sample_polyline,
)

from .drawings import arch, circle, ink_of, segment

ALONE = SnakeSettings(unit_px=100.0)
CRAWL = SnakeSettings(unit_px=100.0, matching=False)


def run(start, ink, settings=ALONE, reach_px=30.0, method="distance", **more):
    """Let one snake crawl."""
    field = ForceField.from_ink(ink, reach_px=reach_px, method=method)
    return evolve([SnakeStart("curve", start, **more)], {"curve": field}, settings)[0]


@settings(deadline=None)
@given(radius_px=st.floats(1.0, 500.0), n_points=st.integers(8, 400), tension=st.floats(0.0, 10.0))
def test_tension_shrinks_a_circle_by_its_first_eigenvalue(radius_px, n_points, tension):
    """A circle is an eigenvector of a closed snake: one step scales it by 1 / (1 + τ α λ₁)."""
    contour = circle((0, 0), radius_px, n_points)
    relaxed = relax(contour, SnakeSettings(tension=tension, rigidity=0.0, step_size=0.5))
    shrink = 1.0 / (1.0 + 0.5 * tension * 4.0 * np.sin(np.pi / n_points) ** 2)
    np.testing.assert_allclose(relaxed, shrink * contour, atol=1e-9 * radius_px)


@settings(deadline=None)
@given(n_points=st.integers(8, 100), rigidity=st.floats(0.0, 10.0))
def test_rigidity_shrinks_a_circle_by_the_square_of_that(n_points, rigidity):
    contour = circle((0, 0), 50.0, n_points)
    relaxed = relax(contour, SnakeSettings(tension=0.0, rigidity=rigidity, step_size=0.5))
    shrink = 1.0 / (1.0 + 0.5 * rigidity * 16.0 * np.sin(np.pi / n_points) ** 4)
    np.testing.assert_allclose(relaxed, shrink * contour, atol=1e-7)


@pytest.mark.parametrize("tension", [0.1, 1.0])
def test_evolve_of_an_absolute_snake_without_ink_shrinks_like_the_eigenvalue_says(tension):
    """The whole machine, with springs, joints and all, still is Kass's snake underneath."""
    start = circle((80, 60), 40.0, 61)
    step_px = 80.0 * np.sin(np.pi / 61)
    kass = SnakeSettings(
        unit_px=100.0, spacing=step_px / 100.0, tension=tension, rigidity=0.0, anchor=0.0,
        is_relative=False, step_size=0.5, matching=False, blur=(0.0,), reach=(1.0,), max_steps=1,
    )  # fmt: skip
    result = run(start, np.zeros((120, 160)), kass, is_closed=True)
    shrink = 1.0 / (1.0 + 0.5 * tension * 4.0 * np.sin(np.pi / 61) ** 2)
    np.testing.assert_allclose(result.points - (80, 60), shrink * (start - (80, 60)), atol=1e-9)


@pytest.mark.parametrize("how", [ALONE, CRAWL], ids=["matching", "crawling"])
@pytest.mark.parametrize("offset", [-12.0, -3.3, 9.0])
@pytest.mark.parametrize("method", ["distance", "gvf"])
def test_a_straight_line_draws_a_parallel_snake_exactly_onto_it(how, offset, method):
    ink = ink_of(segment((5, 60.3), (155, 60.3)))
    start = segment((50, 60.3 + offset), (110, 60.3 + offset))
    result = run(start, ink, how, method=method)
    np.testing.assert_allclose(result.points[:, 1], 60.3, atol=0.1)
    np.testing.assert_allclose(result.points[:, 0], start[:, 0], atol=0.3)
    np.testing.assert_allclose(result.points - start, result.displacement, atol=1e-12)
    assert result.outcome is Outcome.CONVERGED
    assert result.evidence.min() > 0.95


def test_a_ring_finds_its_ring_from_half_outside():
    """It must not fold onto the nearer side."""
    ring = circle((80, 60), 16.0)
    result = run(circle((92, 66), 13.0), ink_of(ring), is_closed=True)
    radius = np.linalg.norm(result.points - (80, 60), axis=1)
    np.testing.assert_allclose(radius, 16.0, atol=0.3)
    angle = np.unwrap(np.arctan2(*(result.points - (80, 60)).T[::-1]))
    assert abs(angle[-1] - angle[0]) > 5.5


@settings(deadline=None, max_examples=12)
@given(turn=st.floats(0.0, 2.0 * np.pi), dx=st.floats(-8.0, 8.0), dy=st.floats(-8.0, 8.0))
def test_turning_and_moving_the_page_turns_and_moves_the_result(turn, dx, dy):
    middle = np.array([80.0, 80.0])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])

    def moved(points):
        return (points - middle) @ rotation.T + middle + (dx, dy)

    line, start = arch((50, 85), (110, 85), 14.0), arch((50, 90), (110, 92), 5.0)
    here = run(start, ink_of(line, size=(160, 160)))
    there = run(moved(start), ink_of(moved(line), size=(160, 160)))
    truth = sample_polyline(moved(line), 0.5)
    assert gap(truth, sample_polyline(there.points, 0.5)) < 0.45
    # Along the line, where its thinned ends fall on the pixels matters a little.
    np.testing.assert_allclose(there.points, moved(here.points), atol=2.4)
    assert np.abs(there.points - moved(here.points)).mean() < 0.6


def test_left_right_and_xy_are_not_confused():
    """A snake right of a vertical line goes left; its y stays."""
    result = run(segment((70, 30), (70, 90)), ink_of(segment((60, 5), (60, 115))))
    np.testing.assert_allclose(result.displacement, [[-10.0, 0.0]] * 30, atol=0.3)


def test_fixed_ends_stay_to_the_last_bit():
    start = segment((40, 50), (120, 50))
    for fixed in ((True, True), (True, False), (False, True)):
        result = run(start, ink_of(arch((40, 50), (120, 50), 12.0)), fixed_ends=fixed)
        for is_fixed, end in zip(fixed, (0, -1), strict=True):
            if is_fixed:
                np.testing.assert_array_equal(result.points[end], start[end])
        assert result.points[15, 1] == pytest.approx(38.0, abs=0.6)


def test_without_ink_nothing_moves():
    for how in (ALONE, CRAWL):
        result = run(arch((40, 50), (120, 50), 10.0), np.zeros((120, 160)), how)
        assert not result.displacement.any()
        assert result.outcome is Outcome.NO_INK


def test_a_gap_in_the_ink_follows_its_neighbours():
    ink = ink_of(segment((20, 60), (60, 60)), segment((100, 60), (140, 60)))
    result = run(segment((20, 52), (140, 52), 60), ink)
    np.testing.assert_allclose(result.points[:, 1], 60.0, atol=0.6)
    middle = np.abs(result.points[:, 0] - 80) < 10
    assert result.evidence[middle].max() < 0.1 < result.evidence[~middle].max()


def test_weight_zero_lets_ink_pass_by():
    """Where the head hides the curve, the ink there is something else's."""
    ink = ink_of(segment((20, 60), (80, 60)), segment((80, 68), (140, 68)))
    start = segment((20, 57), (140, 57), 80)
    weight = (start[:, 0] < 78).astype(float)
    result = run(start, ink, weight=weight)
    np.testing.assert_allclose(result.points[5:30, 1], 60.0, atol=0.3)
    assert result.points[60:, 1].max() < 62.0


def test_the_farther_neighbour_line_is_not_jumped_to():
    own, neighbour = arch((40, 70), (120, 70), 15.0), arch((40, 56), (120, 56), 15.0)
    result = run(arch((42, 74), (122, 74), 12.0), ink_of(own, neighbour))
    assert gap(sample_polyline(own, 0.5), sample_polyline(result.points, 0.5)) < 0.4


def test_a_nearer_line_that_runs_across_is_not_jumped_to():
    """Crawling to the nearest ink would stick to the bars."""
    bars = [segment((x, 40), (x, 62)) for x in (55, 75, 95)]
    result = run(segment((45, 54), (110, 54)), ink_of(segment((30, 66), (130, 66)), *bars))
    np.testing.assert_allclose(result.points[:, 1], 66.0, atol=0.8)


def test_an_outline_is_taken_on_the_side_asked_for():
    """A thick brow's upper edge has the ink below it."""
    ink = np.zeros((120, 160))
    ink[50:70, 20:140] = 1.0
    start = segment((40, 62), (120, 62))
    upper = run(start, ink, ink_side=1)
    lower = run(start, ink, ink_side=-1)
    np.testing.assert_allclose(upper.points[:, 1], 50.0, atol=0.4)
    np.testing.assert_allclose(lower.points[:, 1], 70.0, atol=0.4)


def test_ends_slide_to_where_the_line_ends():
    ink = ink_of(segment((30.0, 60.0), (130.0, 60.0)), width_px=2.0)
    for first, last in ((42, 116), (24, 138)):
        result = run(segment((first, 66), (last, 66)), ink)
        assert result.points[0, 0] == pytest.approx(30.0, abs=2.5)
        assert result.points[-1, 0] == pytest.approx(130.0, abs=2.5)
    held = run(segment((42, 66), (116, 66)), ink, SnakeSettings(unit_px=100.0, slide=0.0))
    assert held.points[0, 0] == pytest.approx(42.0, abs=0.5)


def eye(shift=(0.0, 0.0), upper=14.0, lower=-8.0):
    """Return an upper and a lower lid."""
    a, b = np.add((45, 60), shift), np.add((115, 60), shift)
    return arch(a, b, upper), arch(a, b, lower)


EYE_JOINTS = (
    Joint((("upper", 0), ("lower", 0))),
    Joint((("upper", -1), ("lower", -1))),
)


def test_joined_corners_stay_joined_and_meet_the_drawn_corner():
    drawn, start = eye(), eye((4.0, 7.0), upper=9.0, lower=-9.0)
    ink = ink_of(*drawn)
    field = ForceField.from_ink(ink, reach_px=30.0)
    starts = [SnakeStart("upper", start[0]), SnakeStart("lower", start[1])]
    upper, lower = evolve(starts, [field, field], ALONE, EYE_JOINTS, [Order("upper", "lower")])
    for end in (0, -1):
        np.testing.assert_allclose(upper.points[end], lower.points[end], atol=1e-6)
    for result, line in ((upper, drawn[0]), (lower, drawn[1])):
        assert gap(sample_polyline(line, 0.5), sample_polyline(result.points, 0.5)) < 1.0


def test_order_is_kept_when_ink_would_cross_the_curves():
    """Upper lid drawn below the lower one: they meet, they don't swap."""
    high, low = segment((30, 50), (130, 50)), segment((30, 62), (130, 62))
    starts = [
        SnakeStart("upper", high + np.array([0, 3])),
        SnakeStart("lower", low - np.array([0, 3])),
    ]
    fields = {
        "upper": ForceField.from_ink(ink_of(low), reach_px=30.0),
        "lower": ForceField.from_ink(ink_of(high), reach_px=30.0),
    }
    for gap_px in (0.0, 2.0):
        upper, lower = evolve(starts, fields, ALONE, orders=[Order("upper", "lower", gap_px)])
        below = np.interp(upper.points[:, 0], lower.points[:, 0], lower.points[:, 1])
        assert (below - upper.points[:, 1]).min() > gap_px - 0.05
    free = evolve(starts, fields, ALONE)
    assert (free[0].points[:, 1] > free[1].points[:, 1] + 8.0).all()


def test_a_curve_that_is_not_drawn_does_not_take_its_partners_ink():
    """Only the upper lid is drawn; the lower one rides along and stays open."""
    drawn, start = eye(), eye((0.0, 5.0))
    field = ForceField.from_ink(ink_of(drawn[0]), reach_px=30.0)
    starts = [SnakeStart("upper", start[0]), SnakeStart("lower", start[1])]
    upper, lower = evolve(starts, [field, field], ALONE, EYE_JOINTS, [Order("upper", "lower")])
    assert gap(sample_polyline(drawn[0], 0.5), sample_polyline(upper.points, 0.5)) < 0.6
    assert lower.points[20, 1] - upper.points[20, 1] > 15.0


@pytest.mark.parametrize("sense", [1, -1])
def test_balloon_blows_a_ring_up_until_it_meets_ink(sense):
    ring = circle((80, 60), 40.0)
    inside = circle((80, 60), 12.0)[::sense]
    balloon = SnakeSettings(
        unit_px=100.0, matching=False, balloon=0.02, blur=(0.0,), reach=(1.0,), max_steps=150,
        rigidity=0.05, step_size=1.0,
    )  # fmt: skip
    blown = run(inside, ink_of(ring), balloon, reach_px=10.0, is_closed=True)
    np.testing.assert_allclose(np.linalg.norm(blown.points - (80, 60), axis=1), 40.0, atol=1.0)


def test_no_node_goes_beyond_the_limit():
    limit = SnakeSettings(unit_px=100.0, max_displacement=0.05)
    result = run(segment((40, 50), (120, 50)), ink_of(segment((5, 60), (155, 60))), limit)
    assert np.linalg.norm(result.displacement, axis=1).max() <= 5.0 + 1e-9
    assert result.outcome is Outcome.AT_LIMIT


@pytest.mark.parametrize("seed", range(6))
def test_energy_falls_within_each_stage(seed):
    """Springs to a fixed line are an upper bound of its energy, so no step can climb."""
    rng = np.random.default_rng(seed)
    ink = ink_of(arch((10, 80), (150, 80), rng.uniform(-10, 20)))
    start = arch((40, 70), (120, 70), 5.0) + rng.uniform(-4, 4, 2)
    how = SnakeSettings(unit_px=100.0, matching=False, blur=(0.0,), reach=(1.0,), ink_angle_deg=90,
                        normal_only=False, step_size=1.0)  # fmt: skip
    energies = run(start, ink, how).energies
    assert len(energies) > 3
    assert np.diff(energies).max() < 0.02 * energies[0]
    assert energies[-1] < 0.3 * energies[0]


def test_broken_points_leave_one_snake_behind_and_the_others_go_on():
    line = segment((20, 60), (140, 60))
    field = ForceField.from_ink(ink_of(line), reach_px=30.0)
    broken = segment((40, 50), (120, 50))
    broken[3, 1] = np.nan
    starts = [SnakeStart("bad", broken), SnakeStart("good", segment((40, 50), (120, 50)))]
    joints, orders = [Joint((("bad", 0), ("good", 0)))], [Order("bad", "good")]
    bad, good = evolve(starts, [field, field], ALONE, joints, orders)
    assert bad.outcome is Outcome.NOT_FINITE and not bad.displacement.any()
    np.testing.assert_allclose(good.points[:, 1], 60.0, atol=0.2)
    assert good.outcome is Outcome.CONVERGED


def test_each_snake_tells_of_itself_whether_it_came_to_rest():
    there, here = segment((20, 40), (140, 40)), segment((20, 60), (140, 60))
    fields = [ForceField.from_ink(ink_of(line), reach_px=30.0) for line in (there, here)]
    away = segment((24, 55), (136, 55))
    starts = [SnakeStart("far", away), SnakeStart("near", here[2:-2])]
    how = SnakeSettings(
        unit_px=100.0, matching=False, blur=(0.0,), reach=(1.0,), step_size=0.5, max_steps=4
    )
    far, near = evolve(starts, fields, how)
    assert np.abs(np.diff(far.energies)).min() > 0.01 * far.energies[0]
    assert far.outcome is Outcome.OUT_OF_STEPS
    assert near.outcome is Outcome.CONVERGED


def test_on_step_sees_every_step_and_a_missing_field_is_no_ink():
    seen = []
    start = segment((40, 50), (120, 50))
    field = ForceField.from_ink(ink_of(segment((20, 60), (140, 60))), reach_px=30.0)
    result = evolve([SnakeStart("a", start)], {"a": field}, ALONE, on_step=seen.append)[0]
    assert [state.steps for state in seen] == list(range(1, result.steps + 1))
    assert len(result.energies) == result.steps
    assert evolve([SnakeStart("b", start)], {"a": field})[0].outcome is Outcome.NO_INK
    assert evolve([], {}) == []


def test_degenerate_curves_survive():
    field = ForceField.from_ink(ink_of(segment((20, 60), (140, 60))), reach_px=30.0)
    point = np.full((5, 2), 58.0)
    for is_closed in (False, True):
        result = evolve([SnakeStart("dot", point, is_closed)], [field])[0]
        assert np.isfinite(result.points).all()


def test_wrong_names_numbers_and_settings_are_refused():
    line = segment((40, 50), (120, 50))
    start, field = SnakeStart("a", line), ForceField.from_ink(np.zeros((80, 160)))
    with pytest.raises(LimnerError, match="no snake is named 'b'"):
        evolve([start], [field], joints=[Joint((("a", 0), ("b", 0)))])
    with pytest.raises(LimnerError, match="30 points"):
        evolve([start], [field], joints=[Joint((("a", 0), ("a", 30)))])
    with pytest.raises(LimnerError, match="no snake is named 'c'"):
        evolve([start], [field], orders=[Order("a", "c")])
    with pytest.raises(LimnerError, match="same name"):
        evolve([start, start], [field, field])
    with pytest.raises(LimnerError, match="step_size"):
        SnakeSettings(step_size=0.0)
    with pytest.raises(LimnerError, match="2 or more"):
        SnakeStart("a", line[:1])


@pytest.mark.parametrize("noise", ["gaps", "wobble", "hatching"])
def test_noise_moves_the_result_little(noise):
    """A tenth of the strokes gone, 3 px of wobble, lines across: less than 0.02 of a unit."""
    rng = np.random.default_rng(7)
    line, start = arch((35, 75), (125, 75), 18.0, 120), arch((38, 80), (128, 80), 12.0)
    clean = run(start, ink_of(line))
    if noise == "gaps":
        noisy = ink_of(line[:40], line[46:80], line[86:])
    elif noise == "wobble":
        wobble = 1.5 * np.sin(np.arange(120) * 0.35 + rng.uniform(0, 6))
        noisy = ink_of(line + np.column_stack([np.zeros(120), wobble]))
    else:
        across = [segment((x, 40), (x + 12, 95)) for x in range(30, 130, 17)]
        noisy = ink_of(line, *across, width_px=2.0)
    off = run(start, noisy)
    assert gap(sample_polyline(clean.points, 0.5), sample_polyline(off.points, 0.5)) < 2.0
