"""Looks at a data set: counts what it holds, checks that its labels can be true, shows it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from .inspect import Inspection, inspect
from .page import write_page

__all__ = ["Inspection", "inspect", "write_page"]
