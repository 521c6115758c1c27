"""How a network's weights lie in its ONNX file: as float16, or large ones as int8 with scales.

Only the file becomes smaller. Runtimes bring the weights back to float32 once, when they load the
file, and compute as before: with the same speed, and the same answers everywhere. That is why int8
is spelled `Cast` and `Mul` here: `DequantizeLinear` would say the same, but onnxruntime keeps it
for integer kernels, whose rounding hangs on the processor.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from ..errors import ModelError
from .whole_file import whole_file

__all__ = ["STORAGES", "restore", "said_by", "store_weights", "stored_as", "write_onnx"]

STORAGES = ("float16", "int8")

_SMALL = 1024
"""Tensors of fewer values stay float32."""
_LARGE = 8_192
"""Only those of so many values become int8; what they would save counts."""
_GRID_VALUES = 512
_EXACT = ("head.places", "head.last", "mover.together.2")
"""Layers that see or give hundredths of a face, or all answers: they stay float16."""


def store_weights(model: Any, storage: str = "float16") -> None:
    """Store the large float32 weights of a model smaller, in place.

    Parameters
    ----------
    model : onnx.ModelProto with its weights as float32 initialisers
    storage : one of `STORAGES`
        "int8": one scale an output channel, the largest weight of it over 127; float16 where a
        tensor is small, or one of those that ask for it.

    Raises
    ------
    ModelError
        If there is no such storage.
    """
    if storage not in STORAGES:
        raise ModelError(f"storage {storage}: not known; there are {', '.join(STORAGES)}")
    outputs = _output_axes(model)
    nodes: list[Any] = []
    for tensor in list(model.graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _SMALL:
            continue
        exact = any(part in tensor.name for part in _EXACT)
        exact = exact or _is_grid(values)
        if storage == "int8" and values.size >= _LARGE and not exact:
            axis = outputs.get(tensor.name, 0)
            nodes += _as_int8(model, tensor, values, axis)
        else:
            nodes += _as_float16(tensor, values)
    nodes += list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _is_grid(values: NDArray[np.float32]) -> bool:
    """Tell whether these are places on a grid: few different ones, and float16 loses nothing.

    Weights that were stored as float16 lose nothing either, but there are thousands of them.
    """
    kept = bool((values.astype(np.float16) == values).all())
    return kept and len(np.unique(values)) <= _GRID_VALUES


def restore(model: Any) -> None:
    """Bring stored weights back to float32 initialisers, in place."""
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    kept, scaled = [], {}
    for node in model.graph.node:
        first = node.input[0] if node.input else ""
        if node.op_type == "Cast" and first in stored and first.endswith(("_half", "_int8")):
            scaled[node.output[0]] = numpy_helper.to_array(stored.pop(first)).astype(np.float32)
        elif node.op_type == "Mul" and first in scaled and node.input[1].endswith("_scale"):
            scale = numpy_helper.to_array(stored.pop(node.input[1]))
            scaled[node.output[0]] = scaled.pop(first) * scale
        else:
            kept.append(node)
    tensors = [*stored.values()]
    tensors += [numpy_helper.from_array(values, name) for name, values in scaled.items()]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(kept)
    model.graph.initializer.extend(tensors)


def stored_as(source: Path, out: Path, storage: str) -> None:
    """Write a network's file again with its weights stored in another way; the rest is kept.

    Parameters
    ----------
    source, out : ONNX files, which may be the same one

    Raises
    ------
    ModelError
        If the source is no ONNX file, or there is no such storage; `out` is then left alone.
    """
    try:
        model = onnx.load(os.fspath(source))
    except Exception as error:  # protobuf's own class, or OSError
        reason = str(error).splitlines()[0][:120]
        raise ModelError(f"{source}: not a readable ONNX file ({reason})") from None
    restore(model)
    store_weights(model, storage)
    write_onnx(model, out, {**said_by(model), "storage": storage})


def said_by(model: Any) -> dict[str, str]:
    """Return what a network's file says of itself."""
    return {entry.key: entry.value for entry in model.metadata_props}


def write_onnx(model: Any, path: Path, meta: Mapping[str, Any]) -> None:
    """Write a model with what is to be known of it, whole or not at all."""
    del model.metadata_props[:]
    for key, value in meta.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value if isinstance(value, str) else json.dumps(value)
    with whole_file(path) as partial:
        onnx.save(model, os.fspath(partial))


def _output_axes(model: Any) -> dict[str, int]:
    """Return initialiser → axis of its output channels, for the layers that keep them elsewhere."""
    axes = {}
    for node in model.graph.node:
        if node.op_type in ("MatMul", "Gemm"):
            turned = any(part.name == "transB" and part.i for part in node.attribute)
            axes[node.input[1]] = 0 if turned else -1
            axes[node.input[0]] = -2
    return axes


def _as_float16(tensor: Any, values: NDArray[np.float32]) -> list[Any]:
    name = tensor.name
    tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
    return [onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT)]


def _as_int8(model: Any, tensor: Any, values: NDArray[np.float32], axis: int) -> list[Any]:
    """Store a tensor as int8; (G, in, out) weights of a batch have a scale for each G and out."""
    name, axis = tensor.name, axis % values.ndim
    kept = {axis, 0} if values.ndim == 3 else {axis}
    over = tuple(other for other in range(values.ndim) if other not in kept)
    scale = np.abs(values).max(axis=over, keepdims=True) / np.float32(127.0)
    scale = np.where(scale > 0.0, scale, np.float32(1.0)).astype(np.float32)
    small = np.clip(np.rint(values / scale), -127, 127).astype(np.int8)
    tensor.CopyFrom(numpy_helper.from_array(small, f"{name}_int8"))
    model.graph.initializer.append(numpy_helper.from_array(scale, f"{name}_scale"))
    return [
        onnx.helper.make_node("Cast", [tensor.name], [f"{name}_whole"], to=onnx.TensorProto.FLOAT),
        onnx.helper.make_node("Mul", [f"{name}_whole", f"{name}_scale"], [name]),
    ]
