"""A correction made part of who the head is: the neutral gets it, the expressions ride on it.

The correction was found in one expression. As identity it must do in all of them: lips that an open
mouth pulled apart meet again at rest, eyes look ahead, shut lids meet over eyes that grew, and no
shape folds the skin that it did not fold before. What cannot be identity stays with the expression
it came from.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .arkit import ARKIT_NAMES
from .deform import Deformer
from .eyeball import fit_sphere
from .face_rig import PART_NAMES, FaceRig, SurfacePoints
from .repair import carry_eyes, limit_flips, push_out_of_eyes
from .tuck import MouthTuck

__all__ = ["BakedIdentity", "Baker"]

_REACH_M = 0.010  # how far beside lids and lips the skin gives way
_FIRM = 60.0
_LIPS = ("upper_lip_inner", "lower_lip_inner")
_LOWER_LID_SHARE = 0.25  # shut lids meet low
_STILL_M = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class BakedIdentity:
    """A correction as identity.

    Attributes
    ----------
    displacement : (V, 3) float64, metres
        What the neutral head gets.
    shapes : (52, V, 3) float32, metres
        The ARKit shapes for that head, in the order of `ARKIT_NAMES`.
    """

    displacement: NDArray[np.float64]
    shapes: NDArray[np.float32]


class Baker:
    """What turns corrections of one rig into identity.

    Parameters
    ----------
    rig : the head; what it lacks curves for (lids, lips) is not looked after
    tuck : what keeps its mouth's inside behind the skin, if it is at hand
    """

    def __init__(self, rig: FaceRig, tuck: MouthTuck | None = None) -> None:
        self._rig = rig
        self._tuck = tuck or MouthTuck(rig)
        self._deformer = Deformer(rig, rig.neutral, length_m=_REACH_M)

    def bake(
        self, identity: NDArray[np.floating], correction: NDArray[np.floating]
    ) -> BakedIdentity:
        """Make a correction part of the identity.

        Parameters
        ----------
        identity : (K,) standard deviations, of the fit
        correction : (V, 3) metres, of the fit

        Returns
        -------
        BakedIdentity
            At weight 1 each of its shapes turns over and crushes only triangles that the same shape
            turns over and crushes on the uncorrected head.
        """
        rig = self._rig
        require_shape("correction", correction, rig.neutral.shape, "Give one offset a vertex.")
        base = rig.neutral + np.tensordot(identity, rig.identity, axes=1).astype(np.float64)
        whole = self._with_lips_together(np.asarray(correction, dtype=np.float64))
        whole = carry_eyes(base, rig, whole)  # where the drawn eyes look is not who they are
        neutral = self._safe(base, self._tuck.apply(base + whole) - base)
        shapes = rig.arkit_shapes()
        for row, name in enumerate(ARKIT_NAMES):
            shape = shapes[row].astype(np.float64)
            wanted = self._with_eyes_turned(base, shape, neutral)
            if name.startswith("eyeBlink"):
                side = "L" if name.endswith("Left") else "R"
                wanted = self._with_lids_shut(base + shape, wanted, side)
            change = self._safe(base + shape, wanted) - neutral
            if np.abs(change).max() > _STILL_M:
                shapes[row] = shape + change
        return BakedIdentity(neutral, shapes)

    def _safe(
        self, vertices: NDArray[np.float64], displacement: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return a displacement that turns no triangle over and sinks no lid into its eye."""
        rig = self._rig
        lifted = push_out_of_eyes(vertices + displacement, rig) - push_out_of_eyes(vertices, rig)
        return limit_flips(vertices, rig.triangles, lifted)

    def _with_lips_together(self, correction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take away what parts the lips: it belongs to the mouth that was drawn open."""
        curves = self._curves(*_LIPS)
        if curves is None:
            return correction
        upper, lower = (curve.interpolate(correction, self._rig.triangles) for curve in curves)
        ways = (
            0.5 * (_facing(lower, len(upper)) - upper),
            0.5 * (_facing(upper, len(lower)) - lower),
        )
        return correction + self._pulled(curves, ways)

    def _with_lids_shut(
        self, vertices: NDArray[np.float64], displacement: NDArray[np.float64], side: str
    ) -> NDArray[np.float64]:
        """Bring the lids of a shut eye together, wherever the eye's shape left a slit."""
        curves = self._curves(f"upper_lid_{side}", f"lower_lid_{side}")
        if curves is None:
            return displacement
        shown = vertices + displacement
        upper, lower = (curve.interpolate(shown, self._rig.triangles) for curve in curves)
        ways = (
            (1.0 - _LOWER_LID_SHARE) * (_facing(lower, len(upper)) - upper),
            _LOWER_LID_SHARE * (_facing(upper, len(lower)) - lower),
        )
        return displacement + self._pulled(curves, ways)

    def _with_eyes_turned(
        self,
        base: NDArray[np.float64],
        shape: NDArray[np.float64],
        displacement: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Let eyeballs that grew turn as far as before: their points move in proportion."""
        result = displacement.copy()
        for part in ("eye_L", "eye_R"):
            ball = np.flatnonzero(self._rig.vertex_part == PART_NAMES.index(part))
            if len(ball) >= 4 and np.abs(shape[ball]).max() > _STILL_M:
                size = fit_sphere(base[ball] + displacement[ball])[1] / fit_sphere(base[ball])[1]
                result[ball] += (size - 1.0) * shape[ball]
        return result

    def _curves(self, *names: str) -> tuple[SurfacePoints, ...] | None:
        """Return the curves' points, or None where the rig lacks one."""
        if not all(name in self._rig.curves for name in names):
            return None
        return tuple(self._rig.curves[name].points for name in names)

    def _pulled(
        self, curves: Sequence[SurfacePoints], ways: Sequence[NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Return the (V, 3) displacement that takes curves along their ways."""
        handles = SurfacePoints.join(curves)
        return self._deformer.solve(handles, np.concatenate(ways), np.full(len(handles), _FIRM))


def _facing(line: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return (count, 3) points of a line at even shares of the way from corner to corner."""
    there, here = np.linspace(0.0, 1.0, count), np.linspace(0.0, 1.0, len(line))
    return np.stack([np.interp(there, here, line[:, axis]) for axis in range(3)], axis=1)
