"""Gradient vector flow: edges felt from afar, diffused in a few multigrid V-cycles."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape

__all__ = ["gradient_vector_flow"]

_SMALLEST = 4


def gradient_vector_flow(
    edges: NDArray[np.floating],
    *,
    smoothing: float = 0.2,
    tolerance: float = 1e-3,
    max_cycles: int = 12,
) -> NDArray[np.float64]:
    """Diffuse the gradient of `edges` into the flat parts of the image.

    The field v minimises ∫ μ |∇v|² + |∇f|² |v - ∇f|² and solves μ ∇²v = |∇f|² (v - ∇f),
    with no flow through the image's border.

    Parameters
    ----------
    edges : (H, W), the edge map f, about 1 on a line and 0 on paper
    smoothing : μ; 0.05 stays close to the gradient, 1 fills and rounds more
    tolerance : stop when the residual falls below this share of the right side
    max_cycles : at most so many V-cycles

    Returns
    -------
    (H, W, 2) float64, (x, y) components

    References
    ----------
    Xu & Prince 1998, Snakes, shapes, and gradient vector flow, doi:10.1109/83.661186.
    Han, Xu & Prince 2007, Fast numerical scheme for gradient vector flow computation using a
    multigrid method, doi:10.1049/iet-ipr:20050169.
    """
    require_shape("edges", edges, ("H", "W"), "Give one edge map.")
    edges = np.asarray(edges, dtype=np.float64)
    if min(edges.shape) < 2:
        return np.zeros((*edges.shape, 2))
    gradient = np.stack(np.gradient(edges)[::-1])
    pull = (gradient**2).sum(axis=0)
    target = pull * gradient
    flow = gradient.copy()
    size = np.linalg.norm(target)
    for _ in range(max_cycles):
        flow = _v_cycle(flow, target, pull, smoothing)
        if np.linalg.norm(target - _apply(flow, pull, smoothing)) <= tolerance * size:
            break
    return np.moveaxis(flow, 0, -1)


def _laplace_sum(flow: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum the four neighbours of each pixel; outside the border there are none."""
    total = np.zeros_like(flow)
    total[:, 1:] += flow[:, :-1]
    total[:, :-1] += flow[:, 1:]
    total[:, :, 1:] += flow[:, :, :-1]
    total[:, :, :-1] += flow[:, :, 1:]
    return total


def _degree(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Count each pixel's neighbours."""
    return _laplace_sum(np.ones((1, *shape)))[0]


def _apply(
    flow: NDArray[np.float64], pull: NDArray[np.float64], smoothing: float
) -> NDArray[np.float64]:
    """Return (|∇f|² - μ ∇²) v on unit pixels."""
    return pull * flow + smoothing * (_degree(pull.shape) * flow - _laplace_sum(flow))


def _relax(
    flow: NDArray[np.float64],
    target: NDArray[np.float64],
    pull: NDArray[np.float64],
    smoothing: float,
    sweeps: int,
) -> NDArray[np.float64]:
    """Damp the rough errors by red-black Gauss-Seidel sweeps."""
    diagonal = pull + smoothing * _degree(pull.shape)
    row, column = np.indices(pull.shape)
    red = (row + column) % 2 == 0
    for _ in range(sweeps):
        for colour in (red, ~red):
            update = (target + smoothing * _laplace_sum(flow)) / diagonal
            flow = np.where(colour, update, flow)
    return flow


def _halve(image: NDArray[np.float64], mode: Literal["constant", "edge"]) -> NDArray[np.float64]:
    """Average blocks of 2×2 pixels; an odd last row or column is padded by `mode`."""
    pad = [(0, 0)] * (image.ndim - 2) + [(0, size % 2) for size in image.shape[-2:]]
    image = np.pad(image, pad, mode=mode)
    return 0.25 * (
        image[..., ::2, ::2] + image[..., 1::2, ::2] + image[..., ::2, 1::2]
        + image[..., 1::2, 1::2]
    )  # fmt: skip


def _double(coarse: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Interpolate bilinearly from blocks to pixels."""
    fine = np.pad(coarse, ((0, 0), (1, 1), (1, 1)), mode="edge")
    for axis in (1, 2):
        count = fine.shape[axis]
        here, before, after = (
            fine.take(np.arange(first, count - 2 + first), axis) for first in (1, 0, 2)
        )
        pair = np.stack([0.75 * here + 0.25 * before, 0.75 * here + 0.25 * after], axis + 1)
        size = list(here.shape)
        size[axis] *= 2
        fine = pair.reshape(size)
    return fine[:, : shape[0], : shape[1]]


def _v_cycle(
    flow: NDArray[np.float64],
    target: NDArray[np.float64],
    pull: NDArray[np.float64],
    smoothing: float,
) -> NDArray[np.float64]:
    """Improve `flow` by one V-cycle: smooth, correct on the half-size grid, smooth."""
    if min(pull.shape) <= _SMALLEST:
        return _relax(flow, target, pull, smoothing, 12)
    flow = _relax(flow, target, pull, smoothing, 2)
    residual = target - _apply(flow, pull, smoothing)
    coarse_target = _halve(residual, "constant")
    # A pixel of the half-size grid is two wide: ∇² shrinks by four.
    correction = _v_cycle(
        np.zeros_like(coarse_target), coarse_target, _halve(pull, "edge"), 0.25 * smoothing
    )
    return _relax(flow + _double(correction, pull.shape), target, pull, smoothing, 2)
