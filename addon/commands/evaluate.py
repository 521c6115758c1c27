"""`limner evaluate`: how well a network reads drawings whose truth is known."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ...sketch_cnn.detector import Detector

__all__ = ["evaluate"]

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Data set of identities that the network was not trained on.",
)
@click.option(
    "--labelled",
    type=_FILE,
    help="Table (.csv) of drawings labelled by eye, beside their pictures.",
)
@click.option(
    "--model",
    "model_dir",
    type=click.Path(path_type=Path),
    help="Folder with the weights; limner's own by default.",
)
@click.option("--limit", type=click.IntRange(1), help="Measure on so many drawings only.")
@click.option("--json", "out", type=_FILE, help="Also write all figures and answers to this file.")
@click.option("--html", "page", type=_FILE, help="Also write a page with charts and mistakes.")
@click.option(
    "--compare",
    "pair",
    type=_FILE,
    nargs=2,
    help="Compare two files of --json: is the second worse than the first? Exit status 1 if so.",
)
@click.pass_context
def evaluate(
    ctx: click.Context,
    data: Path | None,
    labelled: Path | None,
    model_dir: Path | None,
    limit: int | None,
    out: Path | None,
    page: Path | None,
    pair: tuple[Path, Path] | None,
) -> None:
    """Measure a network on a data set, or on drawings labelled by eye; or compare two results."""
    if pair is not None:
        if any(option is not None for option in (data, labelled, model_dir, limit, page)):
            raise click.UsageError("--compare takes two saved files, and --json besides")
        ctx.exit(_compare(*pair, out))
    from ...sketch_cnn.detector import Detector
    from ...sketch_cnn.evaluate import agreement
    from ..evaluation_file import save_evaluation

    if data is None and labelled is None:
        raise click.UsageError("give --data DIR, or --labelled TABLE.csv")
    if page is not None and data is None:
        raise click.UsageError("--html needs --data DIR")
    detector = Detector(model_dir)
    record: dict[str, Any] = {"model": detector.info}
    if data is not None:
        record |= _measure(detector, data, limit, page)
        _say(record["data"])
    if labelled is not None:
        record["labelled"] = agreement(detector, labelled)
        _say(record["labelled"])
    if out is not None:
        save_evaluation(out, record)


def _measure(
    detector: Detector, data: Path, limit: int | None, page: Path | None
) -> dict[str, Any]:
    """Return the figures of a data set and the answers behind them; write the page if wanted."""
    from ...sketch_cnn.evaluate import evaluate as read
    from ...sketch_cnn.evaluate import summarise
    from ..evaluation_file import data_name
    from ..evaluation_page import evaluation_page
    from ..outputs import write_whole
    from ..terminal import progress_bar

    with progress_bar("Reading", limit or 2) as advance:
        readings, samples = read(detector, data, limit, advance)
    figures = summarise(readings)
    name = data_name(data)
    if page is not None:
        info = detector.info
        about = {"model": f"{info['name']} {info['version']}, sha256 {info['sha256'][:12]}"}
        about["data"] = (
            f"{name}: {figures['drawings']} drawings, {figures['identities']} identities"
        )
        pictures = {sample.key: sample.picture for sample in samples}
        write_whole(page, evaluation_page(figures, readings, pictures, about))
    return {"data": {"name": name, **figures}, "answers": readings.record()}


def _compare(first: Path, second: Path, out: Path | None) -> int:
    """Print how the second differs from the first; return the exit status."""
    from ...sketch_cnn.compare import compare
    from ..evaluation_file import load_evaluation, save_evaluation

    told = compare(load_evaluation(first), load_evaluation(second))
    click.echo("figure\tfirst\tsecond\tdifference\tfloor\tverdict")
    changed = {label: au for label, au in told["aus"].items() if au["verdict"] != "no difference"}
    for name, entry in (*told["figures"].items(), *changed.items()):
        numbers = (entry[part] for part in ("first", "second", "difference", "floor"))
        click.echo("\t".join((name, *(f"{value:.4g}" for value in numbers), entry["verdict"])))
    if not told["paired"]:
        click.echo("limner: the drawings differ, so only whole intervals are compared", err=True)
    if out is not None:
        save_evaluation(out, {"comparison": told})
    return 1 if told["worse"] else 0


def _say(figures: dict[str, Any]) -> None:
    """Print the plain figures, with their intervals where there are any."""
    intervals = figures.get("intervals", {})
    for name, value in figures.items():
        if isinstance(value, (int, float)):
            low, high = intervals.get(name, (None, None))
            spread = "" if low is None else f"\t{low:.4g}\t{high:.4g}"
            click.echo(f"{name}\t{value:.4g}{spread}")
