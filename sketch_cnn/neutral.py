"""What a drawing of the same face at rest tells: a small network beside the reader.

How a face is built, and how a hand draws it, looks like an expression: low brows, a short upper
lip, a jaw drawn askew. Where the same hand has drawn the same face at rest, all that is in both
drawings. The network sees what the reader said of either, and says what to change.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..errors import ModelError
from .model_file import Network, open_network
from .unseen import with_unseen

__all__ = [
    "MOST_TURN_DEG",
    "POINTED",
    "READ",
    "NeutralHead",
    "inputs_of",
    "reader_print",
    "turn_deg",
]

READ = ("alpha", "beta", "intensity", "visible", "landmarks", "lines")
"""What the head sees of each drawing, as the reader said it."""
POINTED = ("landmarks", "lines")
"""Of these, the ones that are points in the crop."""

MOST_TURN_DEG = 15.0
"""A neutral drawing that faces so much another way does not help any more, and is not used."""

Values = Mapping[str, NDArray[np.float64]]


class NeutralHead:
    """The network that reads a face beside the same face at rest.

    Parameters
    ----------
    path : of `neutral.onnx`
    reader : the reader whose answers it was trained on

    Raises
    ------
    ModelError
        If it cannot be used, or was trained beside another reader.
    """

    def __init__(self, path: Path, reader: Network) -> None:
        if not path.is_file():
            raise ModelError(
                f"{path}: these weights have no network for a neutral drawing; leave out the "
                "neutral drawing, or make one with limner train --neutral"
            )
        self.network = open_network(path)
        if self.network.meta.get("reader") != reader_print(reader.meta):
            raise ModelError(
                f"{path}: made for another reader than the one beside it; make it again with "
                "limner train --neutral"
            )

    def read(
        self, odds: NDArray[np.float64], face: Values, rest: Values
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return probability and intensity, (A,) each, of a face beside itself at rest.

        Parameters
        ----------
        odds : (A,) the reader's calibrated log odds
        face, rest : what the reader said of both, by the names of `READ`
        """
        given = {name: value[None] for name, value in inputs_of(face, rest).items()}
        names = self.network.outputs
        said = dict(zip(names, self.network.session.run(None, given), strict=True))
        slope, offset = np.array(self.network.meta["calibration"], dtype=np.float64).T
        total = slope * (odds + said["odds"][0].astype(np.float64)) + offset
        probability = 1.0 / (1.0 + np.exp(-total))
        unseen = np.array(self.network.meta["unseen"], dtype=np.float64)
        told = with_unseen(probability, face["visible"], unseen)
        return told, said["strength"][0].astype(np.float64)

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """(A,) operating points."""
        return np.array(self.network.meta["thresholds"], dtype=np.float64)


def inputs_of(face: Values, rest: Values) -> dict[str, NDArray[np.float32]]:
    """Return the head's inputs by name: those of the face at rest begin with `rest_`."""
    both = (("", face), ("rest_", rest))
    return {
        f"{prefix}{name}": np.asarray(values[name], dtype=np.float32)
        for prefix, values in both
        for name in READ
    }


def turn_deg(face: NDArray[np.float64], rest: NDArray[np.float64]) -> float:
    """Return the angle between two head poses, (3,) rotation vectors in radians."""
    between = Rotation.from_rotvec(face) * Rotation.from_rotvec(rest).inv()
    return float(np.degrees(between.magnitude()))


def reader_print(meta: Mapping[str, Any]) -> str:
    """Return what tells one training of a reader from another, however its weights are stored."""
    told = json.dumps([meta.get("name"), meta.get("steps"), meta["calibration"]])
    return hashlib.sha256(told.encode("utf-8")).hexdigest()
