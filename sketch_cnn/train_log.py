"""The log of a training: a table (.csv), and the same curves for TensorBoard."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .event_file import FIRST_EVENT, scalar_event
from .whole_file import whole_file

__all__ = ["EVENTS", "TrainingLog", "read_log"]

EVENTS = "events.out.tfevents.limner"
"""Name of TensorBoard's file, beside the table."""


@dataclass(frozen=True, slots=True)
class TrainingLog:
    """Two files that get a row together.

    Attributes
    ----------
    table : the .csv; TensorBoard's file lies beside it
    names : columns after `step`
    """

    table: Path
    names: tuple[str, ...]

    @classmethod
    def begin(cls, table: Path, names: Sequence[str], step: int = 0) -> TrainingLog:
        """Return the log of a training that goes on from a step.

        Rows of an earlier training in the same place go; of the same one, where it was stopped
        after its last checkpoint, those that will be made again.
        """
        log = cls(table, tuple(names))
        kept = [row for row in read_log(table) if int(row["step"]) <= step] if step else []
        with whole_file(table) as partial, partial.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(["step", *log.names])
        log.events.write_bytes(FIRST_EVENT)
        for row in kept:
            known = {name: float(row[name]) for name in log.names if row.get(name)}
            log.add(int(row["step"]), known)
        return log

    @property
    def events(self) -> Path:
        """TensorBoard's file."""
        return self.table.with_name(EVENTS)

    def add(self, step: int, row: Mapping[str, float]) -> None:
        """Append a row; what it does not have, or is NaN, stays empty."""
        values = [row.get(name, math.nan) for name in self.names]
        cells = ("" if math.isnan(value) else f"{value:.5g}" for value in values)
        with self.table.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([step, *cells])
        known = {
            name: value
            for name, value in zip(self.names, values, strict=True)
            if not math.isnan(value)
        }
        with self.events.open("ab") as file:
            file.write(scalar_event(step, known, time.time()))


def read_log(table: Path) -> list[dict[str, str]]:
    """Return the rows of a log; none where there is none, and not one that was cut short."""
    if not table.is_file():
        return []
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row.get("step", "").isdigit() and None not in row.values()]
