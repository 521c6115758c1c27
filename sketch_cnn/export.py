"""From a checkpoint to the two ONNX files that run time reads, calibrated and described."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import logging
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import ModelError
from .augment import INPUT_PX, prepare, read_item
from .crop import CROP_MARGIN
from .labels import AU_LABELS, FEATURES, MIRRORED_AUS, PRESENT, TRACE
from .model_file import FINDER_FILE, READER_FILE, SCHEMA
from .shards import Sample, read_folder
from .train import Networks
from .unseen import with_unseen

__all__ = ["calibrate", "export"]

_OUTPUTS = (
    "alpha", "beta", "intensity", "visible", "landmarks", "spread", "pose", "features",
)  # fmt: skip


_LEAST_POINT = 0.1
_MOST_UNSEEN = 0.14  # what is not drawn may be there in every third face, and is still not said


class _Deployed(nn.Module):
    """The reader with a tuple of outputs, label classes as probabilities."""

    def __init__(self, reader: nn.Module) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, ink: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs in the order of `_OUTPUTS`."""
        answer = self.reader(ink)
        answer["features"] = torch.softmax(answer["features"], dim=1)
        return tuple(answer[name] for name in _OUTPUTS)


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
        networks = Networks(recipe["width"])
        networks.load_state_dict(saved["smoothed"])
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise ModelError(f"{checkpoint}: no checkpoint of limner train ({error})") from None
    return networks.eval(), recipe, int(saved["step"])


def calibrate(
    reader: nn.Module, samples: list[Sample], batch: int = 64
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Fit what turns the reader's logits into honest probabilities and decisions.

    Left and right share theirs. All on drawings that the networks were not trained on.

    Returns
    -------
    calibration : (A, 2) slope and offset of each AU's logit (Platt 1999, by Newton's method with a
        weak pull to the identity)
    thresholds : (A,) probability from which on an AU is said to be present
    unseen : (A,) how often it is there in drawings that do not show it; see `with_unseen`
    """
    logits, truth, scored, said_visible, hidden = [], [], [], [], []
    rng = np.random.default_rng(0)
    faces = [sample for sample in samples if sample.is_face]
    with torch.no_grad():
        for start in range(0, len(faces), batch):
            prepared = [prepare(sample, rng) for sample in faces[start:][:batch]]
            items = [read_item(face, rng, is_training=False) for face in prepared]
            ink = torch.from_numpy(np.stack([item["ink"] for item in items]))
            answer, mirrored = reader(ink), reader(ink.flip(3))
            logits.append(_mirror_mean_logit(answer, mirrored))
            intensity = np.stack([item["intensity"] for item in items])
            visible = np.stack([item["visible"] for item in items])
            said = answer["visible"] + mirrored["visible"][:, list(MIRRORED_AUS)]
            said_visible.append(0.5 * said.numpy())
            hidden.append(visible <= 0.5)
            truth.append(intensity >= PRESENT)
            scored.append((visible > 0.5) & ((intensity >= PRESENT) | (intensity < TRACE)))
    columns = [np.concatenate(part) for part in (logits, truth, scored, said_visible, hidden)]
    # Each side learns from both, so that a mirrored drawing keeps giving the mirrored answer
    pooled = [np.concatenate([part, part[:, list(MIRRORED_AUS)]]) for part in columns]
    calibration, thresholds, unseen = [], [], []
    for row in range(len(AU_LABELS)):
        logit, present, use, seen, hides = (part[:, row] for part in pooled)
        slope, offset = _platt(logit, present, use)
        probability = 1.0 / (1.0 + np.exp(-(slope * logit[use] + offset)))
        rate = (present[hides].sum() + present.mean()) / (hides.sum() + 1.0)
        told = with_unseen(probability, seen[use], np.array(min(rate, _MOST_UNSEEN)))
        calibration.append([slope, offset])
        thresholds.append(operating_point(present[use], told))
        # what cannot be seen is never said to be there
        unseen.append(min(rate, _MOST_UNSEEN, 0.9 * thresholds[-1]))
    return np.array(calibration), np.array(thresholds), np.array(unseen)


def operating_point(truth: NDArray[np.bool_], probability: NDArray[np.float64]) -> float:
    """Return the threshold on honest probabilities (N,) that gives the best F1: half of that F1.

    Lipton, Elkan & Naryanaswamy (2014), "Optimal thresholding of classifiers to maximize F1
    measure", doi:10.1007/978-3-662-44851-9_15. Half the F1 is steadier than the best cut itself.
    """
    if not truth.any():
        return 0.5
    hits = np.cumsum(truth[np.argsort(-probability, kind="stable")])
    said = np.arange(1, len(truth) + 1)
    return float(np.clip(0.5 * np.max(2.0 * hits / (said + truth.sum())), _LEAST_POINT, 0.5))


def _mirror_mean_logit(answer: dict[str, Tensor], mirrored: dict[str, Tensor]) -> NDArray:
    alpha = answer["alpha"] + mirrored["alpha"][:, list(MIRRORED_AUS)]
    beta = answer["beta"] + mirrored["beta"][:, list(MIRRORED_AUS)]
    return torch.log(alpha / beta).numpy()


def _platt(logit: NDArray, truth: NDArray, scored: NDArray) -> NDArray[np.float64]:
    """Return slope and offset of one AU."""
    x, y = logit[scored].astype(np.float64), truth[scored].astype(np.float64)
    start = np.array([1.0, 0.0])
    if len(x) < 20 or not 0.0 < y.mean() < 1.0:
        return start
    design, values, pull = np.column_stack([x, np.ones_like(x)]), start.copy(), np.array([2.0, 2.0])
    for _ in range(30):
        probability = 1.0 / (1.0 + np.exp(-design @ values))
        gradient = design.T @ (probability - y) + pull * (values - start)
        spread = probability * (1.0 - probability)
        hessian = (design * spread[:, None]).T @ design + np.diag(pull)
        values = values - np.linalg.solve(hessian, gradient)
    return values


def export(
    checkpoint: Path,
    out: Path,
    validation: Path,
    *,
    version: str,
    data: Path | None = None,
    metrics: dict[str, float] | None = None,
) -> None:
    """Write `finder.onnx` and `reader.onnx` into the folder `out`.

    Parameters
    ----------
    checkpoint : of `train`
    validation : folder of shards for the calibration, not trained on
    version : of the weights
    data : folder trained on, whose `dataset.json` is named by its hash
    metrics : figures to keep with the weights
    """
    networks, recipe, step = load_networks(checkpoint)
    calibration, thresholds, unseen = calibrate(
        networks.reader, read_folder(validation, limit=4000)
    )
    meta = {
        "schema": SCHEMA,
        "name": f"limner-{recipe['name']}",
        "version": version,
        "licence": "GPL-3.0-or-later",
        "recipe": recipe,
        "steps": step,
        "drawings_seen": step * recipe["batch"],
        "data_sha256": _hash(data / "dataset.json") if data is not None else None,
        "au_labels": AU_LABELS,
        "features": FEATURES,
        "crop_margin": CROP_MARGIN,
        "input_px": INPUT_PX,
        "calibration": np.round(calibration, 5).tolist(),
        "thresholds": np.round(thresholds, 4).tolist(),
        "unseen": np.round(unseen, 4).tolist(),
        "metrics": metrics or {},
    }
    out.mkdir(parents=True, exist_ok=True)
    reader = _Deployed(networks.reader).eval()
    _write_onnx(reader, out / READER_FILE, list(_OUTPUTS), meta)
    _write_onnx(
        networks.finder,
        out / FINDER_FILE,
        ["maps"],
        {**meta, "calibration": None, "thresholds": None, "unseen": None},
    )


def _hash(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _write_onnx(network: nn.Module, path: Path, outputs: list[str], meta: dict[str, Any]) -> None:
    """Export one network with a free batch size, weights stored as float16."""
    import onnx

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
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
    model = program.model_proto
    _halve(model)
    for key, value in meta.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value if isinstance(value, str) else json.dumps(value)
    partial = path.with_suffix(".partial")
    onnx.save(model, os.fspath(partial))
    partial.replace(path)


def _halve(model: Any) -> None:
    """Store large float32 weights as float16 and cast them back when the graph is loaded."""
    import onnx
    from onnx import numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < 1024:
            continue
        full, half = tensor.name, f"{tensor.name}_half"
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(onnx.helper.make_node("Cast", [half], [full], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
