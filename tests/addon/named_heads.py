"""Shape key names as heads of five makers bear them, for tests."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from limner.rig.arkit import ARKIT_NAMES

__all__ = ["NAMES", "SMILES"]


def both(*names: str) -> list[str]:
    """Spell out sides: `*` is L and R."""
    return [name.replace("*", side) for name in names for side in ("LR" if "*" in name else "-")]


NAMES: dict[str, list[str]] = {
    "ARKit": list(ARKIT_NAMES),
    "ARKit by capture programs": [
        name.replace("Left", "_L").replace("Right", "_R")
        if name not in ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
        else name
        for name in ARKIT_NAMES
    ],
    "Reallusion": both(  # Character Creator 4, extended
        "Brow_Raise_Inner_*", "Brow_Raise_Outer_*", "Brow_Drop_*", "Brow_Compress_*",
        "Eye_Blink_*", "Eye_Squint_*", "Eye_Wide_*", "Eye_*_Look_L", "Eye_*_Look_R",
        "Eye_*_Look_Up", "Eye_*_Look_Down", "Eyelash_Upper_Up_*", "Nose_Sneer_*", "Cheek_Raise_*",
        "Cheek_Puff_*", "Mouth_Smile_*", "Mouth_Smile_Sharp_*", "Mouth_Frown_*", "Mouth_Stretch_*",
        "Mouth_Dimple_*", "Mouth_Press_*", "Mouth_Tighten_*", "Mouth_Pucker_Up_*",
        "Mouth_Pucker_Down_*", "Mouth_Funnel_Up_*", "Mouth_Funnel_Down_*", "Mouth_Roll_In_Upper_*",
        "Mouth_Roll_In_Lower_*", "Mouth_L", "Mouth_R", "Mouth_Shrug_Upper", "Mouth_Shrug_Lower",
        "Mouth_Up_Upper_*", "Mouth_Down_Lower_*", "Mouth_Close", "Jaw_Open", "Jaw_Forward",
        "Jaw_L", "Jaw_R", "Tongue_Out", "V_Open", "V_Tight_O", "Head_Turn_Up",
    ),
    "Reallusion CC3": both(
        "Brow_Raise_Inner_*", "Brow_Raise_Outer_*", "Brow_Drop_*", "Brow_Raise_*", "Eye_Wide_*",
        "Eye_Squint_*", "Eye_Blink", "Eye_Blink_*", "Nose_Scrunch", "Nose_Flank_Raise_*",
        "Cheek_Raise_*", "Cheeks_Suck", "Cheek_Blow_*", "Mouth_Smile", "Mouth_Smile_*",
        "Mouth_Frown", "Mouth_Frown_*", "Mouth_Blow", "Mouth_Pucker", "Mouth_Pucker_Open",
        "Mouth_Widen", "Mouth_Dimple_*", "Mouth_Plosive", "Mouth_Lips_Tight", "Mouth_Lips_Tuck",
        "Mouth_L", "Mouth_R", "Mouth_Top_Lip_Up", "Mouth_Top_Lip_Under", "Mouth_Bottom_Lip_Down",
        "Mouth_Bottom_Lip_Under", "Mouth_Open", "Open", "Explosive", "Tight-O", "Wide",
    ),
    "MetaHuman": [
        "head_lod0_mesh__" + name
        for name in both(
            "brow_down_*", "brow_lateral_*", "brow_raiseIn_*", "brow_raiseOuter_left",
            "brow_raiseOuter_right", "eye_blink_*", "eye_widen_*", "eye_squintInner_*",
            "eye_cheekRaise_*", "eye_lookUp_*", "eye_lookDown_*", "eye_lookLeft_*",
            "eye_lookRight_*", "nose_wrinkle_left", "nose_wrinkle_right", "jaw_open", "jaw_fwd",
            "jaw_left", "jaw_right", "mouth_left", "mouth_right", "mouth_cornerPull_left",
            "mouth_cornerPull_right", "mouth_cornerDepress_*", "mouth_dimple_left",
            "mouth_dimple_right", "mouth_stretch_left", "mouth_stretch_right", "mouth_lipsPress_*",
            "mouth_funnel_U*", "mouth_funnel_D*", "mouth_lipsPurse_U*", "mouth_lipsPurse_D*",
            "mouth_upperLipRaise_left", "mouth_upperLipRaise_right", "mouth_lowerLipDepress_left",
            "mouth_lowerLipDepress_right", "mouth_upperLipRollIn_*", "mouth_lowerLipRollIn_*",
        )
    ],
    "MetaHuman curves": [
        "CTRL_expressions_" + name
        for name in both(
            "browDown*", "browRaiseIn*", "browRaiseOuter*", "eyeBlink*", "eyeWiden*",
            "eyeSquintInner*", "eyeCheekRaise*", "noseWrinkle*", "jawOpen", "jawFwd",
            "mouthCornerPull*", "mouthCornerDepress*", "mouthStretch*", "mouthDimple*",
            "mouthUpperLipRaise*", "mouthLowerLipDepress*", "mouthLeft", "mouthRight",
        )
    ],
    "FACS": [
        f"AU_{number:02d}_{side}_{word}"
        for number, word in (
            (1, "InnerBrowRaiser"), (2, "OuterBrowRaiser"), (4, "BrowLowerer"),
            (5, "UpperLidRaiser"), (6, "CheekRaiser"), (7, "LidTightener"), (9, "NoseWrinkler"),
            (10, "UpperLipRaiser"), (12, "LipCornerPuller"), (14, "Dimpler"),
            (15, "LipCornerDepressor"), (20, "LipStretcher"), (43, "EyeClosed"),
        )
        for side in "LR"
    ] + ["AU_17_ChinRaiser", "AU_18_LipPucker", "AU_25_LipsPart", "AU_26_JawDrop", "AA_VI_00_Sil"],
    "FACS in words": [
        f"{words}.{side}"
        for words in ("Inner Brow Raiser", "Brow Lowerer", "Cheek Raiser", "Lip Corner Puller")
        for side in "LR"
    ] + ["Jaw Drop", "Lips Part"],
    "VRM": ["happy", "angry", "sad", "relaxed", "surprised", "aa", "ih", "ou", "ee", "oh", "blink",
            "blinkLeft", "blinkRight", "lookUp", "lookDown", "lookLeft", "lookRight", "neutral"],
    "VRM 0.x": ["Joy", "Angry", "Sorrow", "Fun", "A", "I", "U", "E", "O", "Blink", "Blink_L",
                "Blink_R", "LookUp", "LookDown", "LookLeft", "LookRight", "Neutral"],
    "VRM by VRoid": [
        "Face.M_F00_000_00_Fcl_" + name
        for name in ("ALL_Neutral", "ALL_Joy", "BRW_Angry", "BRW_Fun", "BRW_Joy", "BRW_Sorrow",
                     "BRW_Surprised", "EYE_Close", "EYE_Close_R", "EYE_Close_L", "EYE_Joy",
                     "EYE_Joy_R", "EYE_Joy_L", "EYE_Spread", "MTH_Up", "MTH_Down", "MTH_Fun",
                     "MTH_Joy", "MTH_Sorrow", "MTH_Surprised", "MTH_A", "MTH_I", "MTH_U", "MTH_O")
    ],
}  # fmt: skip
"""Case → names; a case starts with the title of the convention that it must be recognised as."""

SMILES: dict[str, tuple[str, str]] = {
    "ARKit": ("mouthSmileLeft", "mouthSmileRight"),
    "ARKit by capture programs": ("mouthSmile_L", "mouthSmile_R"),
    "Reallusion": ("Mouth_Smile_L", "Mouth_Smile_R"),
    "Reallusion CC3": ("Mouth_Smile_L", "Mouth_Smile_R"),
    "MetaHuman": (
        "head_lod0_mesh__mouth_cornerPull_left",
        "head_lod0_mesh__mouth_cornerPull_right",
    ),
    "MetaHuman curves": (
        "CTRL_expressions_mouthCornerPullL",
        "CTRL_expressions_mouthCornerPullR",
    ),
    "FACS": ("AU_12_L_LipCornerPuller", "AU_12_R_LipCornerPuller"),
    "FACS in words": ("Lip Corner Puller.L", "Lip Corner Puller.R"),
    "VRM": ("happy", "happy"),
    "VRM 0.x": ("Joy", "Joy"),
    "VRM by VRoid": ("Face.M_F00_000_00_Fcl_MTH_Fun", "Face.M_F00_000_00_Fcl_MTH_Fun"),
}
"""Case → the shape keys that smile on the subject's left and right."""
