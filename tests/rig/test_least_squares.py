"""The bounded step solves what a general solver solves, and never leaves the box."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from limner.rig.least_squares import box_step
from scipy.optimize import lsq_linear


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), unknowns=st.integers(1, 12))
def test_repeated_steps_reach_the_bounded_least_squares_solution(seed, unknowns):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(3 * unknowns, unknowns))
    target = 3.0 * rng.normal(size=3 * unknowns)
    lower, upper = np.zeros(unknowns), np.ones(unknowns)
    values = np.full(unknowns, 0.5)
    for _ in range(40):
        gradient = matrix.T @ (matrix @ values - target)
        values = box_step(matrix.T @ matrix, gradient, values, lower, upper, damping=0.0)
    expected = lsq_linear(matrix, target, bounds=(0.0, 1.0), tol=1e-12).x
    cost, best = (np.square(matrix @ x - target).sum() for x in (values, expected))
    assert cost <= best * (1.0 + 1e-6) + 1e-9


def test_a_step_without_bounds_is_newtons():
    hessian = np.array([[4.0, 1.0], [1.0, 3.0]])
    gradient = np.array([1.0, -2.0])
    wide = np.full(2, 1e6)
    step = box_step(hessian, gradient, np.zeros(2), -wide, wide, damping=0.0)
    np.testing.assert_allclose(step, -np.linalg.solve(hessian, gradient), rtol=1e-9)


def test_a_variable_pushed_against_its_bound_stays_there_and_frees_the_rest():
    hessian = np.array([[1.0, 0.9], [0.9, 1.0]])
    gradient = np.array([1.0, -0.5])  # the first wants to fall below 0, where it already is
    result = box_step(hessian, gradient, np.array([0.0, 0.0]), np.zeros(2), np.ones(2), damping=0.0)
    np.testing.assert_allclose(result, [0.0, 0.5], atol=1e-9)
