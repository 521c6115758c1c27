"""The head's surface while its lines are carried: where it is, and how it follows handles."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.contours import FeatureCurve, visible_lines
from ..rig.deform import Deformer
from ..rig.face_rig import FaceRig, RigState, rotation_matrix, unposed
from ..rig.normals import face_normals
from ..rig.other_side import OtherSide
from ..rig.repair import carry_eyes, lift_lid_edges, limit_flips, push_out_of_eyes
from ..rig.tuck import MouthTuck
from .handles import Handles

__all__ = ["Carrier"]


class Carrier:
    """A fitted head whose surface can be carried. A correction is (V, 3) metres, in its own frame.

    Parameters
    ----------
    rig : the head
    state, camera : the parametric fit, frame pixels
    fitted : (V, 3) metres, `unposed` of the state, if it is known already

    Attributes
    ----------
    begun : the share, in [0, 1], of a displacement that the correction begins with
    base : (V, 3) metres, the correction that lines are carried on from; zeros until `start_from`
    hidden : how much the skin does what the other side does (`OtherSide.hidden`); None: nowhere
    """

    def __init__(
        self,
        rig: FaceRig,
        state: RigState,
        camera: Camera,
        fitted: NDArray[np.float64] | None = None,
    ) -> None:
        self.rig, self.state, self.camera = rig, state, camera
        self.turn = rotation_matrix(state.rotation)
        self.fitted = unposed(rig, state) if fitted is None else fitted
        self.begun, self.base = 0.0, np.zeros_like(self.fitted)
        self.hidden: NDArray[np.float64] | None = None
        self._normals = face_normals(self.fitted, rig.triangles)
        # Rigs tuck the lids' folds into the ball where nobody looks: only what is new is mended.
        self._sunk = push_out_of_eyes(self.fitted, rig)

    def start_from(self, share: float, displacement: NDArray[np.float64]) -> None:
        """Begin with a share of a displacement (V, 3), metres, as the camera sees it."""
        self.begun, self.base = share, self._repaired(share * displacement @ self.turn)

    def seen(self, correction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the corrected vertices (V, 3) as the camera sees them, metres."""
        return (self.fitted + correction - self.rig.pivot) @ self.turn.T

    def turned(self, displacement: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a displacement (V, 3) as the camera sees it."""
        return displacement @ self.turn.T

    def lines(self, correction: NDArray[np.float64]) -> list[FeatureCurve]:
        """Return the corrected head's lines, frame pixels."""
        return visible_lines(self.rig, self.seen(correction), self.camera)

    def follow(
        self,
        deformer: Deformer,
        handles: Handles,
        correction: NDArray[np.float64],
        in_haste: bool = False,
    ) -> NDArray[np.float64]:
        """Return the correction after the handles went the rest of their ways.

        `in_haste` : see `Deformer.solve`
        """
        carried = handles.surface.interpolate(correction - self.base, self.rig.triangles)
        wanted = handles.share[:, None] * (carried + handles.offset @ self.turn)
        moved = self.base + deformer.solve(handles.surface, wanted, handles.weight, in_haste)
        if self.hidden is not None:
            moved = OtherSide.of(self.rig).evened(moved, self.hidden)
        return self._repaired(moved)

    def look_behind(self) -> None:
        """Find out what of the parametric head cannot be seen."""
        seen = self.seen(np.zeros_like(self.fitted))
        self.hidden = OtherSide.of(self.rig).hidden(self.rig, seen, self.camera)

    def tucked(
        self, tuck: MouthTuck, correction: NDArray[np.float64], in_haste: bool = False
    ) -> NDArray[np.float64]:
        """Return the correction with the mouth's inside behind the lips, and no new fold.

        `in_haste` : see `MouthTuck.apply`
        """
        hidden = tuck.apply(self.fitted + correction, in_haste) - self.fitted
        return self._unfolded(hidden, correction)

    def _repaired(self, correction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the correction without turned triangles, eyeballs carried, no lids inside them."""
        safe = carry_eyes(self.fitted, self.rig, self._unfolded(correction))
        lifted = push_out_of_eyes(self.fitted + safe, self.rig) - self._sunk
        edges = lift_lid_edges(self.fitted + lifted, self.rig) - self.fitted
        return self._unfolded(edges, safe)

    def _unfolded(
        self, correction: NDArray[np.float64], sound: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Return the correction without turned triangles; see `limit_flips`."""
        return limit_flips(
            self.fitted, self.rig.triangles, correction, sound=sound, normals=self._normals
        )
