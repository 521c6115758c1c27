"""What several drawings of one head tell of it more than one: the error of the identity."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import SketchError
from ..rig.face_rig import FaceRig, RigState, unposed
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.image import sketch_from_grey
from ..sketch_cnn.sketch import Sketch
from ..synthetic_data.face import project_face
from ..synthetic_data.maker import Maker
from ..synthetic_data.render import draw_face
from ..synthetic_data.sample import pose_face
from .pipeline import Session
from .surface_error import Yardstick
from .together import fit_drawings_together

__all__ = ["bench_together", "drawn_views"]

_VIEWS_RAD = (-0.4, 0.4)
_SPREAD_RAD = 0.12


def drawn_views(maker: Maker, number: int) -> tuple[list[NDArray[np.uint8]], NDArray[np.float64]]:
    """Draw one face from two sides, by two hands.

    Returns
    -------
    pictures : two grey drawings (H, W)
    identity : (K,) the true one, standard deviations
    """
    posed = pose_face(maker, number)
    rng = np.random.default_rng(np.random.SeedSequence([maker.seed, 77, number]))
    pictures = []
    for yaw in _VIEWS_RAD:
        turn = np.array([0.0, yaw, 0.0]) + rng.normal(0.0, _SPREAD_RAD, 3) * [0.5, 1.0, 0.5]
        state = replace(posed.state, rotation=turn)
        seen = project_face(posed.lines, state, posed.camera)
        hand = maker.styles[int(rng.integers(len(maker.styles)))].hand(rng)
        aus = posed.expression.aus
        drawing = draw_face(seen, posed.lines.rig, aus, hand, maker.size, rng, posed.faint)
        pictures.append(drawing.picture)
    return pictures, posed.state.identity


def bench_together(
    session: Session,
    maker: Maker,
    count: int,
    on_drawing: Callable[[int], None] | None = None,
) -> dict[str, float]:
    """Compare one fit of two drawings with a fit of each.

    Parameters
    ----------
    maker : of the session's rig alone
    count : heads, each drawn from two sides

    Returns
    -------
    figures : the mean distance of the heads at rest from the true ones, in interocular distances,
        over the face: fitted one by one and together, of the mean head, and shares
    """
    yardstick, alone, together, mean = Yardstick.of(session.rig), [], [], []
    gaps: list[tuple[float, float]] = []
    refused = 0
    for number in range(count):
        pictures, truth = drawn_views(maker, number)
        try:
            drawings = [_read(session, picture) for picture in pictures]
        except SketchError:
            refused += 1
            continue
        singles = [session.fit(sketch, seen) for sketch, seen in drawings]
        fits = fit_drawings_together(session, drawings, ("one", "other"))
        error = _error_of(session.rig, yardstick, truth)
        alone.append(np.mean([error(fit.state.identity) for fit in singles]))
        together.append(error(fits[0].state.identity))
        mean.append(error(np.zeros_like(truth)))
        gaps += [(a.gap.snakes, b.gap.snakes) for a, b in zip(singles, fits, strict=True)]
        if on_drawing is not None:
            on_drawing(number + 1)
    figures: dict[str, float] = {"heads": len(alone), "refused": refused}
    if alone:
        nearer = np.array(together) < np.array(alone)
        one_by_one, joint = np.array(gaps).mean(axis=0)
        figures |= {
            "error_mean_head": float(np.mean(mean)),
            "error_one_by_one": float(np.mean(alone)),
            "error_together": float(np.mean(together)),
            "together_nearer_share": float(nearer.mean()),
            "gap_one_by_one": float(one_by_one),
            "gap_together": float(joint),
        }
    return figures


def _read(session: Session, picture: NDArray[np.uint8]) -> tuple[Sketch, Detection]:
    sketch = sketch_from_grey(picture)
    return sketch, session.detect(sketch)


def _error_of(
    rig: FaceRig, yardstick: Yardstick, truth: NDArray[np.float64]
) -> Callable[[NDArray[np.float64]], float]:
    """Return what measures an identity (K,) against the true one, both heads at rest."""
    still = RigState.neutral(rig)
    true_head = unposed(rig, replace(still, identity=truth))

    def error(identity: NDArray[np.float64]) -> float:
        head = unposed(rig, replace(still, identity=identity))
        return yardstick.measure(head, true_head, np.zeros(3)).mean

    return error
