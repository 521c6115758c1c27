"""Core space (+Y up, face along +Z) to Blender's (+Z up, face along -Y), and back.

Blender's front view looks along +Y, so the face looks at whoever presses Numpad 1.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["rotation_to_blender", "to_blender", "to_core"]

BLENDER_FROM_CORE = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def to_blender(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Turn (…, 3) points or displacements of core space into Blender's."""
    turned = np.empty(vectors.shape, dtype=np.float32)
    turned[..., 0] = vectors[..., 0]
    turned[..., 1] = -vectors[..., 2]
    turned[..., 2] = vectors[..., 1]
    return turned


def to_core(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Turn (…, 3) points or displacements of Blender's space into core space."""
    turned = np.empty(vectors.shape, dtype=np.float32)
    turned[..., 0] = vectors[..., 0]
    turned[..., 1] = vectors[..., 2]
    turned[..., 2] = -vectors[..., 1]
    return turned


def rotation_to_blender(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    """Turn a (3, 3) rotation of core space into the same rotation in Blender's."""
    return BLENDER_FROM_CORE @ matrix @ BLENDER_FROM_CORE.T
