"""The 52 ARKit blendshape names, and the rigs' own split of `browInnerUp`.

References
----------
Apple, ARFaceAnchor.BlendShapeLocation (names and their order by region).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__all__ = ["ARKIT_NAMES", "RIG_SHAPE_NAMES", "mirror_name"]

ARKIT_NAMES: tuple[str, ...] = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight",
    "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip

RIG_SHAPE_NAMES: tuple[str, ...] = tuple(
    name
    for arkit in ARKIT_NAMES
    for name in (("browInnerUpLeft", "browInnerUpRight") if arkit == "browInnerUp" else (arkit,))
)
"""The 53 shapes that a rig stores: ARKit's, with `browInnerUp` split by side for AU1 L and R."""


def mirror_name(name: str) -> str:
    """Return the shape that does the same on the other side (`jawLeft` ↔ `jawRight`)."""
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    if name.endswith("Right"):
        return name.removesuffix("Right") + "Left"
    return name
