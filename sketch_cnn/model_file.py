"""Opening the network's ONNX files: checked first, one clear line where something is wrong."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelError
from .labels import AU_LABELS

__all__ = [
    "FINDER_FILE",
    "NEUTRAL_FILE",
    "NETWORK_FILES",
    "PLACER_FILE",
    "READER_FILE",
    "SCHEMA",
    "Network",
    "open_network",
    "weights_folder",
]

SCHEMA = "limner.model/1"
FINDER_FILE, PLACER_FILE, READER_FILE = "finder.onnx", "placer.onnx", "reader.onnx"
NETWORK_FILES = (FINDER_FILE, PLACER_FILE, READER_FILE)
NEUTRAL_FILE = "neutral.onnx"
"""May be missing; asked for only where there is a neutral drawing."""

_GIVES = {
    FINDER_FILE: {"maps"},
    PLACER_FILE: {"landmarks"},
    NEUTRAL_FILE: {"odds", "strength"},
    READER_FILE: {
        "alpha", "beta", "intensity", "visible", "landmarks", "spread", "lines", "line_spread",
        "pose", "features",
    },
}  # fmt: skip
"""File → outputs that it must have."""

_SAYS = ("name", "version", "input_px", "au_labels", "features", "crop_margin")
"""What a file must say of itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A loaded network: its session, what its file says about it, the file's hash and size."""

    session: Any
    meta: dict[str, Any]
    sha256: str
    size_bytes: int = 0

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what it gives, in the file's order."""
        return tuple(output.name for output in self.session.get_outputs())

    def run(self, ink: Any) -> list[Any]:
        """Run on (N, 1, 128, 128) float32 ink; return the outputs in the file's order."""
        return self.session.run(None, {"ink": ink})


def weights_folder() -> Path:
    """Return the folder of the weights: `LIMNER_MODELS` if set, else the ones that limner ships."""
    chosen = os.environ.get("LIMNER_MODELS")
    return Path(chosen) if chosen else Path(__file__).parent / "weights"


def open_network(path: Path) -> Network:
    """Open one of our ONNX files on one CPU thread.

    Raises
    ------
    ModelError
        If it is missing, damaged, not a network of limner, or lacks what limner asks of it.
    """
    import onnxruntime

    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path}: weights cannot be read ({error.strerror}); install limner again, or set "
            "LIMNER_MODELS to the folder that holds them"
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own without a common base
        reason = str(error).splitlines()[0][:120]
        raise ModelError(f"{path}: not a readable ONNX file ({reason}); install it again") from None
    raw = dict(session.get_modelmeta().custom_metadata_map)
    if raw.get("schema") != SCHEMA:
        found = raw.get("schema") or "none"
        raise ModelError(
            f"{path}: schema {found}, expected {SCHEMA}; use weights made by limner train"
        )
    meta = {key: _parsed(value) for key, value in raw.items()}
    lacking = [key for key in _SAYS if meta.get(key) is None]
    outputs = {output.name for output in session.get_outputs()}
    lacking += sorted(_GIVES.get(path.name, set()) - outputs)
    if lacking or tuple(meta["au_labels"]) != AU_LABELS:
        what = f"without {', '.join(lacking)}" if lacking else "for other Action Units"
        raise ModelError(f"{path}: a network {what}; use weights made by this limner's train")
    return Network(session, meta, hashlib.sha256(data).hexdigest(), len(data))


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
