"""What the tests over a Ray cluster share: a small cluster, and who works for it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import limner
import pytest
from limner.cluster import require_ray

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: limner[cluster]"
)


@contextmanager
def two_workers() -> Iterator[Any]:
    """Start a cluster of two workers on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        root = str(Path(limner.__file__).resolve().parents[1])
        patch.setenv("PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]))
        patch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
        ray = require_ray()
        ray.init(
            num_cpus=2, log_to_driver=False, logging_level="ERROR", include_dashboard=False,
            object_store_memory=100 * 2**20,
        )  # fmt: skip
        yield ray
        ray.shutdown()


def workers_at(task: str) -> list[int]:
    """Return the processes that do a task for Ray at this moment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if words.startswith(f"ray::{task}".encode()):
                found.append(int(entry.name))
    return found
