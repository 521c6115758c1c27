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
from .protocol import names_of

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
    "--neutral",
    "pairs",
    type=click.Path(path_type=Path),
    help="Instead of both: a data set with --pairs, to train the network for a neutral drawing "
    "beside a reader that stays as it is.",
)
@click.option(
    "--model",
    "model_dir",
    type=click.Path(path_type=Path),
    help="Folder with that reader, with --neutral; limner's own by default.",
)
@click.option("--limit", type=click.IntRange(1), help="Train on so many pairs only.")
@click.option(
    "--validation",
    type=click.Path(path_type=Path),
    help="Data set of other identities, to calibrate on; without it only the checkpoint is made.",
)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the weights."
)
@click.option("--recipe", help="Name, or a .toml file; fifth by default, neutral with --neutral.")
@click.option(
    "--start",
    type=click.Path(path_type=Path),
    help="Checkpoint of an earlier training to begin with.",
)
@click.option(
    "--without",
    "left_out",
    metavar="TERMS",
    help="Switch terms of the loss off, named as in the recipe: pose,lines.",
)
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
    default="int8",
    show_default=True,
    help="Of the large weights in the files; int8 takes little more than half the room.",
)
@click.option(
    "--convolutions",
    type=click.Choice(["float32", "int8"]),
    default="int8",
    show_default=True,
    help="What finder and reader reckon in; int8 takes half the time.",
)
def train(
    data: Path | None,
    rigs: str | None,
    seed: int,
    pairs: Path | None,
    model_dir: Path | None,
    limit: int | None,
    validation: Path | None,
    out: Path,
    recipe: str | None,
    start: Path | None,
    left_out: str | None,
    resume: bool,
    device: str,
    minutes: float | None,
    processes: int,
    threads: int,
    workers: int | None,
    storage: str,
    convolutions: str,
) -> None:
    """Train finder, placer and reader, or a network beside them; needs limner[train]."""
    if (data, rigs, pairs).count(None) != 2:
        raise click.UsageError("give one of --data DIR, --stream RIGS and --neutral PAIRS.")
    if pairs is not None:
        if left_out is not None:
            raise click.UsageError(
                "--without names terms of the reader's loss; leave --neutral out"
            )
        _train_neutral(pairs, model_dir, limit, out, recipe or "neutral", resume, threads)
        return
    if start is not None and not start.is_file():
        raise ModelError(f"{start}: no such file; give the checkpoint.pt of an earlier training")
    if model_dir is not None or limit is not None:
        raise click.UsageError("--model and --limit go with --neutral PAIRS.")
    try:
        from ...sketch_cnn.export import export
        from ...sketch_cnn.train import Setting, load_recipe
        from ...sketch_cnn.train import train as run
    except ModuleNotFoundError as error:
        raise ModelError(f"training needs {error.name}; pip install 'limner[train]'") from None
    from ..terminal import progress_bar

    chosen = load_recipe(recipe or "fifth").without(names_of(left_out))
    source = _stream(rigs or "", seed) if data is None else data
    if workers is None:
        workers = 1 if rigs is None else max((os.cpu_count() or 2) // processes - 1, 1)
    with progress_bar("Training", chosen.steps) as advance:
        checkpoint = run(
            source,
            out / "checkpoint.pt",
            chosen,
            Setting(device, processes, threads, workers, 60.0 * (minutes or math.inf)),
            start=start,
            resume=resume,
            on_step=lambda step, _steps, _losses: advance(step),
        )
    if validation is None:
        click.echo(f"checkpoint in {checkpoint}; give --validation with --resume to make weights")
        return
    export(
        checkpoint,
        out,
        validation,
        version=__version__,
        data=data,
        stream=None if isinstance(source, Path) else source.describe(),
        storage=storage,
        convolutions=convolutions,
    )
    click.echo(f"weights in {out}; use them with --model {out}")


def _train_neutral(
    data: Path,
    model_dir: Path | None,
    limit: int | None,
    out: Path,
    recipe: str,
    resume: bool,
    threads: int,
) -> None:
    """Train the network for a neutral drawing; what the reader says of the pairs is kept in OUT."""
    try:
        from ...sketch_cnn.neutral_train import load_neutral_recipe, train_neutral
    except ModuleNotFoundError as error:
        raise ModelError(f"training needs {error.name}; pip install 'limner[train]'") from None
    from ...sketch_cnn.detector import Detector
    from ...sketch_cnn.neutral_pairs import Pairs, data_print, read_pairs
    from ..terminal import progress_bar

    chosen, detector = load_neutral_recipe(recipe), Detector(model_dir)
    kept, pairs = out / "pairs.npz", None
    if resume and kept.is_file():
        pairs = Pairs.load(kept)
        if pairs.source != data_print(detector, data, limit):
            pairs = None
    if pairs is None:
        with progress_bar("Reading", limit or 2) as advance:
            pairs = read_pairs(detector, data, limit, advance)
        out.mkdir(parents=True, exist_ok=True)
        pairs.save(kept)
    with progress_bar("Training", chosen.epochs) as advance:
        file = train_neutral(
            pairs, detector, out, chosen, version=__version__, threads=threads, on_epoch=advance
        )
    click.echo(f"weights in {file}; put them beside the reader that they were made for")


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
