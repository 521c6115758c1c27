"""`limner dataset`: labelled drawings to train on."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import click

from ...errors import DatasetError

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
@click.option("--aus", default="all", show_default=True, help="Action Units, as in 6,12.")
@click.option("--size", default=256, show_default=True, help="Side of a drawing, pixels.")
@click.option("--workers", default=1, show_default=True, help="Processes.")
@click.option(
    "--engine",
    type=click.Choice(("local", "ray")),
    default="local",
    show_default=True,
    help="Processes of this machine, or a Ray cluster; needs limner[cluster].",
)
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
    aus: str,
    size: int,
    workers: int,
    engine: str,
    pairs: bool,
    frames: int,
    resume: bool,
) -> None:
    """Draw labelled faces: WebDataset shards and a dataset.json that tells what they are."""
    from ...cluster import require_ray
    from ...synthetic_data.compiled import COMPILES
    from ...synthetic_data.dataset import generate as draw
    from ..terminal import progress_bar

    if engine == "ray":
        require_ray()  # before a folder is made
    if not COMPILES:
        click.echo("Without numba this takes long. Faster: pip install 'limner[data]'", err=True)
    with progress_bar("Drawing", count) as advance:
        made = draw(
            out,
            count,
            seed,
            rigs=rigs.split(","),
            styles=None if styles == "all" else styles.split(","),
            aus=() if aus == "all" else _au_numbers(aus),
            size=size,
            workers=workers,
            engine=engine,
            pairs=pairs,
            frames=frames,
            resume=resume,
            on_progress=lambda done, _: advance(done),
        )
    click.echo(f"{made['count']} drawings in {out}")


def _au_numbers(text: str) -> list[int]:
    """Return the Action Units of `6,12` or `AU6,AU12`."""
    numbers = []
    for name in text.split(","):
        digits = name.strip().upper().removeprefix("AU")
        if not (digits.isascii() and digits.isdigit()):
            raise DatasetError(f"AU {name.strip()!r}: not known. Give numbers, as in 6,12.")
        numbers.append(int(digits))
    return numbers


@dataset.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The page to write.  [default: DIR/inspection.html]",
)
@click.option(
    "--renderer",
    type=click.Choice(["lineart"]),
    help="Also let Blender's Line Art draw heads: do its contours lie on our lines?",
)
@click.option(
    "--heads", type=click.IntRange(1), default=40, show_default=True, help="Heads that it draws."
)
def inspect(folder: Path, out: Path | None, renderer: str | None, heads: int) -> int:
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
    if renderer is not None:
        from ..bench_lines import NEAR_PX, check_lines

        lines = check_lines(folder, heads)
        click.echo(
            f"{lines['heads']:.0f} heads: {lines['lineart_near_ours']:.1%} of Line Art's contours "
            f"within {NEAR_PX:.0f} px of our lines, {lines['ours_near_lineart']:.1%} of our "
            "contours within as much of Line Art's"
        )
    return 0 if found.findings.is_sound else 1


@dataset.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--with",
    "real",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of drawings by real hands.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The page to write.  [default: DIR/likeness.html]",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="All figures.  [default: beside the page]",
)
@click.option("--most", default=2000, show_default=True, help="Faces to measure at most.")
def compare(folder: Path, real: Path, out: Path | None, json_file: Path | None, most: int) -> None:
    """Measure how near the drawings in DIR come to drawings by real hands."""
    import json

    from ...sketch_cnn.normalise import extract_ink
    from ...synthetic_data.inspection.likeness import FOREHEAD, Measured, measure_set
    from ...synthetic_data.inspection.likeness import compare as liken
    from ...synthetic_data.inspection.likeness_page import pictures_of, small_uri, write_likeness
    from ...synthetic_data.inspection.statistics import measure
    from ...synthetic_data.shards import write_whole
    from ..real_drawings import read_drawings
    from ..terminal import on_one_line, progress_bar

    if most < 1:
        raise click.UsageError(f"--most is {most}: give 1 or more.")

    def skipped(name: str, why: str) -> None:
        click.echo(f"limner: {on_one_line(name)}: left out: {on_one_line(why)}", err=True)

    rows, shown = [], {}
    for drawing in read_drawings(real, FOREHEAD, skipped):
        found = measure(drawing.ink, drawing.box)
        if found is None:
            skipped(drawing.name, "hardly any ink in the face box")
            continue
        rows.append((drawing.name, drawing.group, found))
        shown[drawing.name] = small_uri(drawing.grey)
    with progress_bar("Measuring", most) as advance:
        drawn = measure_set(
            folder,
            extract_ink,
            most,
            on_progress=lambda done, _: advance(done),
        )
    likeness = liken(Measured.of(rows), drawn)
    path = out or folder / "likeness.html"
    pictures = pictures_of(folder, (drawn.names[row] for row in likeness.nearest))
    write_likeness(likeness, shown, pictures, path)
    figures = likeness.as_dict()
    write_whole(json_file or path.with_suffix(".json"), json.dumps(figures, indent=1).encode())
    click.echo(
        f"{figures['real']} real drawings, {figures['drawn']} drawn: distance "
        f"{figures['distance']:.2f} (floor {figures['floor']:.2f}), told apart "
        f"{figures['told_apart']:.0%} ({figures['told_apart_by_chance']:.0%} by chance): {path}"
    )
