"""Saved evaluations: all figures and every answer, so that they can be compared later."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import DatasetError
from .outputs import write_whole

__all__ = ["SCHEMA", "data_name", "load_evaluation", "save_evaluation"]

SCHEMA = "limner.evaluation/1"


def save_evaluation(path: Path, record: Mapping[str, Any]) -> None:
    """Write an evaluation as JSON that any reader takes; what is not a number becomes null.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    text = json.dumps(_plain({"schema": SCHEMA, **record}), ensure_ascii=False, allow_nan=False)
    write_whole(path, text + "\n")


def load_evaluation(path: Path) -> dict[str, Any]:
    """Read what `save_evaluation` wrote; null stays None.

    Raises
    ------
    DatasetError
        If it is missing, no JSON, or not an evaluation of a data set.
    """
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    except ValueError:
        record = None
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise DatasetError(f"{path}: no saved evaluation; make one with limner evaluate --json")
    if not isinstance(record.get("data"), dict):
        raise DatasetError(f"{path}: holds no figures of a data set; evaluate with --data")
    return record


def data_name(folder: Path) -> str:
    """Return a data set's name and the first of the hash of what it says of itself."""
    name = Path(folder).resolve().name
    about = Path(folder) / "dataset.json"
    if not about.is_file():
        return name
    return f"{name} ({hashlib.sha256(about.read_bytes()).hexdigest()[:12]})"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
