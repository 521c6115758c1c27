"""Which Action Units one side of a face does not show together in a drawn mix, and why.

What FACS defines, and which muscle makes an Action Unit, is from its manual (Ekman, Friesen & Hager
2002: the table of Action Units with their muscular basis, and the chapter on each). Rules that are
limner's own choice say so.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ANTAGONISTS", "RULES", "Rule"]

_FACS = "FACS 2002, "


class Rule(NamedTuple):
    """Pairs of Action Units that exclude each other for one reason.

    Attributes
    ----------
    pairs : the Action Units
    why : in words
    source : where that is said, or that it is limner's choice
    """

    pairs: tuple[tuple[int, int], ...]
    why: str
    source: str


RULES: tuple[Rule, ...] = (
    Rule(
        ((5, 43),),
        "one muscle, the lifter of the upper lid, pulls for 5 and rests for 43",
        _FACS + "muscles of AU5 (levator palpebrae superioris) and AU43 (its relaxation)",
    ),
    Rule(
        ((61, 62), (63, 64)),
        "eyes look one way at a time",
        _FACS + "definitions of AU61 to 64",
    ),
    Rule(
        ((24, 25), (24, 26)),
        "lips that are pressed together are not parted, and a dropped jaw parts them",
        _FACS + "definitions of AU24, 25 and 26",
    ),
    Rule(
        ((25, 34), (26, 34)),
        "puffed cheeks hold air behind closed lips",
        _FACS + "definition of AU34",
    ),
    Rule(
        ((22, 23), (22, 24), (22, 28), (23, 24), (23, 28), (24, 28)),
        "one muscle, the ring around the mouth, funnels, tightens, presses or rolls in the lips",
        _FACS + "muscle of AU22, 23, 24 and 28 (orbicularis oris)",
    ),
    Rule(
        ((12, 15),),
        "one muscle draws the corner of the lips up, the other down",
        _FACS + "muscles of AU12 (zygomaticus major) and AU15 (depressor anguli oris)",
    ),
    Rule(
        ((12, 18), (12, 22), (14, 18), (14, 22), (15, 18), (15, 22), (18, 20), (20, 22), (20, 28)),
        "corners are drawn outwards or down, where puckered, funnelled or sucked lips draw them in",
        _FACS + "muscles of AU12, 14, 15 and 20, against those of AU18, 22 and 28",
    ),
    Rule(
        ((16, 17), (16, 18), (16, 24), (16, 28), (17, 26)),
        "the lower lip or the jaw goes down where the chin, a pucker or a press brings it up",
        _FACS + "muscles of AU16 (depressor labii inferioris) and AU17 (mentalis); AU26",
    ),
    Rule(
        ((10, 24), (10, 28)),
        "the upper lip is lifted off the lower one, or pressed or rolled onto the teeth",
        _FACS + "definitions of AU10, 24 and 28",
    ),
    Rule(
        ((2, 4), (5, 7)),
        "a drawn brow or lid says one of both; prototypes of fear and anger still join them",
        "limner's choice for mixes: the muscles can act together, the lines then tell of neither",
    ),
    Rule(
        ((12, 20), (14, 20), (15, 20), (18, 23), (18, 24), (18, 28), (17, 28), (23, 26)),
        "in a drawing the stronger one takes up the weaker one's line",
        "limner's choice for mixes: so that each label can be seen",
    ),
    Rule(
        ((25, 28), (26, 28)),
        "lips that are rolled in leave no edge by which parting could be read",
        "limner's choice: in people a jaw often drops while lips are sucked in",
    ),
    Rule(
        ((6, 34), (9, 34), (10, 34), (12, 34), (16, 34), (20, 34), (22, 34), (28, 34)),
        "skin that is blown up is not pulled to folds at the same time",
        "limner's choice: the rigs add shapes, and the sum is no face",
    ),
    Rule(
        ((29, 30),),
        "a jaw goes forwards or sideways",
        "limner's choice: the rigs add shapes, and the sum is no face",
    ),
)  # fmt: skip
"""All rules; the pairs of each hold both ways round."""

ANTAGONISTS: tuple[tuple[int, int], ...] = tuple(pair for rule in RULES for pair in rule.pairs)
"""Pairs that one side of a face does not show together, unless a prototype joins them."""
