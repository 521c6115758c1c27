"""From the head that the drawing shows part of the way back to the ordinary one.

Hands err in proportion more than people differ. A head that explains a drawing by bones alone is
farther from the mean head than whoever was drawn; what lies between the drawn lines is therefore
better taken from a head in between.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .face_rig import PART_NAMES, FaceRig, RigState, unposed
from .similarity import moved_like

__all__ = ["towards_ordinary"]

_SKIN = PART_NAMES.index("skin")


def towards_ordinary(rig: FaceRig, state: RigState, share: float) -> NDArray[np.float64]:
    """Return the displacement that takes a share of the identity back, (V, 3) metres.

    The face keeps its place, size and turn.

    Parameters
    ----------
    state : a fitted head
    share : in [0, 1]: 0 moves nothing, 1 leads to the mean head with the same expression
    """
    fitted = unposed(rig, state)
    if not share:
        return np.zeros_like(fitted)
    plain = unposed(rig, replace(state, identity=(1.0 - share) * state.identity))
    face = (rig.vertex_part == _SKIN) & (rig.neutral[:, 2] > rig.pivot[2])
    return moved_like(plain, plain[face], fitted[face]) - fitted
