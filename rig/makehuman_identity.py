"""Who a MakeHuman head can be: the mean adult, and modes of one standard deviation each.

Macro targets (sex, age, ancestry) become directions round the mean adult; local
targets become bipolar modes: `(incr - decr) / 2`, the left and right ones together, and for some
the difference of the sides as a mode of its own.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from .makehuman_mesh import EYE_RADIUS_M, HeadCut
from .makehuman_shapes import helper_eye
from .makehuman_source import BaseMesh, MakeHumanSource

__all__ = ["build_identity", "mean_adult"]

Array = NDArray[np.float64]

_ANCESTRIES = ("african", "asian", "caucasian")
_SEXES = ("female", "male")
_FOLDERS = (
    "head", "forehead", "eyebrows", "eyes", "nose", "cheek", "mouth", "chin", "ears", "neck",
    "asym",
)  # fmt: skip
_POLES = (
    ("incr", "decr"), ("up", "down"), ("out", "in"), ("forward", "backward"),
    ("convex", "concave"), ("uncompress", "compress"), ("l", "r"),
)  # fmt: skip
"""Last words of two targets that are the ends of one slider, the positive end first."""
_SLIDER = {
    "head": 0.16, "forehead": 0.1, "eyebrows": 0.3, "eyes": 0.35, "nose": 0.24, "cheek": 0.15,
    "mouth": 0.22, "chin": 0.22, "ears": 0.2, "neck": 0.15, "asym": 0.2,
}  # fmt: skip
"""Where on MakeHuman's slider (1 = its end) one standard deviation lies, by folder."""
_LEFT_OUT = (
    "head-trans", "neck-trans", "nose-trans-out", "mouth-trans-out", "measure-neck", "asymm-",
    "ear-shape", "ear-flap", "ear-lobe", "neck-back", "neck-scale-depth", "mouth-dimples",
    "mouth-cupidsbow-width", "mouth-lowerlip-ext", "mouth-lowerlip-middle", "mouth-upperlip-ext",
    "head-triangular", "eye-bag-height", "eye-bag-incr", "eye-eyefold-angle", "nose-width2",
    "asym-ear", "asym-top-2", "asym-eye-2", "asym-eye-3", "asym-eye-4", "asym-eye-5",
    "asym-eye-6", "asym-eye-7", "asym-eye-8", "asym-nose-2", "asym-nose-4", "asym-jaw-3",
    "asym-mouth-1", "asym-temple-2", "asym-brown-2",
)  # fmt: skip
"""Modes that move the head on its neck, repeat another mode, or hardly show in a drawing."""
_SIDED = ("eye-height2", "eye-scale", "eye-trans-up", "cheek-volume")
"""Paired modes that also come as a difference of the sides."""
_RESCALED = ("macro", "head-scale", "head-age", "head-angle", "neck-scale-vert", "asym-eye")
"""Modes from which move, turn and growth of the whole face are taken out: camera and pose have
them."""

_EYE_SIZE, _EYE_SIZE_REACH_M = 0.07, (0.020, 0.042)


def mean_adult(source: MakeHumanSource, base: BaseMesh) -> Array:
    """Return the (19158, 3) mean of young women and men of the three ancestries, metres."""
    mean = base.vertices.copy()
    for ancestry, sex in itertools.product(_ANCESTRIES, _SEXES):
        mean += source.target(f"targets/macrodetails/{ancestry}-{sex}-young") / 6.0
    for sex in _SEXES:
        mean += _build(source, sex, "young") / 2.0
    return mean


def build_identity(
    source: MakeHumanSource, base: BaseMesh, cut: HeadCut, neutral: Array, mean_base: Array
) -> tuple[tuple[str, ...], Array]:
    """Return the names and (K, V, 3) displacements of all identity modes, metres.

    Parameters
    ----------
    neutral : (V, 3) metres, the mean adult's head
    mean_base : (19158, 3) metres, the mean adult with all helpers
    """
    names, modes = [], []
    for name, moved in itertools.chain(_macro_modes(source), _local_modes(source)):
        mode = _to_head(moved, base, cut, neutral, mean_base)
        if name.startswith(_RESCALED):
            mode = _without_similarity(mode, neutral, cut)
        names.append(name)
        modes.append(mode)
    names.append("eye-size")
    modes.append(_eye_size(cut, neutral))
    return tuple(names), np.stack(modes)


def _eye_size(cut: HeadCut, neutral: Array) -> Array:
    """Grow balls, lids and orbits together: MakeHuman's own eye sliders leave the ball alone."""
    mode = np.zeros_like(neutral)
    for part in (1, 2):
        ball = neutral[cut.part == part]
        centre = (ball.min(axis=0) + ball.max(axis=0)) / 2.0
        centre[2] = ball[0, 2] - EYE_RADIUS_M
        arms = neutral - centre
        near = _EYE_SIZE_REACH_M[1] - np.linalg.norm(arms, axis=1)
        t = np.clip(near / (_EYE_SIZE_REACH_M[1] - _EYE_SIZE_REACH_M[0]), 0.0, 1.0)
        mode += _EYE_SIZE * (t * t * (3.0 - 2.0 * t))[:, None] * arms
    return mode


def _build(source: MakeHumanSource, sex: str, age: str) -> Array:
    """Read the target of a build of average muscle and weight, over all ancestries."""
    return source.target(f"targets/macrodetails/universal-{sex}-{age}-averagemuscle-averageweight")


def _macro_modes(source: MakeHumanSource) -> list[tuple[str, Array]]:
    """Return the directions of sex, age and ancestry; weight and muscle hardly touch the head."""

    def person(sex: str, age: str, ancestries: tuple[str, ...] = _ANCESTRIES) -> Array:
        folk = [source.target(f"targets/macrodetails/{a}-{sex}-{age}") for a in ancestries]
        return np.mean(folk, axis=0) + _build(source, sex, age)

    def both(age: str, ancestries: tuple[str, ...] = _ANCESTRIES) -> Array:
        return (person("female", age, ancestries) + person("male", age, ancestries)) / 2.0

    young = both("young")
    modes = [
        ("macro-male", 0.7 * (person("male", "young") - person("female", "young")) / 2.0),
        ("macro-old", 0.4 * (both("old") - young)),
        ("macro-child", 0.4 * (both("child") - young)),
    ]
    modes += [(f"macro-{a}", 0.5 * (both("young", (a,)) - young)) for a in _ANCESTRIES[:2]]
    return modes


def _local_modes(source: MakeHumanSource) -> list[tuple[str, Array]]:
    """Return the bipolar, symmetric and sided modes of all local targets."""
    modes = []
    for folder in _FOLDERS:
        names = set(source.names(folder))
        for name in sorted(names):
            if name.startswith("r-") or _is_negative(name, names):
                continue
            title = name.removeprefix("l-")
            if title.startswith(_LEFT_OUT):
                continue
            slider = 0.05 if title.startswith("forehead-nubian") else _SLIDER[folder]
            left = _slider(source, folder, name, names) * slider
            if name == title:
                modes.append((title.removesuffix("-incr"), left))
                continue
            right = _slider(source, folder, f"r-{title}", names) * slider
            modes.append((title.removesuffix("-incr"), left + right))
            if title.startswith(_SIDED):
                modes.append((f"{title.removesuffix('-incr')}-sided", (left - right) * 0.4))
    return modes


def _slider(source: MakeHumanSource, folder: str, name: str, names: set[str]) -> Array:
    """Return half the way from the negative to the positive end; a lone target is its own way."""
    moved = source.target(f"targets/{folder}/{name}")
    stem, _, word = name.rpartition("-")
    for positive, negative in _POLES:
        if word == positive and f"{stem}-{negative}" in names:
            return (moved - source.target(f"targets/{folder}/{stem}-{negative}")) / 2.0
    return moved


def _is_negative(name: str, names: set[str]) -> bool:
    """Tell whether a target is the negative end of another one's slider."""
    stem, _, word = name.rpartition("-")
    return any(word == down and f"{stem}-{up}" in names for up, down in _POLES)


def _to_head(moved: Array, base: BaseMesh, cut: HeadCut, neutral: Array, mean_base: Array) -> Array:
    """Take a displacement to the head; the balls follow hm08's own by move and size."""
    mode = np.where(cut.source[:, None] >= 0, moved[cut.source], 0.0)
    for part, side in ((1, "L"), (2, "R")):
        eye, ball = helper_eye(base, side), np.flatnonzero(cut.part == part)
        centre = mean_base[eye].mean(axis=0)
        arms = mean_base[eye] - centre
        shift = moved[eye].mean(axis=0)
        growth = (arms * (moved[eye] - shift)).sum() / (arms * arms).sum()
        mode[ball] = shift + growth * (neutral[ball] - centre)
    return mode


def _without_similarity(mode: Array, neutral: Array, cut: HeadCut) -> Array:
    """Take the best move, turn and growth of the face (skin above the chin) out of a mode."""
    face = (cut.part == 0) & (neutral[:, 1] > 0.63) & (neutral[:, 2] > 0.05)
    arms = neutral - neutral[face].mean(axis=0)
    fields = [np.broadcast_to(axis, arms.shape) for axis in np.eye(3)]
    fields += [np.cross(axis, arms) for axis in np.eye(3)]
    fields.append(arms)
    basis = np.stack([field[face].ravel() for field in fields], axis=1)
    amounts = np.linalg.lstsq(basis, mode[face].ravel(), rcond=None)[0]
    return mode - np.tensordot(amounts, np.stack(fields), axes=1)
