"""How fast and how well a fit follows the pen: drawings replayed stroke by stroke.

A drawing on paper does not say in what order it was drawn. Its strokes are the connected pieces of
its ink, from the top down; small pieces come together with their neighbours.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import SketchError
from ..sketch_cnn.image import sketch_from_grey
from .fit_session import FitSession
from .pipeline import Session

__all__ = ["LiveScores", "bench_live", "replay"]

_INK = 96
_STROKES = 16
_BESIDE_PX = 4


@dataclass(slots=True, eq=False)
class LiveScores:
    """What was measured.

    Attributes
    ----------
    first_s, update_s : seconds of full fits and of updates; `first_cpu_s`, `update_cpu_s` : of the
        processor, which does not count the time that others took from it
    gaps : (followed, fitted in full) of each whole drawing, IOD
    drawings, refused : replayed, and those in which no face was ever found
    """

    first_s: list[float] = field(default_factory=list)
    first_cpu_s: list[float] = field(default_factory=list)
    update_s: list[float] = field(default_factory=list)
    update_cpu_s: list[float] = field(default_factory=list)
    gaps: list[tuple[float, float]] = field(default_factory=list)
    drawings: int = 0
    refused: int = 0

    def figures(self) -> dict[str, float]:
        """Return all figures by name."""
        found: dict[str, float] = {
            "drawings": self.drawings,
            "refused": self.refused,
            "updates": len(self.update_s),
            "full_fits": len(self.first_s),
        }
        for name in ("update_s", "update_cpu_s", "first_s", "first_cpu_s"):
            values = getattr(self, name)
            if values:
                found[f"{name[:-2]}_p50_s"] = float(np.quantile(values, 0.5))
                found[f"{name[:-2]}_p95_s"] = float(np.quantile(values, 0.95))
        if self.gaps:
            followed, full = np.array(self.gaps).T
            found["gap_followed"] = float(followed.mean())
            found["gap_full"] = float(full.mean())
            found["gap_worse_p95"] = float(np.quantile(followed - full, 0.95))
        return found


def replay(picture: NDArray[np.uint8], strokes: int = _STROKES) -> Iterator[NDArray[np.uint8]]:
    """Yield a grey drawing (H, W) as it grows, `strokes` times at most; the last is the whole."""
    order = _stroke_numbers(picture, strokes)
    for number in range(1, int(order.max()) + 1):
        yield np.where(order <= number, picture, np.uint8(255))


def _stroke_numbers(picture: NDArray[np.uint8], strokes: int) -> NDArray[np.intp]:
    """Return (H, W) the number, from 1 on, of the stroke that every pixel belongs to."""
    label, count = ndimage.label(picture < 255 - _INK, np.ones((3, 3)))
    if count == 0:
        return np.ones(picture.shape, dtype=np.intp)
    top = np.array([where[0].start for where in ndimage.find_objects(label)])
    size = np.bincount(label.ravel())[1:]
    order = np.argsort(top, kind="stable")
    share = np.cumsum(size[order]) - 0.5 * size[order]
    number = np.empty(count, dtype=np.intp)
    number[order] = (share / size.sum() * strokes).astype(np.intp)
    number = np.unique(number, return_inverse=True)[1].reshape(-1) + 1
    # what is too pale to be ink comes with the ink nearest to it
    nearest = ndimage.distance_transform_edt(
        label == 0, return_distances=False, return_indices=True
    )
    return number[label[tuple(nearest)] - 1]


def bench_live(
    session: Session,
    samples: Iterator[tuple[NDArray[np.uint8], dict[str, Any]]],
    on_drawing: Callable[[int], None] | None = None,
) -> LiveScores:
    """Replay drawings and measure every answer.

    Parameters
    ----------
    samples : grey drawings (H, W) with what their JSON says
    on_drawing : called with the number of drawings done
    """
    scores = LiveScores()
    for number, (picture, _) in enumerate(samples, start=1):
        _follow(session, picture, scores)
        if on_drawing is not None:
            on_drawing(number)
    return scores


def _follow(session: Session, picture: NDArray[np.uint8], scores: LiveScores) -> None:
    """Replay one drawing."""
    following, fit = FitSession(session), None
    for page in replay(picture):
        try:
            sketch = sketch_from_grey(page)
            started, cpu = time.perf_counter(), time.process_time()
            fit = following.update(sketch)
        except SketchError:  # not a face yet
            continue
        (stage,) = fit.timing_s  # of an update: `first` or `update`
        getattr(scores, f"{stage}_s").append(time.perf_counter() - started)
        getattr(scores, f"{stage}_cpu_s").append(time.process_time() - cpu)
    if fit is None:
        scores.refused += 1
        return
    scores.drawings += 1
    if "update" in fit.timing_s:
        scores.gaps.append((fit.gap.snakes, session.fit(sketch_from_grey(picture)).gap.snakes))
