"""Which ARKit shapes show which FACS Action Unit: the default table of every ARKit-style rig.

Each row gives the shapes' weights at AU intensity 1; `FaceRig.weights_from_aus` scales and adds
them. Most rows are the one-to-one correspondences on which the sources agree (ARKit's shapes were
modelled after FACS): AU1 browInnerUp, AU2 browOuterUp, AU4 browDown, AU5 eyeWide, AU6 cheekSquint,
AU7 eyeSquint, AU9 noseSneer, AU10 mouthUpperUp, AU12 mouthSmile, AU14 mouthDimple, AU15 mouthFrown,
AU16 mouthLowerDown, AU18 mouthPucker, AU20 mouthStretch, AU22 mouthFunnel,
AU26/27 jawOpen, AU28 mouthRoll, AU29 jawForward, AU30 jawLeft/Right, AU34 cheekPuff,
AU43/45 eyeBlink, AU61–64 eyeLook. Six rows are ours, from the manual's text:

* AU6 narrows the eye from below while it lifts the cheek: some eyeSquint.
* AU17 (the chin boss pushes the lower lip up): mouthShrugLower, with a little mouthShrugUpper
  because the risen lower lip carries the upper one.
* AU23 (red parts rolled in a little and the mouth narrower: thin, hard lips): half rolled lips,
  drawn together by some mouthPucker. AU24 (lips pressed on each other, wide and flat):
  mouthPress with a little rolling. AU28 rolls all red away.
* AU25 (lips part over closed teeth): a little of both lips' own raisers and depressors, without
  the jaw.
* AU26 runs into AU27: intensity 0.7 is a dropped jaw, 1 a stretched mouth. The jaw shape carries
  the lower lip, so AU26 shows AU25 too.

References
----------
Ekman, Friesen & Hager (2002). Facial Action Coding System: The Manual.
Apple, ARFaceAnchor.BlendShapeLocation (what each of the 52 shapes describes).
Ozel, M., "ARKit to FACS: Blendshape Cheat Sheet", melindaozel.com (correspondences by shape).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable

from .arkit import RIG_SHAPE_NAMES
from .facs import AU_LABELS

__all__ = ["ARKIT_AU_TABLE", "default_au_table"]

_BY_SIDE: dict[int, dict[str, float]] = {
    1: {"browInnerUp": 1.0},
    2: {"browOuterUp": 1.0},
    4: {"browDown": 1.0},
    5: {"eyeWide": 1.0},
    6: {"cheekSquint": 1.0, "eyeSquint": 0.3},
    7: {"eyeSquint": 1.0},
    9: {"noseSneer": 1.0},
    10: {"mouthUpperUp": 1.0},
    12: {"mouthSmile": 1.0},
    14: {"mouthDimple": 1.0},
    15: {"mouthFrown": 1.0},
    16: {"mouthLowerDown": 1.0},
    20: {"mouthStretch": 1.0},
    30: {"jaw": 1.0},
    43: {"eyeBlink": 1.0},
}
"""AU → {shape name without its side: weight}, for the AUs that exist on either side."""

_SINGLE: dict[str, dict[str, float]] = {
    "AU17": {"mouthShrugLower": 1.0, "mouthShrugUpper": 0.4},
    "AU18": {"mouthPucker": 1.0},
    "AU22": {"mouthFunnel": 1.0},
    "AU23": {"mouthRollUpper": 0.4, "mouthRollLower": 0.4, "mouthPucker": 0.4},
    "AU24": {
        "mouthPressLeft": 0.5,
        "mouthPressRight": 0.5,
        "mouthRollUpper": 0.35,
        "mouthRollLower": 0.35,
    },
    "AU25": {
        "mouthLowerDownLeft": 0.35,
        "mouthLowerDownRight": 0.35,
        "mouthUpperUpLeft": 0.3,
        "mouthUpperUpRight": 0.3,
    },
    "AU26": {"jawOpen": 0.8},
    "AU28": {"mouthRollUpper": 1.0, "mouthRollLower": 1.0},
    "AU29": {"jawForward": 1.0},
    "AU34": {"cheekPuff": 1.0},
    "AU61": {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0},
    "AU62": {"eyeLookInLeft": 1.0, "eyeLookOutRight": 1.0},
    "AU63": {"eyeLookUpLeft": 1.0, "eyeLookUpRight": 1.0},
    "AU64": {"eyeLookDownLeft": 1.0, "eyeLookDownRight": 1.0},
}

ARKIT_AU_TABLE: dict[str, dict[str, float]] = {
    **{
        f"AU{au}{side}": {f"{stem}{word}": weight for stem, weight in shapes.items()}
        for au, shapes in _BY_SIDE.items()
        for side, word in (("L", "Left"), ("R", "Right"))
    },
    **_SINGLE,
}
"""AU label → {rig shape name: weight at intensity 1}."""


def default_au_table(
    missing_shapes: Iterable[str] = (),
) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Return a rig's AU table, and the labels of the AUs that it cannot show.

    Parameters
    ----------
    missing_shapes : names of `RIG_SHAPE_NAMES` that move nothing on this rig
        An AU whose shapes are all missing is unsupported; else the shapes that exist show it.
    """
    there = set(RIG_SHAPE_NAMES) - set(missing_shapes)
    table = {
        label: {name: weight for name, weight in ARKIT_AU_TABLE[label].items() if name in there}
        for label in AU_LABELS
    }
    unsupported = tuple(label for label, shapes in table.items() if not shapes)
    return {label: shapes for label, shapes in table.items() if shapes}, unsupported
