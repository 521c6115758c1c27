"""`limner detect`: what the faces in drawings do."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import logging
from pathlib import Path

import click

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
@click.pass_context
def detect(
    ctx: click.Context, sketches: tuple[Path, ...], as_json: bool, model_dir: Path | None
) -> None:
    """Print the facial actions (FACS Action Units) in each of SKETCHES."""
    from ...sketch_cnn.detector import Detector
    from ..batch import expand_folders, one_line, shown_path
    from ..pipeline import detect_file
    from ..terminal import on_one_line, print_au_table, progress_bar

    paths, detector = expand_folders(sketches), Detector(model_dir)
    failed = 0
    with progress_bar("Detecting", len(paths)) as advance:
        for number, path in enumerate(paths, start=1):
            shown = on_one_line(shown_path(path))
            try:
                report = detect_file(path, detector)
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
