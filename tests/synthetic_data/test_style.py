"""Style files load, and say clearly what is wrong with them."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.errors import DatasetError
from limner.synthetic_data.style import load_style, style_names


def test_there_are_at_least_twelve_styles_and_each_gives_hands():
    names = style_names()
    assert len(names) >= 12
    for name in names:
        style = load_style(name)
        hands = [style.hand(np.random.default_rng(seed)) for seed in range(20)]
        low, high = style.ranges["line"]["width"]
        assert all(low <= hand["line_width"] <= high for hand in hands)
        assert len({hand["line_width"] for hand in hands}) > 10 or low == high


def test_a_choice_follows_its_weights(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[choice]\neye = { dot = 3, full = 1 }\n[chance]\nbrow = 0.0\n")
    style = load_style(str(path))
    hands = [style.hand(np.random.default_rng(seed)) for seed in range(800)]
    assert np.mean([hand.kinds["eye"] == "dot" for hand in hands]) == pytest.approx(0.75, abs=0.05)
    assert not any(hand.draws["brow"] for hand in hands)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[line]\nwidht = [1, 2]", "line.widht"),
        ("[line]\nwidth = [2, 1]", "line.width"),
        ("[chance]\nbrow = 1.5", "chance.brow"),
        ("[choice]\neye = { square = 1 }", "choice.eye"),
        ("[choice]\neye = { dot = 0 }", "choice.eye"),
        ("[line", "TOML"),
        ("width = 3", "width stands alone"),
        ("[line]\nwidth = [nan, 2.0]", "line.width"),
        ("[line]\nwidth = [1.0, inf]", "line.width"),
        ("[line]\nwidth = [true, true]", "line.width"),
        ("[chance]\nbrow = true", "chance.brow"),
        ("[choice]\neye = { dot = inf }", "choice.eye"),
    ],
)
def test_a_faulty_file_is_answered_in_one_line(tmp_path, text, named):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(DatasetError) as caught:
        load_style(str(path))
    assert named in str(caught.value) and "\n" not in str(caught.value)


def test_an_unknown_style_names_the_known_ones():
    with pytest.raises(DatasetError, match="pencil"):
        load_style("cubist")
