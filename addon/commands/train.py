"""`limner train`: networks from data sets."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import click

from ... import __version__
from ...errors import ModelError

__all__ = ["train"]


@click.command()
@click.option(
    "--data", required=True, type=click.Path(path_type=Path), help="Data set to train on."
)
@click.option(
    "--validation",
    required=True,
    type=click.Path(path_type=Path),
    help="Data set of other identities, to calibrate on.",
)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the weights."
)
@click.option("--recipe", default="second", show_default=True, help="Name, or a .toml file.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in --out.")
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
def train(
    data: Path,
    validation: Path,
    out: Path,
    recipe: str,
    resume: bool,
    processes: int,
    threads: int,
) -> None:
    """Train finder and reader on a data set; needs limner[train]."""
    try:
        from ...sketch_cnn.export import export
        from ...sketch_cnn.train import load_recipe
        from ...sketch_cnn.train import train as run
    except ModuleNotFoundError as error:
        raise ModelError(f"training needs {error.name}; pip install 'limner[train]'") from None
    from ..terminal import progress_bar

    chosen = load_recipe(recipe)
    with progress_bar("Training", chosen.steps) as advance:
        checkpoint = run(
            data,
            out / "checkpoint.pt",
            chosen,
            resume=resume,
            processes=processes,
            threads=threads,
            on_step=lambda step, _steps, _losses: advance(step),
        )
    export(checkpoint, out, validation, version=__version__, data=data)
    click.echo(f"weights in {out}; use them with --model {out}")
