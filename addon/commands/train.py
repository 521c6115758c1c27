"""`limner train`: networks from data sets, or from drawings made while they train."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ... import __version__
from ...errors import ModelError

if TYPE_CHECKING:
    from ..drawing_stream import DrawingStream

__all__ = ["train"]


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Data set to train on.")
@click.option(
    "--stream",
    "rigs",
    help="Instead of --data: draw new faces while training, of these rigs with their shares: "
    "makehuman=4,ict-light=1.",
)
@click.option("--seed", type=click.IntRange(0), default=0, help="Of the stream's drawings.")
@click.option(
    "--validation",
    type=click.Path(path_type=Path),
    help="Data set of other identities, to calibrate on; without it only the checkpoint is made.",
)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the weights."
)
@click.option("--recipe", default="third", show_default=True, help="Name, or a .toml file.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in --out.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, or auto.")
@click.option(
    "--minutes", type=float, help="Lay the schedule over so many minutes, if they end first."
)
@click.option(
    "--processes",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Trainers that share each batch; on a CPU as many as there are cores.",
)
@click.option(
    "--threads", type=click.IntRange(1), default=1, show_default=True, help="In each of them."
)
@click.option(
    "--workers",
    type=click.IntRange(0),
    help="Processes that make and prepare drawings, in each of them; by default one, with --stream "
    "one a core.",
)
@click.option(
    "--storage",
    type=click.Choice(["float16", "int8"]),
    default="float16",
    show_default=True,
    help="Of the large weights in the files; int8 takes little more than half the room.",
)
def train(
    data: Path | None,
    rigs: str | None,
    seed: int,
    validation: Path | None,
    out: Path,
    recipe: str,
    resume: bool,
    device: str,
    minutes: float | None,
    processes: int,
    threads: int,
    workers: int | None,
    storage: str,
) -> None:
    """Train finder, placer and reader; needs limner[train]."""
    if (data is None) == (rigs is None):
        raise click.UsageError("give --data DIR, or --stream RIGS, and not both.")
    try:
        from ...sketch_cnn.export import export
        from ...sketch_cnn.train import Setting, load_recipe
        from ...sketch_cnn.train import train as run
    except ModuleNotFoundError as error:
        raise ModelError(f"training needs {error.name}; pip install 'limner[train]'") from None
    from ..terminal import progress_bar

    chosen = load_recipe(recipe)
    if workers is None:
        workers = 1 if rigs is None else max((os.cpu_count() or 2) // processes - 1, 1)
    with progress_bar("Training", chosen.steps) as advance:
        checkpoint = run(
            _stream(rigs or "", seed) if data is None else data,
            out / "checkpoint.pt",
            chosen,
            Setting(device, processes, threads, workers, 60.0 * (minutes or math.inf)),
            resume=resume,
            on_step=lambda step, _steps, _losses: advance(step),
        )
    if validation is None:
        click.echo(f"checkpoint in {checkpoint}; give --validation with --resume to make weights")
        return
    export(checkpoint, out, validation, version=__version__, data=data, storage=storage)
    click.echo(f"weights in {out}; use them with --model {out}")


def _stream(rigs: str, seed: int) -> DrawingStream:
    """Return the source of `--stream makehuman=4,ict-light=1`."""
    from ...synthetic_data.stream import StreamSettings
    from ..drawing_stream import DrawingStream

    shares: dict[str, float] = {}
    for part in rigs.split(","):
        name, _, share = part.partition("=")
        try:
            shares[name.strip()] = float(share or 1.0)
        except ValueError:
            raise click.UsageError(f"--stream: {part!r} is no rig with its share.") from None
    return DrawingStream(StreamSettings(seed, rigs=shares))
