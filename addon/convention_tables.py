"""The names that others give to the shapes of a face: ARKit, Reallusion, MetaHuman, FACS, VRM.

Names are facts; which shapes stand for which is told where they come from, and by us where it
says so. Left and right are the subject's in all five.

References
----------
ARKit : Apple, ARFaceAnchor.BlendShapeLocation. `mouthSmile_L` for `mouthSmileLeft` is what
    face-capture programs and FBX exports write; `eye_blink_left` is seen in Python ones.
Reallusion : Character Creator's facial profiles "CC3 standard", "CC3 ExPlus" (`A01_…` to
    `A52_…`, ARKit's shapes numbered) and "CC4 extended"; how they correspond is told by
    soupday/CC_Unity_Tools, FacialProfileMapper. It pairs ARKit's rolled lips with `Roll_Out`; we
    take `Roll_In`, which is what Apple describes.
MetaHuman : Epic Games, the curves `CTRL_expressions_…` of the face rig and the morph targets
    `head_lod0_mesh__…` of an exported head; which of them are an ARKit shape is told by Epic's
    pose asset `mh_arkit_mapping_pose`. Character Creator's "HD" profile has the same words.
FACS : Ekman, Friesen & Hager (2002), numbers and names of the Action Units. With `AU_12_L_…` in
    Microsoft's Rocketbox avatars.
VRM : vrm-c/vrm-specification, 0.0 `BlendShapePresetName` and VRMC_vrm-1.0 `expressions`; and the
    parts that VRoid Studio writes, `Fcl_MTH_…`. A preset is a whole face: which Action Units call
    for it is ours, after the prototypes of `expression.PROTOTYPES`.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Mapping

from ..rig.arkit import RIG_SHAPE_NAMES
from ..rig.facs import AU_LABELS, AU_NAMES, split_label
from .conventions import Convention

__all__ = ["CONVENTIONS"]

_Table = dict[str, tuple[Mapping[str, float], ...]]

_SIDES = {"l": "L", "left": "L", "r": "R", "right": "R"}


def _words(name: str) -> str:
    """Return a name without separators and capitals, its side at the end as one letter."""
    word = re.sub(r"[ _.\-]", "", name).lower()
    return re.sub(r"(?<=[a-z])(l|r)(?:eft|ight)$", r"\1", word)


# --- ARKit


def _arkit_forms() -> dict[str, str]:
    """Return every spelling, in small letters, of ARKit's names → the name."""
    forms = {}
    for name in (*RIG_SHAPE_NAMES, "browInnerUp"):
        forms[name.lower()] = name
        forms[re.sub(r"(?=[A-Z])", "_", name).lower()] = name
        for side in ("Left", "Right"):
            if name.endswith(side) and name.lower() not in ("jawleft", "mouthleft"):
                stem, letter = name.removesuffix(side).lower(), side[0].lower()
                forms |= {f"{stem}{mark}{letter}": name for mark in "_. "}
    return forms


_ARKIT_FORMS = _arkit_forms()


def _arkit_spelling(name: str) -> str:
    return _ARKIT_FORMS.get(_without_mesh(name).lower(), "")


def _without_mesh(name: str) -> str:
    """Take off what some exporters put before a name: `head_lod0_mesh__` or `blendShape1.`."""
    name = name.rsplit("__", 1)[-1]
    return re.sub(r"^(?:blendshapes?|face|head)\d*\.", "", name, flags=re.IGNORECASE)


_ARKIT: _Table = {
    name: ({name: 1.0}, {"browInnerUp": 0.5}) if name.startswith("browInnerUp") else ({name: 1.0},)
    for name in RIG_SHAPE_NAMES
}


# --- Reallusion and MetaHuman


def _sided(table: Mapping[str, str]) -> _Table:
    """Read a table of one line a shape, `*` standing for its side (L or Left by the name's end).

    Alternatives stand between `|`, shapes that make one together between `+`, and `name:0.5` has
    another weight than 1.
    """
    read: _Table = {}
    for shape, text in table.items():
        for side, word in (("L", "Left"), ("R", "Right")) if "*" in shape else (("", ""),):
            read[shape.replace("*", word)] = tuple(
                dict(_weighted(part.strip(), side) for part in alternative.split("+"))
                for alternative in text.split("|")
            )
    return read


def _weighted(part: str, side: str) -> tuple[str, float]:
    """Read `Name_*:0.5` for one side; `**` is the other side."""
    name, _, weight = part.partition(":")
    other = {"L": "R", "R": "L"}.get(side, "")
    return name.replace("**", other).replace("*", side), float(weight or 1.0)


_REALLUSION = _sided({
    "browDown*": "A02_Brow_Down_*|Brow_Drop_*",
    "browInnerUp*": "Brow_Raise_Inner_*|A01_Brow_Inner_Up:0.5",
    "browOuterUp*": "A04_Brow_Outer_Up_*|Brow_Raise_Outer_*|Brow_Raise_*",
    "cheekPuff": "A20_Cheek_Puff|Cheek_Puff_L+Cheek_Puff_R|Cheek_Blow_L+Cheek_Blow_R",
    "cheekSquint*": "A21_Cheek_Squint_*|Cheek_Raise_*",
    "eyeBlink*": "A14_Eye_Blink_*|Eye_Blink_*|Eye_Blink:0.5|Eyes_Blink:0.5",
    "eyeLookDown*": "A08_Eye_Look_Down_*|Eye_*_Look_Down",
    "eyeLookIn*": "A11_Eye_Look_In_*|Eye_*_Look_**",
    "eyeLookOut*": "A10_Eye_Look_Out_*|Eye_*_Look_*",
    "eyeLookUp*": "A06_Eye_Look_Up_*|Eye_*_Look_Up",
    "eyeSquint*": "A16_Eye_Squint_*|Eye_Squint_*",
    "eyeWide*": "A18_Eye_Wide_*|Eye_Wide_*",
    "jawForward": "A26_Jaw_Forward|Jaw_Forward",
    "jawLeft": "A27_Jaw_Left|Jaw_L",
    "jawOpen": "A25_Jaw_Open|Merged_Open_Mouth|Jaw_Open|Mouth_Open|V_Open|Open",
    "jawRight": "A28_Jaw_Right|Jaw_R",
    "mouthClose": "A37_Mouth_Close|Mouth_Close",
    "mouthDimple*": "A42_Mouth_Dimple_*|Mouth_Dimple_*",
    "mouthFrown*": "A40_Mouth_Frown_*|Mouth_Frown_*|Mouth_Frown:0.5",
    "mouthFunnel": "A29_Mouth_Funnel"
    "|Mouth_Funnel_Up_L+Mouth_Funnel_Up_R+Mouth_Funnel_Down_L+Mouth_Funnel_Down_R"
    "|Mouth_Pucker_Open",
    "mouthLeft": "A31_Mouth_Left|Mouth_L",
    "mouthLowerDown*": "A46_Mouth_Lower_Down_*|Mouth_Down_Lower_*|Mouth_Bottom_Lip_Down:0.5",
    "mouthPress*": "A48_Mouth_Press_*|Mouth_Press_*|Mouth_Lips_Tight:0.5",
    "mouthPucker": "A30_Mouth_Pucker"
    "|Mouth_Pucker_Up_L+Mouth_Pucker_Up_R+Mouth_Pucker_Down_L+Mouth_Pucker_Down_R|Mouth_Pucker",
    "mouthRight": "A32_Mouth_Right|Mouth_R",
    "mouthRollLower": "A34_Mouth_Roll_Lower|Mouth_Roll_In_Lower_L+Mouth_Roll_In_Lower_R"
    "|Mouth_Bottom_Lip_Under",
    "mouthRollUpper": "A33_Mouth_Roll_Upper|Mouth_Roll_In_Upper_L+Mouth_Roll_In_Upper_R"
    "|Mouth_Top_Lip_Under",
    "mouthShrugLower": "A36_Mouth_Shrug_Lower|Mouth_Shrug_Lower|Mouth_Chin_Up",
    "mouthShrugUpper": "A35_Mouth_Shrug_Upper|Mouth_Shrug_Upper|Mouth_Top_Lip_Up",
    "mouthSmile*": "A38_Mouth_Smile_*|Mouth_Smile_*|Mouth_Smile:0.5",
    "mouthStretch*": "A50_Mouth_Stretch_*|Mouth_Stretch_*|Mouth_Widen:0.5",
    "mouthUpperUp*": "A44_Mouth_Upper_Up_*|Mouth_Up_Upper_*|Mouth_Top_Lip_Up:0.5",
    "noseSneer*": "A23_Nose_Sneer_*|Nose_Sneer_*|Nose_Flank_Raise_*|Nose_Scrunch:0.5",
    "tongueOut": "A52_Tongue_Out|Tongue_Out",
})  # fmt: skip

_METAHUMAN = _sided({
    "browDown*": "browDown*",
    "browInnerUp*": "browRaiseIn*",
    "browOuterUp*": "browRaiseOuter*",
    "cheekPuff": "mouthCheekBlowL+mouthCheekBlowR|cheekBlowCor",
    "cheekSquint*": "eyeCheekRaise*",
    "eyeBlink*": "eyeBlink*",
    "eyeLookDown*": "eyeLookDown*",
    "eyeLookInLeft": "eyeLookRightL",
    "eyeLookInRight": "eyeLookLeftR",
    "eyeLookOutLeft": "eyeLookLeftL",
    "eyeLookOutRight": "eyeLookRightR",
    "eyeLookUp*": "eyeLookUp*",
    "eyeSquint*": "eyeSquintInner*",
    "eyeWide*": "eyeWiden*|eyeUpperLidUp*",
    "jawForward": "jawFwd",
    "jawLeft": "jawLeft",
    "jawOpen": "jawOpen",
    "jawRight": "jawRight",
    "mouthClose": "mouthLipsTogetherUL+mouthLipsTogetherUR+mouthLipsTogetherDL+mouthLipsTogetherDR",
    "mouthDimple*": "mouthDimple*",
    "mouthFrown*": "mouthCornerDepress*|mouthCornerDown*",
    "mouthFunnel": "mouthFunnelUL+mouthFunnelUR+mouthFunnelDL+mouthFunnelDR",
    "mouthLeft": "mouthLeft",
    "mouthLowerDown*": "mouthLowerLipDepress*",
    "mouthPress*": "mouthLipsPress*|mouthPressU*+mouthPressD*",
    "mouthPucker": "mouthLipsPurseUL+mouthLipsPurseUR+mouthLipsPurseDL+mouthLipsPurseDR",
    "mouthRight": "mouthRight",
    "mouthRollLower": "mouthLowerLipRollInL+mouthLowerLipRollInR",
    "mouthRollUpper": "mouthUpperLipRollInL+mouthUpperLipRollInR",
    "mouthShrugLower": "jawChinRaiseDL+jawChinRaiseDR",
    "mouthShrugUpper": "jawChinRaiseUL+jawChinRaiseUR",
    "mouthSmile*": "mouthCornerPull*|mouthCornerUp*",
    "mouthStretch*": "mouthStretch*",
    "mouthUpperUp*": "mouthUpperLipRaise*",
    "noseSneer*": "noseWrinkle*|noseWrinkleUpper*",
    "tongueOut": "tongueOut",
})  # fmt: skip


def _metahuman_spelling(name: str) -> str:
    return _words(re.sub(r"^ctrl_?expressions[_.]", "", _without_mesh(name), flags=re.IGNORECASE))


# --- FACS

_AU_NUMBER = re.compile(
    r"(?<![A-Za-z])AU[ _.\-]?0*(\d{1,2})(?!\d)(?:[ _.\-]?(left|right|[lr])(?![a-z]))?",
    re.IGNORECASE,
)
_SIDE_BEFORE = re.compile(r"^(left|right|[lr])[ _.\-]", re.IGNORECASE)
_SIDE_AFTER = re.compile(r"(?:[ _.\-](left|right|[lr])|(Left|Right))$", re.IGNORECASE)
_BY_AU_NAME = {_words(name): number for number, name in AU_NAMES.items()}


def _facs_spelling(name: str) -> str:
    """Return `AU12L` for `AU_12_L_LipCornerPuller`, `AU12.L`, `L_AU12`, `Lip corner puller.L`."""
    name = _without_mesh(name)
    before, after = _SIDE_BEFORE.search(name), _SIDE_AFTER.search(name)
    outer = (before and before[1]) or (after and (after[1] or after[2])) or ""
    numbered = _AU_NUMBER.search(name)
    if numbered:
        return f"AU{numbered[1]}{_SIDES.get((numbered[2] or outer).lower(), '')}"
    bare = _SIDE_AFTER.sub("", _SIDE_BEFORE.sub("", name)) if outer else name
    number = _BY_AU_NAME.get(_words(bare))
    return f"AU{number}{_SIDES.get(outer.lower(), '')}" if number else ""


def _facs_table() -> _Table:
    """Every AU by its number; one side alone stands for half of what has no sides, and so on."""
    stand_ins = {26: (27,), 43: (45,)}  # the same movement, further; and for a moment
    table: _Table = {}
    for label in AU_LABELS:
        number, side = split_label(label)
        alternatives: list[dict[str, float]] = []
        for each in (number, *stand_ins.get(number, ())):
            if side is None:
                alternatives += [{f"AU{each}": 1.0}, {f"AU{each}L": 1.0, f"AU{each}R": 1.0}]
            else:
                alternatives += [{f"AU{each}{side}": 1.0}, {f"AU{each}": 0.5}]
        table[label] = tuple(alternatives)
    return table


# --- VRM

_VRM_BY_SIDE = {
    1: "Fcl_BRW_Sorrow:0.5+Fcl_BRW_Angry:-0.5|sad:0.25+angry:-0.5|sorrow:0.25+angry:-0.5",
    2: "Fcl_BRW_Surprised:0.5+Fcl_BRW_Sorrow:-0.5|surprised:0.25+sad:-0.25|sorrow:-0.25",
    4: "Fcl_BRW_Angry:0.5|angry:0.5",
    5: "Fcl_EYE_Spread:0.5|Fcl_EYE_Surprised:0.5|surprised:0.15",
    6: "Fcl_EYE_Joy_*:0.3|Fcl_EYE_Joy:0.15",
    7: "Fcl_EYE_Close_*:0.2|Fcl_EYE_Close:0.1",
    9: "Fcl_BRW_Angry:0.2|angry:0.25",
    12: "Fcl_MTH_Fun:0.5|Fcl_MTH_Joy:0.5|happy:0.5|joy:0.5|fun:0.5|relaxed:0.5",
    15: "Fcl_MTH_Sorrow:0.5|sad:0.25|sorrow:0.25",
    20: "Fcl_MTH_I:0.5|ih:0.5|i:0.5",
    43: "Fcl_EYE_Close_*|Fcl_EYE_Close:0.5|blink_*|blink:0.5",
}
_VRM_SINGLE = {
    18: "Fcl_MTH_U|ou|u",
    22: "Fcl_MTH_O|oh|o",
    25: "Fcl_MTH_A:0.25|aa:0.25|a:0.25",
    26: "Fcl_MTH_A|aa+surprised:0.2|a",
    61: "lookLeft",
    62: "lookRight",
    63: "lookUp",
    64: "lookDown",
}
_VRM: _Table = {
    **{
        f"AU{au}{side}": tuple(
            dict(_weighted(part, side) for part in alternative.split("+"))
            for alternative in text.split("|")
        )
        for table, sides in ((_VRM_BY_SIDE, "LR"), (_VRM_SINGLE, ("",)))
        for au, text in table.items()
        for side in sides
    }
}
_VRM_NAMES = {
    _words(name) for alternatives in _VRM.values() for each in alternatives for name in each
}


def _vrm_spelling(name: str) -> str:
    found = re.search(r"Fcl_.*$", name, re.IGNORECASE)
    word = _words(found[0] if found else _without_mesh(name))
    return word if word in _VRM_NAMES else ""


CONVENTIONS: tuple[Convention, ...] = (
    Convention("ARKit", "Apple, ARFaceAnchor.BlendShapeLocation", _arkit_spelling, _ARKIT),
    Convention(
        "Reallusion", "Character Creator's facial profiles, CC3 and CC4", _words, _REALLUSION
    ),
    Convention("MetaHuman", "Epic Games' MetaHuman face rig", _metahuman_spelling, _METAHUMAN),
    Convention("FACS", "Ekman, Friesen & Hager 2002", _facs_spelling, _facs_table()),
    Convention("VRM", "VRM 0.x and 1.0 presets; VRoid Studio", _vrm_spelling, _VRM),
)
"""All conventions; the first of those that fit equally well wins."""
