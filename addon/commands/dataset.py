"""`limner dataset`: labelled drawings to train on."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["dataset"]


@click.group()
def dataset() -> None:
    """Draw labelled faces to train on."""


@dataset.command()
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the shards."
)
@click.option("--count", required=True, type=int, help="Number of drawings.")
@click.option("--seed", required=True, type=int, help="Same seed, same bytes.")
@click.option("--rigs", default="makehuman", show_default=True, help="Heads, as in a,b.")
@click.option("--styles", default="all", show_default=True, help="Ways of drawing, as in a,b.")
@click.option("--size", default=256, show_default=True, help="Side of a drawing, pixels.")
@click.option("--workers", default=1, show_default=True, help="Processes.")
@click.option("--pairs", is_flag=True, help="Draw every face at rest, too.")
@click.option(
    "--sequences",
    "frames",
    type=int,
    default=0,
    metavar="FRAMES",
    help="Draw clips of so many frames, in which an expression comes and goes.",
)
@click.option("--resume", is_flag=True, help="Go on where an earlier run stopped.")
def generate(
    out: Path,
    count: int,
    seed: int,
    rigs: str,
    styles: str,
    size: int,
    workers: int,
    pairs: bool,
    frames: int,
    resume: bool,
) -> None:
    """Draw labelled faces: WebDataset shards and a dataset.json that tells what they are."""
    from ...synthetic_data.dataset import generate as draw
    from ..terminal import progress_bar

    with progress_bar("Drawing", count) as advance:
        made = draw(
            out,
            count,
            seed,
            rigs=rigs.split(","),
            styles=None if styles == "all" else styles.split(","),
            size=size,
            workers=workers,
            pairs=pairs,
            frames=frames,
            resume=resume,
            on_progress=lambda done, _: advance(done),
        )
    click.echo(f"{made['count']} drawings in {out}")


@dataset.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The page to write.  [default: DIR/inspection.html]",
)
def inspect(folder: Path, out: Path | None) -> int:
    """Check the data set in DIR, and show on one HTML page what it holds."""
    from ...synthetic_data.inspection import inspect as look
    from ...synthetic_data.inspection import write_page
    from ..terminal import on_one_line, progress_bar

    with progress_bar("Reading", len(list(folder.glob("*.tar")))) as advance:
        found = look(folder, on_progress=lambda done, _: advance(done))
    path = out or folder / "inspection.html"
    write_page(found, path)
    for name, cases in found.findings.told.items():
        number = found.findings.number[name]
        if number:
            more = "" if number == 1 else f" (and {number - 1} more)"
            click.echo(f"limner: {name}: {on_one_line(cases[0])}{more}", err=True)
    click.echo(f"{found.tally.drawings} drawings, {found.tally.faces} faces: {path}")
    return 0 if found.findings.is_sound else 1
