"""Files that appear whole or not at all."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["whole_file"]


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a place beside `path` to write to; what lies there takes its place in the end."""
    partial = path.with_suffix(".partial")
    yield partial
    partial.replace(path)
