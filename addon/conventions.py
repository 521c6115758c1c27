"""Heads of other makers: whose names their shape keys bear, and how to drive them.

A `Convention` says which of its shapes show one of ours, or one Action Unit. `recognise` finds the
one that fits a list of names best, `drive` turns an expression into weights of those names. The
tables themselves stand in `convention_tables.py`. Free of Blender.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..rig.arkit import RIG_SHAPE_NAMES
from ..rig.facs import AU_LABELS
from .expression import Expression

__all__ = ["LEAST_SHAPES", "SOURCES", "Convention", "Link", "drive", "link", "recognise"]

SOURCES: tuple[str, ...] = (*RIG_SHAPE_NAMES, "browInnerUp", *AU_LABELS)
"""All that a shape key can be driven by: our shapes, and Action Units."""

LEAST_SHAPES = 3
"""Fewer recognised shape keys than this may bear a convention's names by chance."""


@dataclass(frozen=True, slots=True)
class Convention:
    """A way of naming the shapes of a face.

    Attributes
    ----------
    title : as people call it
    source : where the names are told
    spelling : brings a name into the form that names are compared in; "" for what is none of it
    drives : one of `SOURCES` → alternatives, best first: {name: weight at full strength}
        A weight below 0 holds back what another source calls for.
    """

    title: str
    source: str
    spelling: Callable[[str], str]
    drives: Mapping[str, tuple[Mapping[str, float], ...]]


@dataclass(frozen=True, slots=True)
class Link:
    """A shape key and what drives it.

    Attributes
    ----------
    source : one of `SOURCES`
    target : name of the shape key
    factor : its weight when the source is at full strength
    """

    source: str
    target: str
    factor: float


def link(convention: Convention, names: Iterable[str]) -> tuple[Link, ...]:
    """Find what drives each of `names`, read as a convention's.

    Of a source's alternatives the first counts that is there as a whole, else the first of which
    something is there.
    """
    found: dict[str, str] = {}
    for name in names:
        spelt = convention.spelling(name)
        if spelt:
            found.setdefault(spelt, name)
    links = []
    for source, alternatives in convention.drives.items():
        spelt_ones = [
            {convention.spelling(name): weight for name, weight in alternative.items()}
            for alternative in alternatives
        ]
        whole = (each for each in spelt_ones if each.keys() <= found.keys())
        partly = (each for each in spelt_ones if each.keys() & found.keys())
        chosen = next(whole, None) or next(partly, {})
        links += [Link(source, found[n], weight) for n, weight in chosen.items() if n in found]
    return tuple(links)


def recognise(
    names: Sequence[str], conventions: Iterable[Convention] | None = None
) -> tuple[Convention, tuple[Link, ...]] | None:
    """Return the convention that most of `names` bear, with its links; None if it is none.

    Parameters
    ----------
    names : of a mesh's shape keys, without the one at rest
    conventions : the ones to choose from, by default all that limner knows
    """
    if conventions is None:
        from .convention_tables import CONVENTIONS

        conventions = CONVENTIONS
    best: tuple[Convention, tuple[Link, ...]] | None = None
    most = LEAST_SHAPES - 1
    for convention in conventions:
        links = link(convention, names)
        count = len({each.target for each in links})
        if count > most:
            best, most = (convention, links), count
    return best


def drive(expression: Expression, links: Iterable[Link]) -> dict[str, float]:
    """Return shape key → weight in [0, 1]: what its sources call for, summed and clipped.

    Every linked shape key has a weight, so that one expression leaves nothing of the last.
    """
    weights: dict[str, float] = {}
    for each in links:
        value = _strength(expression, each.source)
        weights[each.target] = weights.get(each.target, 0.0) + each.factor * value
    return {name: min(1.0, max(0.0, weight)) for name, weight in weights.items()}


def _strength(expression: Expression, source: str) -> float:
    """Return how strong a source is; 0 for one that limner doesn't know."""
    if source == "browInnerUp":
        return (expression.shapes["browInnerUpLeft"] + expression.shapes["browInnerUpRight"]) / 2.0
    return expression.shapes.get(source, expression.aus.get(source, 0.0))
