"""The option `--neutral`: a drawing of the same character at rest."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...errors import SketchError

if TYPE_CHECKING:
    from ...sketch_cnn.detector import Detector
    from ...sketch_cnn.look import Look

__all__ = ["look_at_neutral", "neutral_option"]

neutral_option = click.option(
    "--neutral",
    type=click.Path(path_type=Path),
    help="A drawing of the same character at rest, by the same hand and from the same side: what "
    "is in it is no expression.",
)


def look_at_neutral(detector: Detector, path: Path | None) -> Look | None:
    """Return what is read of the neutral drawing; a fault in it is told once, and ends all.

    Raises
    ------
    SketchError, ModelError
        If it cannot be used, or there are no weights for it.
    """
    if path is None:
        return None
    from ...sketch_cnn.frame_reader import look_at_rest
    from ...sketch_cnn.image import read_sketch
    from ..batch import shown_path
    from ..terminal import on_one_line

    detector.neutral  # noqa: B018, weights that are not there are said before anything is read
    try:
        return look_at_rest(detector, read_sketch(path))
    except SketchError as error:
        raise SketchError(f"{on_one_line(shown_path(path))}: {error}") from None
