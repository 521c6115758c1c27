"""`limner evaluate`: how well a network reads drawings whose truth is known."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

__all__ = ["evaluate"]


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Data set of identities that the network was not trained on.",
)
@click.option(
    "--labelled",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Table (.csv) of drawings labelled by eye, beside their pictures.",
)
@click.option(
    "--model",
    "model_dir",
    type=click.Path(path_type=Path),
    help="Folder with the weights; limner's own by default.",
)
@click.option("--limit", type=click.IntRange(1), help="Measure on so many drawings only.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write all figures to this file (.json).",
)
def evaluate(
    data: Path | None,
    labelled: Path | None,
    model_dir: Path | None,
    limit: int | None,
    out: Path | None,
) -> None:
    """Measure a network on a data set, or on drawings labelled by eye."""
    from ...sketch_cnn.detector import Detector
    from ...sketch_cnn.evaluate import agreement
    from ...sketch_cnn.evaluate import evaluate as measure
    from ..terminal import progress_bar

    if data is None and labelled is None:
        raise click.UsageError("give --data DIR, or --labelled TABLE.csv")
    detector = Detector(model_dir)
    figures: dict[str, Any] = {"model": detector.info}
    if data is not None:
        with progress_bar("Reading", limit or 2) as advance:
            figures["data"] = measure(detector, data, limit, lambda done, _: advance(done))
    if labelled is not None:
        figures["labelled"] = agreement(detector, labelled)
    for part in ("data", "labelled"):
        for name, value in figures.get(part, {}).items():
            if isinstance(value, (int, float)):
                click.echo(f"{name}\t{value:.4g}")
    if out is not None:
        from ..outputs import saying_what_is_wrong

        with saying_what_is_wrong(out):
            out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
