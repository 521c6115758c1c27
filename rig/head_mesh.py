"""One fitted head as the mesh that .blend, .glb and .obj carry: a base and its shape keys."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .arkit import ARKIT_NAMES
from .face_rig import FaceRig, RigState, rotation_matrix

if TYPE_CHECKING:  # who only shows a head needs no solver
    from .bake import BakedIdentity

__all__ = ["SKETCH_FIT", "HeadMesh", "head_mesh"]

SKETCH_FIT = "Sketch Fit"
"""Name of the corrective shape key that holds what the snakes found."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadMesh:
    """A base mesh with morph targets; everything in core space, the head not turned.

    Attributes
    ----------
    positions : (V, 3) float32, metres
        Neutral plus identity (and what was baked into it), in the rig's own frame.
    polygons : (Q, 4) int32, -1 in the last place of a triangle
    triangles : (F, 3) int32
    vertex_part : (V,) uint8, index into `face_rig.PART_NAMES`
    target_names : 52 ARKit names in order, then `Sketch Fit`
    targets : (53, V, 3) float32, metres
    weights : (53,) float32, in [0, 1]
    rotation : (3,) float64, radians; head pose about the pivot
    pivot : (3,) float32, metres
    """

    positions: NDArray[np.float32]
    polygons: NDArray[np.int32]
    triangles: NDArray[np.int32]
    vertex_part: NDArray[np.uint8]
    target_names: tuple[str, ...]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    rotation: NDArray[np.float64]
    pivot: NDArray[np.float32]

    def __post_init__(self) -> None:
        shape = (len(self.target_names), len(self.positions), 3)
        require_shape("targets", self.targets, shape, "Give one displacement a target.")
        require_shape("weights", self.weights, shape[:1], "Give one weight a target.")

    def posed(self) -> NDArray[np.float64]:
        """Return (V, 3) metres: all targets applied and the head turned, pivot at the origin."""
        shaped = self.positions + np.tensordot(self.weights, self.targets, axes=1)
        return (shaped - self.pivot) @ rotation_matrix(self.rotation).T


def head_mesh(
    rig: FaceRig,
    state: RigState,
    correction: NDArray[np.floating] | None = None,
    baked: BakedIdentity | None = None,
) -> HeadMesh:
    """Build the exported mesh of a fitted head.

    ARKit has one `browInnerUp`; what its two sides lose when they are joined goes into
    `Sketch Fit`, so that the exported face is exactly the fitted one. So does what cannot be
    identity of a correction that was baked.

    Parameters
    ----------
    correction : (V, 3) metres, in the rig's own frame, or None for a head without one
    baked : the correction as identity: base and shapes get it instead of `Sketch Fit`
    """
    positions = rig.neutral + np.tensordot(state.identity, rig.identity, axes=1)
    named = rig.arkit_weights(state.weights)
    weights = np.array([*(named[name] for name in ARKIT_NAMES), 1.0], dtype=np.float32)
    shapes = rig.arkit_shapes()
    expressed = np.tensordot(state.weights, rig.blendshapes, axes=1)
    if baked is not None:
        positions, shapes = positions + baked.displacement, baked.shapes
        expressed = expressed - baked.displacement
    fit = expressed - np.tensordot(weights[:-1], shapes, axes=1)
    if correction is not None:
        fit = fit + correction
    targets = np.concatenate([shapes, fit[None].astype(np.float32)])
    return HeadMesh(
        positions=positions.astype(np.float32),
        polygons=rig.polygons,
        triangles=rig.triangles,
        vertex_part=rig.vertex_part,
        target_names=(*ARKIT_NAMES, SKETCH_FIT),
        targets=targets,
        weights=weights,
        rotation=state.rotation,
        pivot=rig.pivot,
    )
