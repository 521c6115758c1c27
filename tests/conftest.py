"""What all tests share: how hypothesis runs, and the drawings that lie beside the tests."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Shared machines stall: time is measured by benchmarks, not by a test's deadline.
settings.register_profile(
    "limner", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("limner")

SKETCHES = Path(__file__).parent / "data" / "sketches"


@pytest.fixture(scope="session")
def sketches() -> Path:
    """Return the folder of freely licensed drawings."""
    return SKETCHES
