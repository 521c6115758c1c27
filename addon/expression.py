"""An expression apart from any head: Action Units, and the shapes that show them.

What a drawing was read or fitted as, in the form in which it can be put on any other head.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import FitError
from ..rig.arkit import ARKIT_NAMES, RIG_SHAPE_NAMES
from ..rig.au_table import ARKIT_AU_TABLE
from ..rig.facs import PAIRED_AUS

__all__ = ["PROTOTYPES", "Expression", "join_brows", "prototype", "split_brows"]


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression in both vocabularies.

    Attributes
    ----------
    aus : AU label ("AU12L") → intensity in [0, 1]; what is missing is not there
    shapes : name of `RIG_SHAPE_NAMES` → weight in [0, 1], all 53 of them
    """

    aus: Mapping[str, float]
    shapes: Mapping[str, float]

    @classmethod
    def from_aus(cls, aus: Mapping[str, float]) -> Expression:
        """Show Action Units by the shapes of the default table, summed and clipped."""
        shapes = dict.fromkeys(RIG_SHAPE_NAMES, 0.0)
        for label, intensity in aus.items():
            for name, weight in ARKIT_AU_TABLE[label].items():
                shapes[name] = min(1.0, shapes[name] + intensity * weight)
        return cls({label: value for label, value in aus.items() if value > 0.0}, shapes)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Expression:
        """Take the fitted expression out of the content of a `fit.json`."""
        aus = {
            f"AU{entry['au']}{entry['side'] or ''}": float(entry["intensity"])
            for entry in record["aus"]
            if entry["present"]
        }
        return cls(aus, split_brows(record["blendshapes"], aus))

    def to_json(self) -> str:
        """Return it as text, to travel in a .blend."""
        parts = {"aus": self.aus, "shapes": self.shapes}
        rounded = {
            key: {name: round(value, 5) for name, value in part.items() if value != 0.0}
            for key, part in parts.items()
        }
        return json.dumps(rounded)

    @classmethod
    def from_json(cls, text: str) -> Expression:
        """Read what `to_json` wrote.

        Raises
        ------
        FitError
            If it is something else.
        """
        try:
            record = json.loads(text)
            aus = {str(label): float(value) for label, value in record["aus"].items()}
            given = {str(name): float(value) for name, value in record["shapes"].items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise FitError("the kept expression is damaged; keep it anew") from error
        return cls(aus, {name: given.get(name, 0.0) for name in RIG_SHAPE_NAMES})

    def arkit(self) -> dict[str, float]:
        """Return the weights under the 52 ARKit names; `browInnerUp` is its sides' mean."""
        return join_brows(self.shapes)


def join_brows(shapes: Mapping[str, float]) -> dict[str, float]:
    """Turn weights of the 53 shapes of a rig into those of the 52 ARKit ones."""
    inner = (shapes["browInnerUpLeft"] + shapes["browInnerUpRight"]) / 2.0
    return {name: inner if name == "browInnerUp" else shapes[name] for name in ARKIT_NAMES}


def split_brows(joined: Mapping[str, float], aus: Mapping[str, float]) -> dict[str, float]:
    """Turn weights of the 52 ARKit shapes into those of the 53 shapes of a rig.

    The two sides of `browInnerUp` are told apart by how strong AU1 is on each.
    """
    shapes = {name: float(joined.get(name, 0.0)) for name in RIG_SHAPE_NAMES}
    left, right = aus.get("AU1L", 0.0), aus.get("AU1R", 0.0)
    inner = float(joined.get("browInnerUp", 0.0))
    share = left / (left + right) if left + right > 0.0 else 0.5
    shapes["browInnerUpLeft"] = min(1.0, 2.0 * inner * share)
    shapes["browInnerUpRight"] = min(1.0, 2.0 * inner * (1.0 - share))
    return shapes


PROTOTYPES: dict[str, dict[str, float]] = {
    "neutral": {},
    "happiness": {"AU6": 0.7, "AU12": 0.8, "AU25": 0.4},
    "sadness": {"AU1": 0.8, "AU4": 0.5, "AU15": 0.7},
    "surprise": {"AU1": 0.8, "AU2": 0.8, "AU5": 0.6, "AU26": 0.6},
    "fear": {"AU1": 0.8, "AU2": 0.5, "AU4": 0.5, "AU5": 0.7, "AU7": 0.3, "AU20": 0.6, "AU26": 0.4},
    "anger": {"AU4": 0.9, "AU5": 0.4, "AU7": 0.6, "AU23": 0.7},
    "disgust": {"AU9": 0.8, "AU15": 0.4, "AU16": 0.4},
    "contempt": {"AU12R": 0.3, "AU14R": 0.7},
}
"""Name → AU and intensity; a paired AU without a side is on both.

Which AUs: the prototypes of the FACS Investigator's Guide (Ekman, Friesen & Hager 2002, table
10-1), one common form of each; contempt is one-sided there. How strong is ours: marked, so that
every part is seen and can be turned down.
"""


def prototype(name: str) -> dict[str, float]:
    """Return a prototype as AU label → intensity, sides spelt out.

    Raises
    ------
    KeyError
        If there is none of this name.
    """
    aus: dict[str, float] = {}
    for label, intensity in PROTOTYPES[name].items():
        is_paired = label[-1].isdigit() and int(label[2:]) in PAIRED_AUS
        for side in "LR" if is_paired else ("",):
            aus[label + side] = intensity
    return aus
