"""`limner evaluate`: how well a network reads drawings whose truth is known."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...errors import ModelError, OutputError
from .protocol import compare_protocols, protocol_options, run_protocol

if TYPE_CHECKING:
    from ...sketch_cnn.detection import Detection
    from ...sketch_cnn.detector import Detector
    from ...sketch_cnn.readings import Readings
    from ...sketch_cnn.shards import Sample

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
    "--baselines",
    "train_data",
    type=click.Path(path_type=Path),
    help="Data set for simple methods to learn from, measured beside it; needs limner[train].",
)
@click.option(
    "--facemesh",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A Python with mediapipe==0.10.21: its FaceMesh becomes one more of the --baselines.",
)
@click.option(
    "--sequences",
    "as_films",
    is_flag=True,
    help="Measure on clips what smoothing over time is worth.",
)
@click.option(
    "--neutral",
    "beside",
    is_flag=True,
    help="Measure on a data set with --pairs what a neutral drawing is worth.",
)
@protocol_options
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
    train_data: Path | None,
    facemesh: Path | None,
    as_films: bool,
    beside: bool,
    pair: tuple[Path, Path] | None,
    **wish: Any,
) -> None:
    """Measure a network on a data set, or on drawings labelled by eye; or compare two results."""
    for file in filter(None, (out, page)):
        if not file.parent.is_dir():  # said now, not after an hour of reading
            raise OutputError(f"{file}: its folder is not there; make it, or choose another place")
    if pair is not None:
        if any(
            option is not None for option in (data, labelled, model_dir, limit, page, train_data)
        ):
            raise click.UsageError("--compare takes two saved files, and --json besides")
        ctx.exit(_compare(*pair, out))
    if wish["protocol"] != "holdout":
        others = (labelled, model_dir, train_data, as_films, beside)
        if data is None or wish["work"] is None or any(others):
            raise click.UsageError(
                f"--protocol {wish['protocol']} needs --data DIR and --work DIR, and trains its "
                "own networks and baselines"
            )
        _fold(data, limit, out, page, wish)
        return
    from ...sketch_cnn.detector import Detector
    from ..evaluation_file import save_evaluation

    if data is None and labelled is None:
        raise click.UsageError("give --data DIR, or --labelled TABLE.csv")
    if facemesh is not None and train_data is None:
        raise click.UsageError("--facemesh needs --baselines DIR")
    if train_data is not None and data is None:
        raise click.UsageError("--baselines needs --data DIR")
    if as_films and beside:
        raise click.UsageError("give one of --sequences and --neutral")
    detector = Detector(model_dir)
    record: dict[str, Any] = {"model": detector.info}
    if as_films:
        if data is None or labelled or page or train_data:
            raise click.UsageError("--sequences takes --data DIR, --model, --limit and --json")
        record["sequences"] = _measure_films(detector, data, limit)
        data = None
    if beside:
        if data is None or labelled or page or train_data:
            raise click.UsageError("--neutral takes --data DIR, --model, --limit and --json")
        record["neutral"] = _measure_neutral(detector, data, limit)
        data = None
    further = ""
    if labelled is not None:
        record["labelled"], further = _measure_labelled(detector, labelled)
    if data is not None:
        record |= _measure(detector, data, limit, page, train_data, facemesh, further)
        _say(record["data"])
        for name, figures in record["data"].get("baselines", {}).items():
            _say(figures, f"{name}: ")
    elif page is not None and further:
        from ..html_page import document
        from ..outputs import write_whole

        title = "How well Action Units are read from drawings labelled by eye"
        about = f'<p class="soft">{_model_line(detector)}</p>'
        write_whole(page, document("limner evaluate", f"<h1>{title}</h1>{about}{further}"))
    if labelled is not None:
        _say(record["labelled"])
    if out is not None:
        save_evaluation(out, record)


def _measure(
    detector: Detector,
    data: Path,
    limit: int | None,
    page: Path | None,
    train_data: Path | None,
    facemesh: Path | None,
    further: str,
) -> dict[str, Any]:
    """Return the figures of a data set and the answers behind them; write the page if wanted."""
    from ...sketch_cnn.evaluate import evaluate as read
    from ...sketch_cnn.evaluate import set_beside, summarise
    from ...sketch_cnn.strangers import Evidence
    from ..evaluation_file import data_name
    from ..terminal import progress_bar

    methods = None if train_data is None else _Baselines(detector, train_data, limit, facemesh)
    evidence = Evidence(detector)

    def see(sample: Sample, answer: Detection | None) -> None:
        evidence(sample, answer)
        if methods is not None:
            methods.seen(sample, answer)

    with progress_bar("Reading", limit or 2) as advance:
        readings, samples = read(detector, data, limit, advance, see)
    figures = {"name": data_name(data), **summarise(readings), **evidence.figures()}
    if methods is not None:
        figures["baselines"] = set_beside(readings, methods.answer(readings, samples))
    if page is not None:
        about = {"model": _model_line(detector)}
        if train_data is not None:
            about["baselines learnt from"] = data_name(train_data)
        _write_page(page, figures, readings, samples, about, further)
    return {"data": figures, "answers": readings.record()}


def _write_page(
    page: Path,
    figures: dict[str, Any],
    readings: Readings,
    samples: Sequence[Sample],
    about: dict[str, str],
    further: str = "",
) -> None:
    from ..evaluation_page import evaluation_page
    from ..outputs import write_whole

    told = f"{figures['drawings']} drawings, {figures['identities']} identities"
    about = {**about, "data": f"{figures['name']}: {told}"}
    pictures = {sample.key: sample.png() for sample in samples}
    write_whole(page, evaluation_page(figures, readings, pictures, about, further))


def _model_line(detector: Detector) -> str:
    info = detector.info
    return f"{info['name']} {info['version']}, sha256 {info['sha256'][:12]}"


def _measure_labelled(detector: Detector, table: Path) -> tuple[dict[str, Any], str]:
    """Return the agreement with labels made by eye, and the section of the page about it."""
    from ...sketch_cnn.labelled import agreement, read_table
    from ..labelled_page import labelled_section
    from ..terminal import progress_bar

    with progress_bar("Reading", len(read_table(table))) as advance:
        told = agreement(detector, table, advance)
    return told, labelled_section(told, table.parent)


def _fold(
    data: Path, limit: int | None, out: Path | None, page: Path | None, wish: dict[str, Any]
) -> None:
    """Train and measure fold by fold; write file and page if wanted."""
    from ...sketch_cnn.evaluate import summarise
    from ..evaluation_file import data_name, save_evaluation

    told, readings, samples = run_protocol(data, limit, wish)
    figures = {"name": data_name(data), **summarise(readings)}
    if page is not None:
        about = {
            "protocol": ", ".join(
                f"{name}, {len(part['folds'])} folds" for name, part in told.items()
            ),
            "training": f"recipe {wish['recipe']}, {wish['drawings']} drawings a fold"
            + (f", without {wish['without']}" if wish["without"] else ""),
        }
        _write_page(page, {**figures, "protocol": told}, readings, samples, about)
    if out is not None:
        training = {name: wish[name] for name in ("recipe", "without", "drawings")}
        record = {"training": training, "data": figures, "answers": readings.record()}
        save_evaluation(out, {**record, "protocol": told})


def _measure_films(detector: Detector, data: Path, limit: int | None) -> dict[str, Any]:
    """Print and return what smoothing changes on a data set of clips."""
    from ...sketch_cnn.sequences import read_sequences, sequence_figures
    from ..evaluation_file import data_name
    from ..terminal import progress_bar

    with progress_bar("Reading", limit or 2) as advance:
        told = sequence_figures(*read_sequences(detector, data, limit, advance))
    click.echo(f"{told['clips']} clips, {told['drawings']} drawings", err=True)
    click.echo("figure\talone\tsmoothed\tdifference\tfloor\tverdict")
    for name, entry in told["figures"].items():
        numbers = (entry[part] for part in ("first", "second", "difference", "floor"))
        click.echo("\t".join((name, *(f"{value:.4g}" for value in numbers), entry["verdict"])))
    alone, smoothed = told["peaks"]["alone"], told["peaks"]["smoothed"]
    for name, value in alone.items():
        if value is not None:
            click.echo(f"{name}\t{value:.4g}\t{smoothed[name]:.4g}\t{smoothed[name] - value:.4g}")
    return {"name": data_name(data), **told}


def _measure_neutral(detector: Detector, data: Path, limit: int | None) -> dict[str, Any]:
    """Print and return what a neutral drawing changes on a data set of pairs."""
    from ...sketch_cnn.neutral_figures import neutral_figures, read_beside_neutral
    from ..evaluation_file import data_name
    from ..terminal import progress_bar

    with progress_bar("Reading", limit or 2) as advance:
        told = neutral_figures(*read_beside_neutral(detector, data, limit, advance))
    click.echo(f"{told['drawings']} pairs", err=True)
    click.echo("figure\talone\twith neutral\tdifference\tfloor\tverdict")
    changed = {label: au for label, au in told["aus"].items() if au["verdict"] != "no difference"}
    for name, entry in (*told["figures"].items(), *changed.items()):
        numbers = (entry[part] for part in ("first", "second", "difference", "floor"))
        click.echo("\t".join((name, *(f"{value:.4g}" for value in numbers), entry["verdict"])))
    return {"name": data_name(data), **told}


class _Baselines:
    """The simple methods, and what they saw while the detector read."""

    def __init__(
        self, detector: Detector, data: Path, limit: int | None, facemesh: Path | None
    ) -> None:
        try:
            from ...sketch_cnn.baselines import Material, answer_all
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            raise ModelError(f"--baselines needs {missing}; pip install 'limner[train]'") from None
        from ...sketch_cnn.evaluate import evaluate as read
        from ...sketch_cnn.facemesh import mesh_features
        from ..terminal import progress_bar

        self._answer_all = answer_all
        self.seen, self._known = Material(), Material()
        with progress_bar("Learning", limit or 2) as advance:
            self._train, samples = read(detector, data, limit, advance, self._known)
        self._see = None if facemesh is None else partial(mesh_features, facemesh)
        self._meshes = None if self._see is None else self._see(samples)

    def answer(self, readings: Readings, samples: Sequence[Sample]) -> dict[str, Readings]:
        """Return their answers to the drawings that were read."""
        meshes = None
        if self._see is not None and self._meshes is not None:
            meshes = self._meshes, self._see(samples)
        return self._answer_all(self._train, self._known, readings, self.seen, meshes)


def _compare(first: Path, second: Path, out: Path | None) -> int:
    """Print how the second differs from the first; return the exit status."""
    from ...sketch_cnn.compare import compare
    from ..evaluation_file import load_evaluation, save_evaluation

    pair = load_evaluation(first), load_evaluation(second)
    told = compare(*pair)
    folds = compare_protocols(*pair)
    if folds is not None:  # they know the luck of training, too
        told |= {"figures": folds, "folds": True}
        told["worse"] = any(entry["verdict"] == "worse" for entry in folds.values())
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


def _say(figures: dict[str, Any], whose: str = "") -> None:
    """Print the plain figures, with their intervals where there are any."""
    intervals = figures.get("intervals", {})
    for name, value in figures.items():
        if isinstance(value, (int, float)):
            low, high = intervals.get(name, (None, None))
            spread = "" if low is None else f"\t{low:.4g}\t{high:.4g}"
            click.echo(f"{whose}{name}\t{value:.4g}{spread}")
