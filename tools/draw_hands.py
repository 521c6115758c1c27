"""Draw the README's picture: every hand draws a face on two heads, side by side.

`python tools/draw_hands.py docs/images/hands.jpg`: needs numba (or patience), and `ict-light` among
the user's built rigs or other heads by `--rigs`.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
from pathlib import Path

from limner.synthetic_data.sample import Maker, make_sample
from limner.synthetic_data.style import style_names
from PIL import Image, ImageDraw, ImageFont

COLUMNS, SIDE, GAP, LINE = 5, 150, 3, 19
"""Hands in a row; of each drawing the side, what lies between two, and the name's line, pixels."""


def main() -> None:
    """Draw, arrange, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="a .jpg")
    parser.add_argument("--rigs", default="makehuman,ict-light")
    parser.add_argument("--seed", type=int, default=41)
    given = parser.parse_args()
    rigs, names = given.rigs.split(","), style_names()
    wide, high = len(rigs) * (SIDE + GAP) + 6, SIDE + LINE + 7
    rows = -(-len(names) // COLUMNS)
    sheet = Image.new("L", (COLUMNS * wide + 6, rows * high + 6), 255)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for number, name in enumerate(names):
        left, top = number % COLUMNS * wide + 7, number // COLUMNS * high + 7
        for place, drawing in enumerate(_drawings(name, rigs, given.seed + number)):
            sheet.paste(drawing, (left + place * (SIDE + GAP), top))
        pen.text((left + 4, top + SIDE + 3), name.replace("_", " "), 40, font)
    sheet.save(given.out, quality=85, optimize=True)


def _drawings(style: str, rigs: list[str], seed: int) -> list[Image.Image]:
    """Return what one hand draws of the first face of each rig."""
    drawings = []
    for rig in rigs:
        maker, index = Maker.load(seed, 2 * SIDE, {rig: 1.0}, (style,)), 0
        drawing, about = make_sample(maker, index)
        while not about["is_face"]:
            index += 1
            drawing, about = make_sample(maker, index)
        picture = Image.fromarray(drawing.picture)
        drawings.append(picture.resize((SIDE, SIDE), Image.Resampling.BOX))
    return drawings


if __name__ == "__main__":
    main()
