"""What can be said of an Action Unit that the drawing does not show: how often it is there anyway.

Presence is learned only where a drawing can show it. Of a lip tightener in a mouth that is one
stroke the network knows nothing, and would say anything.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["seen_share", "with_unseen"]

_SEEN_FROM = 0.3


def seen_share(visible: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how much of a reading counts: nothing where it cannot be seen, all from 0.3 on.

    Parameters
    ----------
    visible : probability that the drawing shows where the AU would be
    """
    return np.clip(np.asarray(visible, dtype=np.float64) / _SEEN_FROM, 0.0, 1.0)


def with_unseen(
    probability: NDArray[np.floating], visible: NDArray[np.floating], unseen: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return probabilities that fall back to `unseen` where nothing can be seen.

    Parameters
    ----------
    probability, visible : (…, A) in [0, 1]
    unseen : (A,) how often each AU is there in drawings that do not show it
    """
    share = seen_share(visible)
    return np.asarray(share * probability + (1.0 - share) * unseen, dtype=np.float64)
