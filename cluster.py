"""A Ray cluster: the one of `RAY_ADDRESS`, or one on this machine that ends with the work.

A leaf that every room may import, like `errors`; Ray itself is imported when it is asked for.

References
----------
Moritz et al. (2018), Ray: a distributed framework for emerging AI applications, OSDI.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .errors import OutputError

__all__ = ["ONE_THREAD", "joined_cluster", "processors", "require_ray"]

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Workers share the processors between them; threads of theirs would only wait."""


def require_ray() -> Any:
    """Return the `ray` module.

    Raises
    ------
    OutputError
        If it is not there, or limner runs as a Blender extension, which workers cannot import.
    """
    if importlib.util.find_spec("ray") is None:
        raise OutputError("--engine ray needs Ray: pip install 'limner[cluster]'")
    if (__package__ or "").startswith("bl_ext."):
        raise OutputError(
            "--engine ray needs limner as a Python package on every machine, not the Blender "
            "extension; pip install limner and run the command there"
        )
    import ray

    return ray


@contextmanager
def joined_cluster() -> Iterator[Any]:
    """Join a cluster and give the `ray` module; leave again what was joined here.

    Raises
    ------
    OutputError
        If Ray is not there, or the cluster cannot be reached.
    """
    ray = require_ray()
    if ray.is_initialized():
        yield ray
        return
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray asks for a choice
    is_elsewhere = "RAY_ADDRESS" in os.environ
    try:
        ray.init(
            log_to_driver=False,
            logging_level="ERROR",
            include_dashboard=None if is_elsewhere else False,
            runtime_env={"env_vars": ONE_THREAD},
        )
    except Exception as error:  # Ray has no class of its own for it
        reason = " ".join(str(error).split())[:200]
        raise OutputError(
            f"the Ray cluster cannot be reached ({reason}); check RAY_ADDRESS"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def processors(ray: Any) -> int:
    """Return how many tasks a cluster can do at a time."""
    return max(1, int(ray.cluster_resources().get("CPU", 1)))
