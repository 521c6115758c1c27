"""From a checkpoint to the ONNX files that run time reads, calibrated and described."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ModelError
from .calibration import calibrate
from .crop import CROP_MARGIN, INPUT_PX
from .detector import Detector
from .integer_kernels import quicken
from .labels import AU_LABELS, FEATURES
from .model_file import FINDER_FILE, PLACER_FILE, READER_FILE, SCHEMA
from .shards import read_folder
from .step import Networks
from .weight_storage import store_weights, write_onnx

__all__ = ["export", "export_reader", "forget_makers", "load_networks"]

_OUTPUTS = (
    "alpha", "beta", "intensity", "visible", "landmarks", "spread", "lines", "line_spread",
    "pose", "features", "embedding", "attention",
)  # fmt: skip


_READER_META = {
    "schema": SCHEMA,
    "licence": "GPL-3.0-or-later",
    "au_labels": AU_LABELS,
    "features": FEATURES,
    "crop_margin": CROP_MARGIN,
    "input_px": INPUT_PX,
}
_PLAIN = {"calibration": [[1.0, 0.0]] * len(AU_LABELS)}


class _Deployed(nn.Module):
    """The reader with a tuple of outputs, label classes as probabilities."""

    def __init__(self, reader: nn.Module) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, ink: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs in the order of `_OUTPUTS`."""
        answer = self.reader(ink)
        answer["features"] = _shares(answer["features"])
        return tuple(answer[name] for name in _OUTPUTS)


def _shares(logits: Tensor) -> Tensor:
    """Return the softmax of (N, C, H, W) over C, spelled so that runtimes need not transpose it."""
    raised = torch.exp(logits - logits.amax(1, keepdim=True))
    return raised / raised.sum(1, keepdim=True)


def load_networks(checkpoint: Path) -> tuple[Networks, dict[str, Any], int]:
    """Return the smoothed networks of a checkpoint, its recipe and its step.

    Raises
    ------
    ModelError
        If the file is no checkpoint of ours.
    """
    try:
        saved = torch.load(checkpoint, weights_only=True, map_location="cpu")
        recipe = json.loads(saved["recipe"])
        networks = Networks(recipe["width"], recipe["thin"], recipe.get("backbone", "residual"))
        networks.load_state_dict(saved["smoothed"])
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise ModelError(f"{checkpoint}: no checkpoint of limner train ({error})") from None
    return networks.eval(), recipe, int(saved["step"])


def export(
    checkpoint: Path,
    out: Path,
    validation: Path,
    *,
    version: str,
    data: Path | None = None,
    stream: dict[str, Any] | None = None,
    metrics: dict[str, float] | None = None,
    storage: str = "int8",
    convolutions: str = "float32",
) -> None:
    """Write `finder.onnx`, `placer.onnx` and `reader.onnx` into the folder `out`.

    Parameters
    ----------
    checkpoint : of `train`
    validation : folder of shards for the calibration, not trained on
    version : of the weights
    data : folder trained on, whose `dataset.json` is named by its hash
    stream : what decides a stream that was trained on instead; its JSON is named by its hash
    metrics : figures to keep with the weights
    storage : of the large weights, one of `weight_storage.STORAGES`
    convolutions : "float32", or "int8": see `integer_kernels.quicken`

    Raises
    ------
    ModelError
        If the checkpoint is none, or there is no such storage.
    """
    networks, recipe, step = load_networks(checkpoint)
    meta = {
        **_READER_META,
        "name": f"limner-{recipe['name']}",
        "version": version,
        "recipe": recipe,
        "steps": step,
        "drawings_seen": step * recipe["batch"],
        "data_sha256": _hash_of(stream) if data is None else _hash(data / "dataset.json"),
        "stream": stream,
        "storage": storage,
        "metrics": metrics or {},
    }
    models = {
        FINDER_FILE: _exported(networks.finder, ["maps"], storage),
        PLACER_FILE: _exported(networks.placer, ["landmarks"], storage),
        READER_FILE: _exported(_Deployed(networks.reader).eval(), list(_OUTPUTS), storage),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, model in models.items():
            write_onnx(model, Path(folder) / name, {**meta, **_PLAIN})
        calibration = calibrate(Detector(folder), read_folder(validation, limit=4000))
    out.mkdir(parents=True, exist_ok=True)
    for name, model in models.items():
        more = calibration.record() if name == READER_FILE else {}
        write_onnx(model, out / name, {**meta, **more})
    if convolutions == "int8":
        quicken(out, read_folder(validation, limit=400))


def export_reader(reader: nn.Module, path: Path, storage: str = "float16") -> None:
    """Write a reader alone, not calibrated and of no name: to try it, not to ship it."""
    model = _exported(_Deployed(reader).eval(), list(_OUTPUTS), storage)
    write_onnx(model, path, {**_READER_META, **_PLAIN, "name": "untitled", "version": "0"})


def _hash(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _hash_of(stream: dict[str, Any] | None) -> str | None:
    told = json.dumps(stream, sort_keys=True).encode("utf-8")
    return None if stream is None else hashlib.sha256(told).hexdigest()


def _exported(network: nn.Module, outputs: list[str], storage: str) -> Any:
    """Return one network as an ONNX model with a free batch size, its weights stored smaller."""
    for chatty in ("torch.onnx", "onnxscript", "onnx_ir"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    example = torch.zeros(2, 1, INPUT_PX, INPUT_PX)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's exporter warns about itself
        warnings.simplefilter("ignore", DeprecationWarning)
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            opset_version=20,
            external_data=False,
            input_names=["ink"],
            output_names=outputs,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
        )
    model = program.model_proto  # made anew whenever it is asked for
    store_weights(model, storage)
    forget_makers(model)
    return model


def forget_makers(model: Any) -> None:
    """Take out what the exporter notes of the machine that it ran on: stack traces and paths."""
    for part in (model, model.graph, *model.graph.node, *model.graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        value.doc_string = ""
        del value.metadata_props[:]
    for function in model.functions:
        function.doc_string = ""
        del function.metadata_props[:]
        for node in function.node:
            node.doc_string = ""
            del node.metadata_props[:]
