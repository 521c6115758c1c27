"""`limner detect`: what the faces in drawings do."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .neutral import look_at_neutral, neutral_option

if TYPE_CHECKING:
    from ...sketch_cnn.detection import Detection
    from ...sketch_cnn.detector import Detector
    from ...sketch_cnn.sketch import Sketch

__all__ = ["detect"]

log = logging.getLogger(__name__)


@click.command()
@click.argument("sketches", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with every AU.")
@click.option(
    "--model",
    "model_dir",
    type=click.Path(path_type=Path),
    help="Folder with other weights of the network.",
)
@click.option(
    "--explain",
    "picture",
    type=click.Path(path_type=Path),
    help="Draw which lines spoke for each AU: a .png for one drawing, or a folder for many.",
)
@click.option(
    "--sequence",
    "as_film",
    is_flag=True,
    help="Take each of SKETCHES as a film, a folder of frames or an animated file; smooth in time.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.0, min_open=True),
    default=12.0,
    show_default=True,
    help="Frames a second of a folder, with --sequence.",
)
@click.option(
    "--careful",
    is_flag=True,
    help="Look four times at each face, as limner fit does, not twice: half as long again.",
)
@neutral_option
@click.pass_context
def detect(
    ctx: click.Context,
    sketches: tuple[Path, ...],
    as_json: bool,
    model_dir: Path | None,
    picture: Path | None,
    as_film: bool,
    rate: float,
    careful: bool,
    neutral: Path | None,
) -> None:
    """Print the facial actions (FACS Action Units) in each of SKETCHES."""
    if as_film:
        if picture is not None:
            raise click.UsageError("--explain tells of stills; leave out --sequence")
        if careful:
            raise click.UsageError("--careful is for stills; leave out --sequence")
        ctx.exit(_detect_films(sketches, as_json, model_dir, rate, neutral))
    from ...sketch_cnn.detector import Detector
    from ...sketch_cnn.image import read_sketch
    from ...sketch_cnn.views import FOUR_LOOKS, TWO_LOOKS
    from ..batch import expand_folders, one_line, shown_path
    from ..pipeline import describe_detection
    from ..terminal import on_one_line, print_au_table, progress_bar

    paths = expand_folders(sketches)
    detector = Detector(model_dir, looks=FOUR_LOOKS if careful else TWO_LOOKS)
    detector.open()  # weights that cannot be used are told once, not for every drawing
    rest = look_at_neutral(detector, neutral)
    pictures = _picture_names(picture, paths)
    failed = 0
    with progress_bar("Detecting", len(paths)) as advance:
        for number, path in enumerate(paths, start=1):
            shown = on_one_line(shown_path(path))
            try:
                sketch = read_sketch(path)
                detection = detector.detect(sketch, rest)
                report = describe_detection(sketch, detection)
                if pictures:
                    _explain(detector, sketch, detection, pictures[number - 1])
            except Exception as error:
                failed += 1
                log.debug("%s", shown, exc_info=True)
                click.echo(f"limner: {shown}: {one_line(error)}", err=True)
                continue
            finally:
                advance(number)
            for warning in report.get("warnings", ()):
                click.echo(f"limner: {shown}: note: {warning}", err=True)
            if as_json:
                click.echo(json.dumps(report, ensure_ascii=False, allow_nan=False))
            else:
                print_au_table(shown, report)
    ctx.exit(1 if failed else 0)


def _detect_films(
    paths: Sequence[Path],
    as_json: bool,
    model_dir: Path | None,
    rate: float,
    neutral: Path | None = None,
) -> int:
    """Print what happens in films; return the exit status."""
    from ...sketch_cnn.detector import Detector
    from ...sketch_cnn.film import open_film
    from ..batch import one_line, shown_path
    from ..film_report import au_events, read_film
    from ..terminal import on_one_line, print_event_table, progress_bar

    detector, failed = Detector(model_dir), 0
    detector.open()
    rest = look_at_neutral(detector, neutral)
    for path in paths:
        shown = on_one_line(shown_path(path))
        try:
            film = open_film(path, rate)
            with progress_bar("Detecting", len(film)) as advance:
                reading, frames = read_film(film, detector, advance, rest)
        except Exception as error:
            failed += 1
            log.debug("%s", shown, exc_info=True)
            click.echo(f"limner: {shown}: {one_line(error)}", err=True)
            continue
        for frame in frames:
            for warning in frame["warnings"]:
                told = f"limner: {shown}: frame {on_one_line(frame['frame'])}: note: {warning}"
                click.echo(told, err=True)
            if as_json:
                click.echo(json.dumps(frame, ensure_ascii=False, allow_nan=False))
        if not as_json:
            print_event_table(shown, au_events(reading, film.times_s))
    return 1 if failed else 0


def _picture_names(picture: Path | None, paths: Sequence[Path]) -> list[Path]:
    """Return where the explanation of each drawing goes; nothing where none is wanted."""
    from ..batch import plan_jobs
    from ..outputs import saying_what_is_wrong

    if picture is None:
        return []
    if picture.suffix.lower() == ".png":
        if len(paths) > 1:
            raise click.UsageError("--explain FILE.png is for one drawing; give a folder for many")
        return [picture]
    with saying_what_is_wrong(picture):
        picture.mkdir(parents=True, exist_ok=True)
    return [picture / f"{job.name}.png" for job in plan_jobs(paths)]


def _explain(detector: Detector, sketch: Sketch, detection: Detection, path: Path) -> None:
    """Write the picture that tells which lines spoke."""
    from ...sketch_cnn.explain import explain
    from ..explain_picture import explain_picture
    from ..outputs import write_whole

    buffer = io.BytesIO()
    explain_picture(sketch, detection, explain(detector, sketch, detection)).save(buffer, "PNG")
    write_whole(path, buffer.getvalue())
