"""Convolutions in whole numbers: weights of 7 bits, what flows between them in 8.

Processors multiply bytes four times as fast as float32 (AVX-512 VNNI, Arm's dot product). What is
read from the maps, and all that follows, stays float32. Weights take 7 bits: with 8, processors
without such instructions add two products up in 16 bits, which may overflow, and would answer
otherwise. Ranges are the least and largest values on drawings that are shown ("post-training static
quantisation", Jacob et al. 2018, doi:10.1109/CVPR.2018.00286; Krishnamoorthi 2018,
arXiv:1806.08342), one for every map and one for every output channel of the weights.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from ..errors import ModelError, SketchError
from .detector import Detector
from .image import sketch_from_grey
from .model_file import FINDER_FILE, READER_FILE, Network
from .shards import Sample
from .weight_storage import restore, said_by, store_weights, write_onnx

__all__ = ["QUICKENED", "quicken", "shown_to", "with_integer_kernels"]

QUICKENED = (FINDER_FILE, READER_FILE)
"""Files whose convolutions are worth it; the placer's take a millisecond."""
_ENOUGH = 200
"""Drawings that tell the ranges."""
_AT_ONCE = 8
_FIRST = 2
_WITHIN = {"Relu", "Add", "Resize"}
"""What a convolution's output goes to within a network."""


def quicken(folder: Path, samples: Iterable[Sample]) -> None:
    """Let the networks in a folder convolve in whole numbers from now on.

    Parameters
    ----------
    folder : of `finder.onnx`, `placer.onnx` and `reader.onnx`, in float32
    samples : drawings that tell the ranges; those after the first 200 faces are not looked at

    Raises
    ------
    ModelError
        If the networks cannot be used or convolve in whole numbers already.
    """
    shown = shown_to(folder, samples)
    for name in QUICKENED:
        with_integer_kernels(folder / name, folder / name, shown[name])


def shown_to(folder: Path, samples: Iterable[Sample]) -> dict[str, NDArray[np.float32]]:
    """Return file name → (N, 1, S, S): what the networks are shown while drawings are read.

    Raises
    ------
    ModelError
        If the networks cannot be used, or no drawing shows a face.
    """
    detector, read = _Watching(folder), 0
    for sample in samples:
        if read == _ENOUGH:
            break
        try:
            detector.detect(sketch_from_grey(sample.grey()))
        except SketchError:
            continue
        read += 1
    if not read:
        raise ModelError("no face was found in any drawing that was to tell the ranges; give more")
    return {name: np.concatenate(network.shown) for name, network in detector.watched.items()}


@dataclass(slots=True)
class _Watched:
    """A network that remembers what it was shown."""

    network: Network
    shown: list[NDArray[np.float32]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)

    def run(self, ink: NDArray[np.float32]) -> list[Any]:
        self.shown.append(ink.copy())
        return self.network.run(ink)


def with_integer_kernels(source: Path, out: Path, shown: NDArray[np.float32]) -> None:
    """Write a network's file again, its convolutions in whole numbers; all else is kept.

    Parameters
    ----------
    source, out : ONNX files, which may be the same one
    shown : (N, 1, S, S) what it is shown, to tell the ranges

    Raises
    ------
    ModelError
        If the source convolves in whole numbers already; `out` is then left alone.
    """
    model = onnx.load(os.fspath(source))
    if any(node.op_type == "QuantizeLinear" for node in model.graph.node):
        raise ModelError(f"{source}: convolves in whole numbers already; take the file before that")
    said = said_by(model)
    restore(model)
    model = _quantised(model, shown)
    store_weights(model, said.get("storage", "float16"))
    write_onnx(model, out, {**said, "convolutions": "int8"})


def _quantised(model: Any, shown: NDArray[np.float32]) -> Any:
    """Return a model of float32 with its convolutions between steps to whole numbers and back."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    with tempfile.TemporaryDirectory() as folder:
        plain, quick = (os.fspath(Path(folder) / name) for name in ("plain.onnx", "quick.onnx"))
        ready = onnx.shape_inference.infer_shapes(model)
        entry = ready.metadata_props.add()  # else it warns that it was not made ready
        entry.key, entry.value = "onnx.quant.pre_process", "onnxruntime.quant"
        onnx.save(ready, plain)
        quantize_static(
            plain,
            quick,
            _Batches(shown),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=_delicate(model),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        graph = onnx.load(quick).graph
    del graph.value_info[:]  # shapes are inferred when it is opened
    return onnx.helper.make_model(
        graph, opset_imports=model.opset_import, ir_version=model.ir_version
    )


def _delicate(model: Any) -> list[str]:
    """Return the names of convolutions that stay float32: they would cost most of what is lost.

    The first two after the input, since all that follows carries on their rounding; those of a
    single cell, which are quick anyway; and those that give answers, for all of which 256 steps
    are too few.
    """
    weights = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    users: dict[str, set[str]] = {}
    for node in model.graph.node:
        for name in node.input:
            users.setdefault(name, set()).add(node.op_type)
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    return [
        node.name
        for place, node in enumerate(convolutions)
        if place < _FIRST
        or weights.get(node.input[1], (0, 0, 1, 1))[2:] == (1, 1)
        or not users.get(node.output[0], set()) & _WITHIN
    ]


class _Watching(Detector):
    """A detector of which it is remembered what two of its networks were shown."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.watched = {
            FINDER_FILE: _Watched(super().finder),
            READER_FILE: _Watched(super().reader),
        }

    @property
    def finder(self) -> Any:
        """The network that finds faces, watched."""
        return self.watched[FINDER_FILE]

    @property
    def reader(self) -> Any:
        """The network that reads a face, watched."""
        return self.watched[READER_FILE]


class _Batches:
    """What is shown, a few at a time, as onnxruntime asks for it."""

    def __init__(self, shown: NDArray[np.float32]) -> None:
        self._parts: Iterator[dict[str, NDArray]] = (
            {"ink": shown[first : first + _AT_ONCE]} for first in range(0, len(shown), _AT_ONCE)
        )

    def get_next(self) -> dict[str, NDArray] | None:
        """Return the next few, or None."""
        return next(self._parts, None)
