"""Fitting heads to drawings of known heads, to learn how hands move what they draw."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..errors import SketchError
from ..rig.face_rig import unposed
from ..rig.fit import fit_parameters
from ..rig.proportions import Proportions, ways_of
from ..rig.proportions_learning import learn_proportions
from ..sketch_cnn.image import sketch_from_grey
from ..sketch_cnn.line_points import LINES
from ..synthetic_data.sample import Maker
from ..synthetic_data.style import style_names
from ..synthetic_data.truth import GroupShares, TrueHeads, true_heads
from .bench_fit import drawn_samples
from .carrier import Carrier
from .drawn_face import DrawnFace, read_face
from .pipeline import Session
from .surface_error import front_skin

__all__ = ["fitted_examples", "from_afar", "learn_from_drawings"]


def learn_from_drawings(
    session: Session, count: int, seed: int, on_drawing: Callable[[int], None] | None = None
) -> Proportions:
    """Draw faces of new identities, fit the parametric head to each, and learn from what is left.

    Parameters
    ----------
    session : with the head that drawings are made of
    on_drawing : called with the number of drawings done
    """
    maker = Maker.load(seed, 256, {session.rig.name: 1.0}, tuple(style_names()))
    examples = fitted_examples(session, drawn_samples(maker, count), on_drawing)
    ways, fields = (np.array(each) for each in zip(*examples, strict=True))
    about = {"rig": session.rig.name, "seed": seed, "drawings": len(ways), "limner": __version__}
    about["weights"] = session.detector.info["sha256"]
    return learn_proportions(session.rig, LINES, ways, fields, about=about)


def fitted_examples(
    session: Session,
    samples: Iterable[tuple[NDArray[np.uint8], dict[str, Any]]],
    on_drawing: Callable[[int], None] | None = None,
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float16]]]:
    """Fit the parametric head to drawings; give its features' ways and what it is wrong by.

    Parameters
    ----------
    samples : grey drawings (H, W) with what their JSON says

    Returns
    -------
    Pairs of (F,) and (V, 3), both IOD; none for a drawing in which no face is found
    """
    rig = session.rig
    shares = GroupShares.of(rig)
    front = front_skin(rig)
    for number, (picture, about) in enumerate(samples, start=1):
        sketch = sketch_from_grey(picture)
        try:
            face = read_face(rig, sketch, session.detector.detect(sketch), 0.0)
        except SketchError:
            continue
        found = fit_parameters(rig, face.evidence, session.settings.parametric)
        carrier = Carrier(rig, found.state, found.camera, unposed(rig, found.state))
        seen = carrier.seen(carrier.base)
        way = ways_of(rig, seen, found.camera, face.evidence, LINES, face.iod_px)
        if way is not None:
            truth = true_heads(about, shares)
            yield way.astype(np.float32), _left(face, truth, carrier, seen, front)
        if on_drawing is not None:
            on_drawing(number)


def _left(
    face: DrawnFace,
    truth: TrueHeads,
    carrier: Carrier,
    seen: NDArray[np.float64],
    front: NDArray[np.bool_],
) -> NDArray[np.float16]:
    """Return how far the true head lies from the one that is `seen`, (V, 3) IOD: right, down, near.

    In depth only the shape counts: how far away a face is no drawing tells.
    """
    camera, sketch = carrier.camera, face.sketch
    there = truth.turned(truth.drawn, carrier.rig)
    near = face.frame.from_ink(truth.camera.project(there) * sketch.scale)
    drawn, growth = from_afar(there, near, front)
    depth = there[:, 2] * growth - seen[:, 2] * camera.scale_px
    depth -= depth[front].mean()
    way: Any = np.column_stack([drawn - camera.project(seen), depth]) / face.iod_px
    return way.astype(np.float16)


def from_afar(
    vertices: NDArray[np.float64], near: NDArray[np.float64], front: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """Return where a head would be seen without perspective, (V, 2) pixels, and pixels per metre.

    A fit from afar learns the head's shape so, not how to bend it until it looks as from near by.

    Parameters
    ----------
    vertices : (V, 3) metres, turned as the camera sees them
    near : (V, 2) pixels, where a camera of any distance sees them
    front : (V,) which of them are to lie as near to those places as they can
    """
    flat = vertices[:, :2] * np.array([1.0, -1.0])
    flat -= flat[front].mean(axis=0)
    middle = near[front].mean(axis=0)
    scale = float((flat * (near - middle))[front].sum() / np.square(flat[front]).sum())
    return scale * flat + middle, scale
