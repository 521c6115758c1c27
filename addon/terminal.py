"""What the command line shows people: tables on standard output, progress on a watched terminal."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["on_one_line", "print_au_table", "print_event_table", "progress_bar"]


def on_one_line(path: str) -> str:
    """Return a file's name so that no odd letter in it breaks the line."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in path
    )


def print_au_table(title: str, report: dict[str, Any]) -> None:
    """Print the AUs that a report found, the subject's left and right side by side."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ..rig.facs import AU_NAMES

    console = Console(file=sys.stdout, highlight=False)
    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("AU", justify="right")
    table.add_column("action")
    for heading in ("left", "right", "both"):
        table.add_column(heading, justify="right")
    for number, *cells in _rows(report["aus"]):
        table.add_row(str(number), AU_NAMES[number], *cells)
    if table.row_count == 0:
        table.add_row("", "none: the face is at rest", "", "", "")
    table.caption = "intensity (probability), ? = unsure; left and right are the drawn person's"
    table.caption_justify = "left"
    console.print(table, soft_wrap=False)


def print_event_table(title: str, events: list[dict[str, Any]]) -> None:
    """Print when each AU of a film comes, is strongest, and goes."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ..rig.facs import AU_NAMES

    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("AU", justify="right")
    for heading in ("action", "side"):
        table.add_column(heading)
    for heading in ("from s", "apex s", "to s", "strongest"):
        table.add_column(heading, justify="right")
    sides = {"L": "left", "R": "right", None: ""}
    for event in events:
        times = (f"{event[name]:.2f}" for name in ("onset_s", "apex_s", "offset_s"))
        strength = f"{event['intensity']:.2f} ({event['probability']:.0%})"
        name = AU_NAMES[event["au"]]
        table.add_row(str(event["au"]), name, sides[event["side"]], *times, strength)
    if not events:
        table.add_row("", "none: the face stays at rest", *[""] * 5)
    table.caption = "intensity (probability) at the apex; left and right are the drawn person's"
    table.caption_justify = "left"
    Console(file=sys.stdout, highlight=False).print(table, soft_wrap=False)


def _rows(aus: list[dict[str, Any]]) -> Iterator[tuple[int, str, str, str]]:
    """Yield number, left, right and both of every AU that is probable on some side."""
    for number in sorted({entry["au"] for entry in aus}):
        sides = {entry["side"]: entry for entry in aus if entry["au"] == number}
        if any(entry["present"] for entry in sides.values()):
            left, right, both = (_cell(sides.get(side)) for side in ("L", "R", None))
            yield number, left, right, both


def _cell(entry: dict[str, Any] | None) -> str:
    """Return an intensity with its probability, or a dot where the AU is improbable."""
    if entry is None:
        return ""
    if not entry["present"]:
        return "·"
    doubt = "?" if entry.get("unsure") else ""
    return f"{entry['intensity']:.2f} ({entry['probability']:.0%}){doubt}"


@contextmanager
def progress_bar(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Give a function to call with the number of steps, of `total`, that are done.

    The bar is on standard error, and only if that is a terminal and there is more than one step.
    """
    if total < 2 or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    # Results go through the bar only where they would cross it, never away from a file or pipe.
    shared = sys.stdout.isatty()
    with Progress(*columns, console=console, transient=True, redirect_stdout=shared) as progress:
        task = progress.add_task(description, total=total)
        yield lambda done: progress.update(task, completed=done)
