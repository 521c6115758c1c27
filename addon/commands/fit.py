"""`limner fit`: heads from drawings."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...errors import FitError
from .neutral import look_at_neutral, neutral_option

if TYPE_CHECKING:
    from ..batch import BatchSettings, Job, JobResult

__all__ = ["fit"]

log = logging.getLogger(__name__)

FORMATS = ("blend", "glb", "obj", "json", "png")
HOLDABLE = ("identity", "pose", "camera")
REGIONS = ("brows", "eyes", "nose", "mouth", "jaw")
TABLES_UP_TO = 4
STOPPED = 130


def _formats(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Read a list such as `glb,obj`."""
    if value is None:
        return None
    chosen = tuple(word.strip().lower().removeprefix(".") for word in value.split(","))
    for word in chosen:
        if word not in FORMATS:
            raise click.BadParameter(f"{word!r} is none of {', '.join(FORMATS)}")
    return chosen


def _holdable(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    """Read a list such as `identity,camera`."""
    chosen = tuple(word.strip().lower() for word in value.split(","))
    for word in chosen:
        if word not in HOLDABLE:
            raise click.BadParameter(f"{word!r} is none of {', '.join(HOLDABLE)}")
    return chosen


def _strengths(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> dict[str, float]:
    """Read regions and how much of the correction they wear, such as `mouth=0.5`."""
    found = {}
    for word in (part for given in value for part in given.split(",")):
        name, _sign, share = (piece.strip().lower() for piece in word.partition("="))
        if name not in REGIONS:
            raise click.BadParameter(f"{name!r} is none of {', '.join(REGIONS)}")
        try:
            found[name] = float(share)
        except ValueError:
            found[name] = -1.0
        if not 0.0 <= found[name] <= 1.0:
            raise click.BadParameter(f"{word!r}: give a share from 0 to 1, as in {name}=0.5")
    return found


def _pins(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> dict[str, float]:
    """Read Action Units and their intensities, such as `12L=0.6`."""
    if not value:
        return {}
    from ..pins import read_pins

    try:
        return read_pins([part for given in value for part in given.split(",")])
    except FitError as error:
        raise click.BadParameter(str(error)) from None


def _gif(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Take the name of a GIF file only."""
    if value is not None and value.suffix.lower() != ".gif":
        raise click.BadParameter(f"{str(value)!r} does not end in .gif")
    return value


@click.command()
@click.argument("sketches", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for all results."
)
@click.option("--rig", default="makehuman", show_default=True, help="Head to fit: name or file.")
@click.option(
    "--formats",
    callback=_formats,
    metavar="LIST",
    help=f"Files to write, of {','.join(FORMATS)}; all by default. fit.json is always written.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes."
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="This machine, or a Ray cluster: that of RAY_ADDRESS, else one on this machine.",
)
@click.option(
    "--as",
    "correct_as",
    type=click.Choice(["expression", "identity"]),
    default="expression",
    show_default=True,
    help="What the correction belongs to: this expression (a shape key), or who the head is.",
)
@click.option(
    "--region",
    "strengths",
    multiple=True,
    callback=_strengths,
    metavar="NAME=SHARE",
    help="How much of Sketch Fit a part of the face wears, 0 to 1, as in mouth=0.5; of "
    f"{','.join(REGIONS)}. May be repeated.",
)
@click.option(
    "--animate",
    metavar="FILE.gif",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_gif,
    help="Show the gap closing, from the placed head to the corrected one. For one drawing.",
)
@click.option(
    "--report",
    is_flag=True,
    help="Also write report.html for all drawings, and one for each: lines, gap, snakes, surface.",
)
@click.option(
    "--like",
    metavar="FIT.json",
    type=click.Path(path_type=Path, exists=True),
    help="Give the heads what an earlier fit found; see --hold.",
)
@click.option(
    "--hold",
    callback=_holdable,
    default="identity",
    show_default=True,
    metavar="LIST",
    help=f"What --like gives and the fit leaves as it is, of {','.join(HOLDABLE)}.",
)
@click.option(
    "--pin",
    "pins",
    multiple=True,
    callback=_pins,
    metavar="AU=INTENSITY",
    help="An Action Unit that the head wears, whatever is read, 0 to 1, as in 12L=0.6 or 43=0. May "
    "be repeated.",
)
@neutral_option
@click.option(
    "--distance",
    "distance_m",
    type=click.FloatRange(min=0.2, max=100.0),
    metavar="METRES",
    help="How far the artist's eye was from the head, where the drawing shows perspective; by "
    "default too far to matter.",
)
@click.option(
    "--together",
    is_flag=True,
    help="All drawings show one person: find who it is from all of them.",
)
@click.option("--resume", is_flag=True, help="Leave out what an earlier run completed.")
@click.option(
    "--model",
    "model_dir",
    type=click.Path(path_type=Path),
    help="Folder with other weights of the network.",
)
@click.pass_context
def fit(
    ctx: click.Context,
    sketches: tuple[Path, ...],
    out: Path,
    rig: str,
    formats: tuple[str, ...] | None,
    jobs: int,
    engine: str,
    correct_as: str,
    strengths: dict[str, float],
    animate: Path | None,
    report: bool,
    like: Path | None,
    hold: tuple[str, ...],
    pins: dict[str, float],
    neutral: Path | None,
    distance_m: float | None,
    together: bool,
    resume: bool,
    model_dir: Path | None,
) -> None:
    """Fit a head to each of SKETCHES.

    A folder stands for the pictures in it. Every drawing gets a folder of its own under --out, with
    a .blend, .glb and .obj of the head, all numbers in fit.json, and overlay.png to look at.
    """
    from ..batch import SUMMARY, BatchSettings, expand_folders, plan_jobs
    from ..outputs import PAGE

    wanted = (*_writable(formats), "html") if report else _writable(formats)
    settings = BatchSettings(
        out, rig, model_dir, wanted, jobs, resume, correct_as, animate, engine,
        like, hold, strengths, neutral, distance_m, pins,
    )  # fmt: skip
    if strengths and correct_as == "identity":
        raise click.UsageError(
            "--region turns Sketch Fit down; with --as identity the correction is the head's own"
        )
    if like is not None and resume:
        raise click.UsageError("--resume cannot tell what was fitted --like what; leave it out")
    if like is not None and "camera" in hold and distance_m is not None:
        raise click.UsageError("--hold camera gives the distance, too; leave --distance out")
    planned = plan_jobs(expand_folders(sketches))
    if together and (resume or animate is not None or engine != "local" or jobs > 1):
        raise click.UsageError(
            "--together is one fit: leave --resume, --animate, --jobs and --engine out"
        )
    if animate is not None and (len(planned) != 1 or resume):
        raise click.UsageError("--animate shows one drawing: give one, and leave --resume out")
    if engine == "ray":
        from ...cluster import require_ray

        if animate is not None:
            raise click.UsageError("--animate shows one drawing: leave --engine ray out")
        require_ray()
    if neutral is not None:
        from ...sketch_cnn.detector import Detector

        look_at_neutral(Detector(model_dir), neutral)  # what is wrong with it is told once
    failed = finished = 0
    with_tables = len(planned) <= TABLES_UP_TO
    try:
        with (
            _sigterm_as_interrupt(),
            _progress(len(planned)) as advance,
            closing(_run(planned, settings, together)) as results,
        ):
            for result in results:
                failed += not result.is_ok
                finished += result.is_ok
                advance(failed + finished)
                _tell(result, settings, with_tables)
    except KeyboardInterrupt:
        click.echo(
            f"limner: stopped; {finished} of {len(planned)} drawings are finished and kept, "
            "the same command with --resume goes on",
            err=True,
        )
        ctx.exit(STOPPED)
    if len(planned) > TABLES_UP_TO:
        click.echo(f"{finished} of {len(planned)} fitted; {out / SUMMARY} has a line for each")
    if report:
        click.echo(f"{out / PAGE} shows how they were fitted")
    ctx.exit(1 if failed else 0)


def _run(
    planned: list[Job], settings: BatchSettings, together: bool
) -> Generator[JobResult, None, None]:
    """Fit the drawings one by one, or as one person."""
    if together:
        from ..together import run_together

        return run_together(planned, settings)
    from ..batch import run_batch

    return run_batch(planned, settings)


def _writable(formats: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the formats to write: .blend needs a Blender, and is left out where there is none."""
    from ..blend import can_write_blend

    if "blend" not in (formats or FORMATS) or can_write_blend():
        return formats or FORMATS
    remedy = "pip install bpy (Python 3.11 or 3.13), or put blender on the PATH"
    if formats is not None:
        raise click.BadParameter(f"no Blender to write .blend; {remedy}", param_hint="--formats")
    click.echo(f"limner: no Blender found, .blend files are left out; {remedy}", err=True)
    return tuple(kind for kind in FORMATS if kind != "blend")


def _progress(total: int) -> AbstractContextManager[Callable[[int], None]]:
    """Return a progress bar; loaded late, because it is not needed to show help."""
    from ..terminal import progress_bar

    return progress_bar("Fitting", total)


def _tell(result: JobResult, settings: BatchSettings, with_table: bool) -> None:
    """Print how one drawing went: faults and notes for people, results on standard output."""
    from ..outputs import read_report
    from ..terminal import on_one_line, print_au_table

    path = on_one_line(result.path)
    if not result.is_ok:
        click.echo(f"limner: {path}: {result.reason}", err=True)
        if result.trace:
            log.debug("%s", result.trace)
        return
    for warning in result.warnings:
        click.echo(f"limner: {path}: note: {warning}", err=True)
    folder = settings.out / result.name
    if with_table and (report := read_report(folder)) is not None:
        print_au_table(path, report)
    how = "was there already" if result.resumed else f"{result.seconds:.1f} s"
    closed = "" if result.closed is None else f"{result.closed:.0%} of the gap closed, "
    click.echo(f"{path} → {folder}  ({closed}{how})")


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Let a polite `kill` clean up as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
