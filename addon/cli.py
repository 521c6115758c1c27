"""The command line: `limner …`, `python -m limner …` and `blender --command limner …`.

Exit status: 0 all done; 1 some inputs failed, the others are finished and kept; 2 wrong usage;
130 stopped by Ctrl-C. Each command lies in a file of its own in `commands/` and is loaded when it
is called, so that help comes at once.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click

from .. import __version__
from ..errors import LimnerError
from .faults import missing_library

__all__ = ["main"]

# Before anything loads numpy: its matrices are small here, and more threads wait for each other.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

COMMANDS = {
    "fit": "Fit a head to each of the drawings.",
    "detect": "Print the facial actions in each of the drawings.",
    "rig": "List, show and build heads.",
    "dataset": "Draw labelled faces to train on.",
    "train": "Train a network on a data set.",
    "evaluate": "Measure a network on a data set.",
    "bench": "Measure speed and quality.",
    "extension": "Build the zip that Blender installs.",
}
"""Command → what it does. Its file in `commands/` has its name, and its function too."""

STOPPED = 130


class _LazyGroup(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f".commands.{cmd_name}", __package__)
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="limner")
@click.option("--debug", is_flag=True, help="Show where an unexpected fault arose.")
def cli(debug: bool) -> None:
    """A drawn face becomes a rigged 3D head that wears the same expression."""
    if debug or os.environ.get("LIMNER_DEBUG"):
        logging.basicConfig(stream=sys.stderr, format="%(name)s: %(message)s")
        logging.getLogger(__package__.rpartition(".")[0]).setLevel(logging.DEBUG)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    argv : the words after `limner`; those of this process by default
    """
    arguments = _move_debug_first(sys.argv[1:] if argv is None else list(argv))
    try:
        status: Any = cli.main(args=arguments, prog_name="limner", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("limner: stopped", err=True)
        return STOPPED
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, nothing may write to the pipe at exit
        return 0
    except LimnerError as error:
        click.echo(f"limner: {' '.join(str(error).split())}", err=True)
        return 1
    except ImportError as error:
        _trace_if_asked(arguments)
        click.echo(f"limner: {missing_library(error)}", err=True)
        return 1
    except Exception as error:
        _trace_if_asked(arguments)
        said = " ".join(str(error).split())
        click.echo(
            f"limner: unexpected {type(error).__name__}: {said}; run it with --debug and report "
            "what it says",
            err=True,
        )
        return 1
    return status if isinstance(status, int) else 0


def _trace_if_asked(arguments: Sequence[str]) -> None:
    """Show where the fault at hand arose, to whoever wants to know."""
    if "--debug" in arguments or os.environ.get("LIMNER_DEBUG"):
        traceback.print_exc()


def _move_debug_first(arguments: list[str]) -> list[str]:
    """Let `--debug` stand anywhere before a bare `--`."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--debug" not in options:
        return arguments
    rest = list(arguments)
    rest.remove("--debug")
    return ["--debug", *rest]
