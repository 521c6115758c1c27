"""`limner evaluate --protocol kfold|lodo`: networks trained and measured fold by fold."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...errors import ModelError

if TYPE_CHECKING:
    from ...sketch_cnn.folds import Fold
    from ...sketch_cnn.readings import Readings
    from ...sketch_cnn.shards import Sample

__all__ = ["PROTOCOLS", "compare_protocols", "names_of", "protocol_options", "run_protocol"]

PROTOCOLS = ("holdout", "kfold", "lodo")

_SHOWN = ("macro_f1", "macro_auc", "macro_icc", "ece_all")


def protocol_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of the protocols that train; they come as one mapping."""
    for option in (
        click.option(
            "--without-baselines", is_flag=True, help="Leave the simple methods out of it."
        ),
        click.option("--threads", type=click.IntRange(1), default=1, help="In each trainer."),
        click.option(
            "--processes", type=click.IntRange(1), default=1, help="Trainers that share a batch."
        ),
        click.option(
            "--drawings",
            type=click.IntRange(1),
            default=100_000,
            show_default=True,
            help="That the network sees in each training.",
        ),
        click.option(
            "--without",
            metavar="TERMS",
            help="Switch terms of the loss off, named as in the recipe: pose,lines.",
        ),
        click.option("--recipe", default="small", show_default=True, help="Name, or a .toml."),
        click.option(
            "--leave",
            type=click.Choice(("rig", "style", "both")),
            default="both",
            show_default=True,
            help="What lodo leaves out of training.",
        ),
        click.option("--repeats", type=click.IntRange(1), default=1, show_default=True),
        click.option("--folds", type=click.IntRange(2), default=5, show_default=True),
        click.option(
            "--work",
            type=click.Path(path_type=Path, file_okay=False),
            help="Folder for the folds' weights and answers; the same one goes on after a stop.",
        ),
        click.option(
            "--protocol",
            type=click.Choice(PROTOCOLS),
            default="holdout",
            show_default=True,
            help="kfold and lodo train a network for every fold of --data, and need limner[train].",
        ),
    ):
        command = option(command)
    return command


def names_of(listed: str | None) -> tuple[str, ...]:
    """Return the names in a list such as `pose,lines`; none of None."""
    return tuple(name.strip() for name in (listed or "").split(",") if name.strip())


def run_protocol(
    data: Path, limit: int | None, wish: Mapping[str, Any]
) -> tuple[dict[str, Any], Readings, list[Sample]]:
    """Train and measure all folds; print each one's figures as soon as they are there.

    Returns
    -------
    told : name ("kfold", "rig", "style") → `fold_figures.protocol_figures`
    readings : the answers of the first of them, every drawing once
    samples : all drawings
    """
    try:
        from ...sketch_cnn.protocols import ProtocolSettings, run_folds
        from ...sketch_cnn.train import load_recipe
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        raise ModelError(f"--protocol needs {missing}; pip install 'limner[train]'") from None
    from ...sketch_cnn.shards import read_folder
    from ..terminal import progress_bar

    settings = ProtocolSettings(
        recipe=load_recipe(wish["recipe"]).without(names_of(wish["without"])),
        drawings=wish["drawings"],
        limit=limit,
        baselines=not wish["without_baselines"],
        processes=wish["processes"],
        threads=wish["threads"],
    )
    samples = read_folder(data)
    plans = _plans([sample.without_pictures() for sample in samples], wish)
    told: dict[str, Any] = {}
    first: Readings | None = None
    click.echo("\t".join(("fold", "left out", "method", *_SHOWN)))
    for name, folds in plans.items():
        with progress_bar(f"Folds of {name}", len(folds)) as advance:

            def say(number: int, fold: Mapping[str, Any], advance: Any = advance) -> None:
                advance(number)
                for method, figures in fold["figures"].items():
                    _say_row((fold["name"], fold["left_out"], method), figures)

            told[name], readings = run_folds(data, wish["work"], folds, settings, say)
        first = first or readings
        _say_summary(name, told[name])
    assert first is not None
    return told, first, samples


def _plans(samples: Sequence[Sample], wish: Mapping[str, Any]) -> dict[str, list[Fold]]:
    """Return the folds that are wished for."""
    from ...errors import DatasetError
    from ...sketch_cnn.folds import kfold, leave_one_out

    if wish["protocol"] == "kfold":
        return {"kfold": kfold(samples, wish["folds"], wish["repeats"])}
    kinds = ("rig", "style") if wish["leave"] == "both" else (wish["leave"],)
    plans, why = {}, None
    for kind in kinds:
        try:
            plans[kind] = leave_one_out(samples, kind, wish["repeats"])
        except DatasetError as error:
            why = error
            click.echo(f"limner: lodo: {error}", err=True)
    if why is not None and not plans:
        raise why
    return plans


def _say_row(names: Sequence[str], figures: Mapping[str, float]) -> None:
    click.echo("\t".join((*names, *(f"{figures[name]:.4g}" for name in _SHOWN))))


def _say_summary(name: str, told: Mapping[str, Any]) -> None:
    """Print means, the noise floor, and what the detector is not better in."""
    for method, figures in told["mean"].items():
        _say_row((name, "mean", method), figures)
    for row in ("spread", "noise_floor"):
        _say_row((name, row, "detector"), told[row])
    for method, figures in told["against"].items():
        level = [key for key, entry in figures.items() if entry["verdict"] != "better"]
        beaten = f"not better in {', '.join(level)}" if level else "better in all"
        click.echo(f"{name}\tagainst\t{method}\t{beaten}")


def compare_protocols(
    first: Mapping[str, Any], second: Mapping[str, Any]
) -> dict[str, dict[str, Any]] | None:
    """Return how two results of one protocol differ beyond its noise floor; None if they can't be.

    Their folds must be the same; figures are named after the protocol where there are two.
    """
    from ...sketch_cnn.fold_figures import compare_folds

    one, two = first.get("protocol"), second.get("protocol")
    if not one or not two or one.keys() != two.keys():
        return None
    found: dict[str, dict[str, Any]] = {}
    for name in one:
        figures = compare_folds(one[name], two[name])
        if figures is None:
            return None
        found |= {f"{name} {key}" if len(one) > 1 else key: e for key, e in figures.items()}
    return found
