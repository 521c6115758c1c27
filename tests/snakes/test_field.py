"""The pull of ink: zero on the line, towards it beside it, nothing beyond its reach."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.errors import LimnerError
from limner.snakes import ForceField, gradient_vector_flow
from scipy import sparse
from scipy.sparse.linalg import spsolve

from .drawings import ink_of, segment

LINE_Y = 60.3


@pytest.fixture(params=["distance", "gvf"])
def field(request):
    ink = ink_of(segment((10, LINE_Y), (150, LINE_Y)))
    return ForceField.from_ink(ink, method=request.param, reach_px=25.0)


def test_force_is_zero_on_the_line_and_points_to_it_from_both_sides(field):
    x = np.linspace(40.2, 120.7, 23)
    at = np.column_stack([x, np.full(23, LINE_Y)])
    assert np.abs(field.force(at)).max() < 0.1
    assert (field.force(at - (0, 7))[:, 1] > 2.0).all()
    assert (field.force(at + np.array([0, 7]))[:, 1] < -2.0).all()
    assert np.abs(field.force(at - (0, 7))[:, 0]).max() < 0.3


def test_force_is_a_unit_spring_near_the_line_and_ends_at_the_reach(field):
    offsets = np.array([-30.0, -25.0, -12.5, -3.0, -0.5, 0.5, 3.0, 12.5, 25.0, 30.0])
    force = field.force(np.column_stack([np.full(10, 80.2), LINE_Y + offsets]))[:, 1]
    taper = np.maximum(1.0 - (offsets / 25.0) ** 2, 0.0) ** 2
    np.testing.assert_allclose(force, -offsets * taper, atol=0.12)


def test_force_is_minus_the_gradient_of_the_energy():
    ink = ink_of(segment((10, 30), (150, 90)))
    field = ForceField.from_ink(ink, reach_px=20.0)
    points = np.random.default_rng(0).uniform((50, 45), (110, 75), (200, 2))
    step = 0.25
    slope = np.column_stack(
        [
            (field.energy(points + e) - field.energy(points - e)) / (2.0 * step)
            for e in step * np.eye(2)
        ]
    )
    error = np.linalg.norm(slope + field.force(points), axis=1)
    # Where another piece of the line takes over, differences see a small kink.
    assert np.percentile(error, 90) < 0.15


def test_a_weaker_label_pulls_less_and_none_pulls_not_at_all():
    ink = ink_of(segment((10, LINE_Y), (150, LINE_Y)))
    at = np.array([[80.0, LINE_Y - 6.0]])
    full, half, none = (
        ForceField.from_ink(ink, np.full(ink.shape, weight), reach_px=25.0).force(at)[0, 1]
        for weight in (1.0, 0.5, 0.0)
    )
    assert half == pytest.approx(0.5 * full, rel=1e-6)
    assert none == 0.0


def test_evidence_falls_with_distance(field):
    y = LINE_Y + np.array([0.0, 3.0, 6.0, 30.0])
    evidence = field.evidence(np.column_stack([np.full(4, 80.0), y]))
    np.testing.assert_allclose(
        evidence, np.exp(-0.5 * (np.array([0.0, 3.0, 6.0, 30.0]) * 8 / 25) ** 2), atol=0.05
    )


def test_a_field_over_a_box_answers_like_one_over_the_page():
    ink = ink_of(segment((10, LINE_Y), (150, 40.0)))
    page = ForceField.from_ink(ink, reach_px=15.0)
    crop = ForceField.from_ink(ink, reach_px=15.0, box=(60.0, 45.0, 90.0, 65.0))
    assert crop.nearest.size < 0.4 * page.nearest.size
    points = np.random.default_rng(1).uniform((60, 45), (90, 65), (300, 2))
    np.testing.assert_allclose(crop.force(points), page.force(points), atol=1e-9)


def test_blank_paper_pulls_nothing():
    field = ForceField.from_ink(np.zeros((40, 50)), reach_px=10.0)
    points = np.array([[5.0, 5.0], [49.0, 39.0]])
    assert not field.force(points).any() and not field.evidence(points).any()


def test_unknown_method_and_reach_are_refused():
    with pytest.raises(LimnerError, match="gvf"):
        ForceField.from_ink(np.zeros((9, 9)), method="magnet")
    with pytest.raises(LimnerError, match="reach_px"):
        ForceField.from_ink(np.zeros((9, 9)), reach_px=0.0)


@pytest.mark.parametrize("shape", [(33, 48), (37, 29), (64, 64)])
def test_multigrid_gvf_is_the_solution_of_its_equation(shape):
    """A sparse direct solver, told the same equation, gives the same field."""
    edges = np.zeros(shape)
    edges[shape[0] // 2, 5:-8] = 1.0
    edges[6:20, 10] = 1.0
    flow = gradient_vector_flow(edges, smoothing=0.3, tolerance=1e-8, max_cycles=60)
    gy, gx = np.gradient(edges)
    pull = (gx**2 + gy**2).ravel()

    def chain(count):
        ends = np.ones(count)
        ends[1:-1] = 2.0
        return sparse.diags([ends, -np.ones(count - 1), -np.ones(count - 1)], [0, 1, -1])

    laplacian = sparse.kron(chain(shape[0]), sparse.eye(shape[1])) + sparse.kron(
        sparse.eye(shape[0]), chain(shape[1])
    )
    matrix = (sparse.diags(pull) + 0.3 * laplacian).tocsc()
    for axis, gradient in enumerate((gx, gy)):
        exact = spsolve(matrix, pull * gradient.ravel()).reshape(shape)
        np.testing.assert_allclose(flow[..., axis], exact, atol=1e-6)
