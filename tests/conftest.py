"""What all tests share: how hypothesis runs, the command line, and drawings."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Shared machines stall: time is measured by benchmarks, not by a test's deadline.
# CI takes the same examples every time, so that a red run is the change's own.
settings.register_profile(
    "limner",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("limner")

SKETCHES = Path(__file__).parent / "data" / "sketches"


@pytest.fixture(scope="session")
def sketches() -> Path:
    """Return the folder of freely licensed drawings."""
    return SKETCHES


@pytest.fixture
def limner(capfd):
    """Return limner's `main`, which answers with exit status, standard output and error."""
    from limner.addon.cli import main

    def run(*arguments) -> tuple[int, str, str]:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return status, out, err

    return run
