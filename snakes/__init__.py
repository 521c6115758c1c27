"""Active contours: curves that crawl onto the lines of a drawing.

`find_ink_lines` finds the lines, `ForceField.from_ink` makes them pull, `evolve` moves the curves,
`gap` tells how far they still are. Knows nothing of heads or networks: pixels in, pixels out.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from .evolution import done, evolve, init, step
from .field import ForceField
from .gap import gap, ink_ridge, sample_polyline
from .gvf import gradient_vector_flow
from .joints import Joint, Order
from .lines import InkLines, find_ink_lines
from .motion import SnakeState
from .snake import Outcome, SnakeResult, SnakeSettings, SnakeStart, relax, resample

__all__ = [
    "ForceField",
    "InkLines",
    "Joint",
    "Order",
    "Outcome",
    "SnakeResult",
    "SnakeSettings",
    "SnakeStart",
    "SnakeState",
    "done",
    "evolve",
    "find_ink_lines",
    "gap",
    "gradient_vector_flow",
    "init",
    "ink_ridge",
    "relax",
    "resample",
    "sample_polyline",
    "step",
]
