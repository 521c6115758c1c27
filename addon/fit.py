"""What a fit is: everything that was found between one drawing and one head."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..rig.bake import BakedIdentity
from ..rig.camera import Camera
from ..rig.contours import FeatureCurve
from ..rig.face_rig import FaceRig, RigState
from ..rig.head_mesh import HeadMesh, head_mesh
from ..rig.regions import REGIONS, region_weights, strength_mask
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.sketch import Sketch

__all__ = ["WORSE_IOD", "Fit", "Gap", "SnakeRecord"]

WORSE_IOD = 0.002
"""A gap so much larger than the parametric fit's is a worse one."""


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """Mean distance between drawn and projected curves, both ways, in interocular distances.

    Attributes
    ----------
    placed, parametric, snakes : float, IOD
        With the neutral head on the face; after the parametric fit; after the snakes.
    curves : feature name (with side) → (placed, parametric, snakes)
    """

    placed: float
    parametric: float
    snakes: float
    curves: dict[str, tuple[float, float, float]]

    @property
    def closed(self) -> float:
        """1 - after / before."""
        return 1.0 - self.snakes / self.placed if self.placed > 0.0 else 0.0

    @property
    def is_worse(self) -> bool:
        """True where the snakes led the lines farther from the drawn ones than they were."""
        return self.snakes > self.parametric + WORSE_IOD


@dataclass(frozen=True, slots=True, eq=False)
class SnakeRecord:
    """How one snake ran.

    Attributes
    ----------
    curve : its name, `#`, its number among the head's lines
    outcome : why it stopped, a sentence
    steps : that it made
    energies : (steps,) px² of the face's frame per node, comparable within one stage
    stages : names and first steps of its stages, see `snakes.SnakeResult`
    """

    curve: str
    outcome: str
    steps: int
    energies: NDArray[np.float64]
    stages: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A head fitted to a drawing.

    Attributes
    ----------
    state, camera : the expression, identity and pose; how the head is seen (`Sketch.ink` pixels)
    correction : (V, 3) float64, metres, in the rig's own frame
    placed, parametric, final : the head's visible curves and contours in each stage, ink pixels
    outcome : how the parametric fit ended, a sentence
    timing_s : stage → seconds
    warnings : sentences for the user
    drawn : feature with side → (N, 2) points on the drawn lines that the gap was measured with,
        ink pixels
    iod_px : interocular distance in the drawing, ink pixels
    baked : the correction as identity, or None where it stays with the expression
    held : what was given and not found, of `held.HOLDABLE`
    shared_with : names of the drawings that were fitted together with this one, as one person
    start : the neutral head's state and camera as it was placed on the face, ink pixels
    at_rest : the neutral drawing that the expression was read beside, if one was given
    pinned : AU label → intensity that a person set
    strengths : (5,), how much of the correction each of `rig.regions.REGIONS` wears, 0 to 1
    """

    sketch: Sketch
    detection: Detection
    rig: FaceRig
    state: RigState
    camera: Camera
    correction: NDArray[np.float64]
    gap: Gap
    placed: tuple[FeatureCurve, ...]
    parametric: tuple[FeatureCurve, ...]
    final: tuple[FeatureCurve, ...]
    snakes: tuple[SnakeRecord, ...] = ()
    outcome: str = ""
    timing_s: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    drawn: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    iod_px: float = 0.0
    baked: BakedIdentity | None = None
    start: tuple[RigState, Camera] | None = None
    held: tuple[str, ...] = ()
    shared_with: tuple[str, ...] = ()
    at_rest: Sketch | None = None
    pinned: dict[str, float] = field(default_factory=dict)
    strengths: tuple[float, ...] = (1.0,) * len(REGIONS)

    def mesh(self) -> HeadMesh:
        """Return the head with its 52 ARKit shapes and `Sketch Fit`, weights set."""
        mesh = self.whole_mesh()
        if min(self.strengths) == 1.0:
            return mesh
        targets = mesh.targets.copy()
        targets[-1] *= self._worn_share()
        return replace(mesh, targets=targets)

    def whole_mesh(self) -> HeadMesh:
        """Return the same head with all of the correction, whatever its regions wear."""
        return _whole_mesh(self)

    def worn_correction(self) -> NDArray[np.float64]:
        """Return as much of the correction as is worn: (V, 3) metres, in the rig's own frame."""
        if min(self.strengths) == 1.0:
            return self.correction
        return self.correction * self._worn_share()

    def _worn_share(self) -> NDArray[np.float32]:
        """Return how much of its correction each vertex wears, (V, 1)."""
        return strength_mask(region_weights(self.rig), np.array(self.strengths))


@lru_cache(maxsize=1)
def _whole_mesh(fit: Fit) -> HeadMesh:
    """Make the mesh of a fit; its record, its scene and its files ask for it one after another."""
    return head_mesh(fit.rig, fit.state, fit.correction, fit.baked)
