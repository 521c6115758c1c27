"""Drawing styles: small TOML files of parameters, and one hand drawn from them."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from .chance import beside

__all__ = ["Hand", "Style", "load_style", "style_names"]

RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "line": {
        "width": (1.0, 1.6), "taper": (0.2, 0.6), "pressure": (0.0, 0.25), "wobble": (0.0, 0.5),
        "overshoot": (0.0, 2.0), "gap": (0.0, 0.1), "double": (0.0, 0.1), "passes": (1.0, 1.0),
        "tone": (0.8, 1.0), "outline": (1.0, 1.3), "detail": (0.6, 0.9),
    },
    "grain": {"amount": (0.0, 0.1), "size": (1.0, 2.0)},
    "paper": {"tone": (0.0, 0.05), "noise": (0.0, 0.03), "inverted": (0.0, 0.0)},
    "proportions": {
        "eyes": (0.9, 1.15), "eye_height": (0.9, 1.2), "nose": (0.85, 1.15), "mouth": (0.9, 1.15),
        "brows": (0.9, 1.1), "shift": (0.0, 0.04), "wave": (0.0, 0.02), "round": (0.0, 0.3),
        "squash": (0.92, 1.08), "curl": (0.0, 0.15), "tilt": (0.0, 0.1), "calm": (0.2, 0.8),
    },
    "shade": {"face": (0.0, 0.3), "spacing": (3.0, 5.0), "background": (0.0, 0.1),
              "cross": (0.0, 0.3), "clothes": (0.0, 0.4)},
}  # fmt: skip
"""Sections of a style file that hold ranges [low, high], with what a style leaves unsaid."""

CHANCES: dict[str, float] = {
    "brow": 0.97, "lid_crease": 0.6, "lower_lid": 0.85, "lashes": 0.3, "highlight": 0.5,
    "nostril": 0.8, "nasolabial": 0.5, "philtrum": 0.3, "mentolabial": 0.6, "glabella": 0.8,
    "forehead": 0.8, "crow_feet": 0.8, "dimple": 0.8, "under_eye": 0.4, "ear": 0.95, "neck": 0.85,
    "jaw": 1.0, "beard": 0.08, "moustache": 0.08, "glasses": 0.08, "hat": 0.15, "collar": 0.5,
    "earring": 0.05, "clutter": 0.15, "closed_outline": 0.1, "freckles": 0.04, "teeth": 0.7,
    "blush": 0.02, "fold": 0.3, "modelling": 0.1, "frame": 0.06, "bilevel": 0.03,
    "resting": 0.3,
}  # fmt: skip
"""How probable it is that a hand draws each thing."""

LATER: dict[str, float] = {
    "photo": 0.04, "scan": 0.04, "erased": 0.03, "construction": 0.01, "suggestive": 0.1,
}  # fmt: skip
"""Chances that came later: a stream of their own decides them, so that they change nothing else."""

SHEETS = ("photo", "scan")
"""What a sheet may have gone through; the first one that happens."""

FACE_LINES = (
    "brow", "lid_crease", "lower_lid", "lashes", "nostril", "nasolabial", "philtrum",
    "mentolabial", "glabella", "forehead", "crow_feet", "dimple", "under_eye", "ear", "jaw",
)  # fmt: skip
"""Chances that are lines of the face."""

CHOICES: dict[str, dict[str, float]] = {
    "eye": {"full": 1.0},
    "iris": {"ring": 0.4, "filled": 0.4, "pupil": 0.2},
    "brow": {"edges": 0.3, "stroke": 0.3, "filled": 0.2, "hairs": 0.2},
    "nose": {"wings": 0.5, "tip": 0.2, "bridge": 0.3},
    "mouth": {"lips": 0.7, "inner": 0.3},
    "closed": {"arc": 0.7, "lashes": 0.3},
    "hair": {"bald": 0.08, "cap": 0.3, "fringe": 0.2, "long": 0.22, "curly": 0.12, "bun": 0.08},
    "hair_ink": {"outline": 0.3, "strands": 0.4, "solid": 0.1, "hatched": 0.2},
    "shading": {"hatch": 1.0},
}  # fmt: skip
"""Ways to draw something, with their weights."""

KNOWN_CHOICES: dict[str, tuple[str, ...]] = {
    "eye": ("full", "circle", "dot", "bean"),
    "iris": ("ring", "filled", "pupil", "hatched"),
    "brow": ("edges", "stroke", "filled", "hairs"),
    "nose": (
        "wings",
        "tip",
        "bridge",
        "dots",
        "hook",
        "ball",
        "tongue",
        "bulb",
        "shadow",
        "commas",
        "ripple",
        "none",
    ),
    "mouth": ("lips", "inner", "line", "filled", "symbol", "shaded"),
    "closed": ("arc", "lashes", "cross", "bar", "x", "stitch", "screwed"),
    "hair": ("bald", "cap", "fringe", "long", "curly", "bun", "tuft", "wig", "sides"),
    "hair_ink": ("outline", "strands", "solid", "hatched", "grey"),
    "shading": ("hatch", "stipple", "smudge"),
}


@dataclass(frozen=True, slots=True)
class Style:
    """One way of drawing: ranges, chances and choices, as its file states them."""

    name: str
    ranges: dict[str, dict[str, tuple[float, float]]]
    chances: dict[str, float]
    choices: dict[str, dict[str, float]]
    _names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _low: NDArray[np.float64] = field(init=False, repr=False, compare=False)
    _wide: NDArray[np.float64] = field(init=False, repr=False, compare=False)
    _likely: NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        early = [value for name, value in self.chances.items() if name not in LATER]
        given = {
            f"{section}_{key}": bounds
            for section, entries in self.ranges.items()
            for key, bounds in entries.items()
        }
        low, high = np.array([*given.values()]).T
        for name, value in (
            ("_names", tuple(given)), ("_low", low), ("_wide", high - low),
            ("_likely", np.array(early)),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def hand(self, rng: np.random.Generator) -> Hand:
        """Draw one hand: numbers for ranges, yes or no for chances, one of each choice."""
        ranged, drawn = len(self._names), len(self._likely)
        later = beside(rng).random(len(LATER)).tolist()
        chance = rng.random(ranged + drawn + len(self.choices))
        numbers = self._low + self._wide * chance[:ranged]
        values = dict(zip(self._names, numbers.tolist(), strict=True))
        likely = (chance[ranged : ranged + drawn] < self._likely).tolist()
        likely += [roll < self.chances[name] for roll, name in zip(later, LATER, strict=True)]
        draws, kinds = dict(zip(self.chances, likely, strict=True)), {}
        for roll, (key, table) in zip(
            chance[ranged + drawn :].tolist(), self.choices.items(), strict=True
        ):
            left = roll * sum(table.values())
            for kind, weight in table.items():
                if weight > 0.0:
                    kinds[key] = kind
                left -= weight
                if left < 0.0:
                    break
        return Hand(self.name, values, draws, kinds)


@dataclass(frozen=True, slots=True)
class Hand:
    """One drawing's parameters: `values` such as `line_width`, `draws` yes or no, `kinds`."""

    style: str
    values: dict[str, float]
    draws: dict[str, bool]
    kinds: dict[str, str]

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def told(self) -> dict[str, Any]:
        """Return what a sample's JSON says of the hand: how it errs, what it leaves out, the sheet.

        Errors of proportion are told by the warp.
        """
        return {
            "line": {name: round(self.values[f"line_{name}"], 3) for name in RANGES["line"]},
            "kinds": self.kinds,
            "leaves_out": [name for name in FACE_LINES if not self.draws[name]],
            "more": [name for name in LATER if self.draws[name] and name not in SHEETS],
            "sheet": next((name for name in SHEETS if self.draws[name]), "paper"),
        }


def style_names() -> tuple[str, ...]:
    """Return the names of the styles that come with limner."""
    folder = files(__package__) / "styles"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_style(name: str) -> Style:
    """Read a style by its name, or by the path of a user's own .toml.

    Raises
    ------
    DatasetError
        If there is no such style, or the file says something that no style has.
    """
    if name.endswith(".toml"):
        path = Path(name)
        title = path.stem
    else:
        path = files(__package__) / "styles" / f"{name}.toml"  # type: ignore[assignment]
        title = name
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        known = ", ".join(style_names())
        raise DatasetError(f"style {name!r}: not found. Give one of: {known}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(f"style {name!r}: is not valid TOML ({error}). Mend the file.") from None
    return _style(title, table)


def _style(name: str, table: dict[str, Any]) -> Style:
    """Lay a style's table over the defaults, and refuse what is not known."""
    ranges = {section: dict(entries) for section, entries in RANGES.items()}
    chances, choices = CHANCES | LATER, {key: dict(value) for key, value in CHOICES.items()}
    for section, entries in table.items():
        if not isinstance(entries, dict):
            raise DatasetError(
                f"style {name!r}: {section} stands alone, expected [sections]. See "
                "styles/pencil.toml."
            )
        for key, value in entries.items():
            where = f"style {name!r}: {section}.{key}"
            if section == "chance" and key in chances:
                chances[key] = _number(where, value)
            elif section == "choice" and key in choices:
                choices[key] = _weights(where, key, value)
            elif section in ranges and key in ranges[section]:
                ranges[section][key] = _range(where, value)
            else:
                raise DatasetError(f"{where} is not a style's parameter. See styles/pencil.toml.")
    return Style(name, ranges, chances, choices)


def _is_number(value: Any) -> bool:
    """Tell whether a value of a TOML file is a finite number (true and false are none)."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


def _number(where: str, value: Any) -> float:
    """Check a chance."""
    if not _is_number(value) or not 0.0 <= value <= 1.0:
        raise DatasetError(f"{where} is {value!r}, expected a chance from 0 to 1.")
    return float(value)


def _range(where: str, value: Any) -> tuple[float, float]:
    """Check a range."""
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(map(_is_number, value))
        or value[0] > value[1]
    ):
        raise DatasetError(f"{where} is {value!r}, expected [low, high].")
    return float(value[0]), float(value[1])


def _weights(where: str, key: str, value: Any) -> dict[str, float]:
    """Check a table of choices."""
    known = KNOWN_CHOICES[key]
    if not isinstance(value, dict) or not value or set(value) - set(known):
        raise DatasetError(f"{where} is {value!r}, expected weights of: {', '.join(known)}.")
    if any(not _is_number(weight) or weight < 0 for weight in value.values()) or not any(
        value.values()
    ):
        raise DatasetError(f"{where}: expected weights that are not negative nor all zero.")
    return {kind: float(weight) for kind, weight in value.items()}
