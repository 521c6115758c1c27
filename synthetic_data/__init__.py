"""Labelled drawings of posed rigs: faces, hands, strokes and shards."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from .dataset import generate
from .sample import Maker, make_sample
from .style import load_style, style_names

__all__ = ["Maker", "generate", "load_style", "make_sample", "style_names"]
