"""What is written in a compiled loop reads as what Python's own encoder writes."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import numpy as np
from limner.synthetic_data.text import json_text


def test_arrays_are_written_as_python_writes_their_lists():
    rng = np.random.default_rng(1)
    # + 0.0 turns the minus zeros of rounding into zeros, as the loop does
    arrays = {
        "none": np.empty((0, 2)),
        "row": np.round(rng.normal(0.0, 3.0, 40), 3) + 0.0,
        "points": np.round(rng.normal(128.0, 200.0, (50, 2)), 1) + 0.0,
        "whole": np.array([0.0, 1.0, -10.0, 120.0, 99999.0]),
        "wide": np.round(rng.normal(0.0, 1.0, (7, 3)), 2) + 0.0,
    }
    lists = {key: array.tolist() for key, array in arrays.items()}
    read = json.loads(json_text(arrays))
    assert read == lists
    for key, array in arrays.items():
        assert json_text({key: array}) == json.dumps({key: lists[key]}, separators=(",", ":"))


def test_all_else_is_kept_and_dictionaries_may_hold_arrays():
    about = {
        "name": "Ünï \"x\"", "none": None, "size": [1, 2.5, True], "deep": {"a": {"b": 0.125}},
        "curves": {"jaw": np.array([[1.5, 2.0]]), "ear_L": np.array([[-0.25, 3.0], [4.0, 5.0]])},
        "neutral": {"landmarks": np.array([[1.0, 2.0]]), "warp": {"roll": 0.1}},
    }  # fmt: skip
    assert json.loads(json_text(about)) == {
        **about,
        "curves": {"jaw": [[1.5, 2.0]], "ear_L": [[-0.25, 3.0], [4.0, 5.0]]},
        "neutral": {"landmarks": [[1.0, 2.0]], "warp": {"roll": 0.1}},
    }
    assert json_text({}) == "{}"


def test_no_more_than_five_decimals_are_written():
    assert (
        json_text({"x": np.array([0.123456789, -0.00001, 1e-9])}) == '{"x":[0.12346,-0.00001,0.0]}'
    )
