"""`limner bench`: speed and quality, in figures."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

__all__ = ["bench"]


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "-n",
    "--count",
    type=click.IntRange(1),
    default=40,
    show_default=True,
    help="Drawings that generate, detect, fit and live are measured on.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    help="Take them from this data set or shard instead of drawing new ones.",
)
@click.option(
    "--rig", default="makehuman", show_default=True, help="Head that is fitted: name or file."
)
@click.option(
    "--drawn",
    metavar="RIG",
    help="Head in the drawings, by default the same one: how well is a head unlike it fitted?",
)
@click.option(
    "--memory",
    type=click.IntRange(1),
    help="generate: make so many drawings first, and tell how memory grows.",
)
@click.option(
    "--json",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the figures to this file.",
)
def bench(
    names: tuple[str, ...],
    count: int,
    data: Path | None,
    rig: str,
    drawn: str | None,
    memory: int | None,
    out: Path | None,
) -> None:
    """Measure NAMES, or everything.

    NAMES are rig, draw, generate, detect, fit, live, together, noise and snakes.
    """
    from ..bench import BENCHMARKS, Drawings, circumstances, run
    from ..outputs import saying_what_is_wrong
    from ..terminal import progress_bar

    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise click.UsageError(f"no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}")
    drawings = Drawings(count, data, memory or 0, rig, drawn)
    of = {"count": count, "rig": rig, "drawn": drawn or rig}
    figures: dict[str, Any] = {**circumstances(), **of, "figures": {}}
    for name in names or BENCHMARKS:
        with progress_bar(f"Measuring {name}", memory or count) as advance:
            figures["figures"][name] = run(name, drawings, advance)
        for figure, value in figures["figures"][name].items():
            click.echo(f"{name}\t{figure}\t{value:.4g}")
    if out is not None:
        with saying_what_is_wrong(out):
            out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
