"""What a fit says about itself: the content of `fit.json`.

Everything that is a place is given in pixels of the user's own file, whatever size limner worked
at. The schema is told in docs/fit_json.md.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.face_rig import rotation_matrix, unposed
from ..rig.facs import AU_NAMES, split_label
from ..rig.quality import mesh_quality
from ..rig.regions import REGIONS
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.sketch import Sketch
from .fit import Fit, Gap

__all__ = ["SCHEMA", "au_entries", "fit_report", "head_angles_deg"]

SCHEMA = "limner.fit/1"


def fit_report(
    fit: Fit, detector: Mapping[str, str] | None = None, with_quality: bool = True
) -> dict[str, Any]:
    """Return the content of `fit.json`.

    Parameters
    ----------
    detector : name, version and sha256 of the network, if it is known
    with_quality : False leaves out how sound the surface is and how well the outlines agree, which
        takes longer than all the rest
    """
    sketch = fit.sketch
    weights = fit.rig.arkit_weights(fit.state.weights)
    identity = zip(fit.rig.identity_names, fit.state.identity, strict=True)
    return {
        "schema": SCHEMA,
        "sketch": {
            "path": str(sketch.path or ""),
            "sha256": sketch.sha256,
            "size": list(sketch.original_size),
            "face_box": _numbers(np.asarray(fit.detection.face_box) / sketch.scale, 1),
        },
        "rig": fit.rig.name,
        "detector": dict(detector or {}),
        "neutral": _neutral(fit),
        "aus": [entry | {"name": AU_NAMES[entry["au"]]} for entry in au_entries(fit.detection)],
        "blendshapes": {name: _number(weight) for name, weight in weights.items()},
        "identity": {name: _number(value) for name, value in identity if _number(value)},
        "identity_shared_with": list(fit.shared_with),
        "held": list(fit.held),
        "pinned": {label: _number(value) for label, value in fit.pinned.items()},
        "correction": _correction(fit),
        **({"quality": _quality(fit), "silhouette": _silhouette(fit)} if with_quality else {}),
        "pose": _pose(fit.state.rotation),
        "camera": _camera(fit.camera, sketch),
        "gap": _gap(fit.gap),
        "outcome": fit.outcome,
        "snakes": [
            {"curve": record.curve, "outcome": record.outcome, "steps": int(record.steps)}
            for record in fit.snakes
        ],
        "timing_s": {stage: _number(seconds, 3) for stage, seconds in fit.timing_s.items()},
        "warnings": list(fit.warnings),
    }


def head_angles_deg(rotation: NDArray[np.float64]) -> dict[str, float]:
    """Return a head pose as degrees that people can picture.

    Parameters
    ----------
    rotation : (3,) rotation vector, radians

    Returns
    -------
    yaw_deg : > 0 where the face turns to the subject's left
    pitch_deg : > 0 where it looks up
    roll_deg : > 0 where the crown leans to the subject's right
    """
    turn = rotation_matrix(rotation)
    right, up, ahead = turn[:, 2]
    return {
        "yaw_deg": _number(math.degrees(math.atan2(right, ahead)), 2),
        "pitch_deg": _number(math.degrees(math.asin(max(-1.0, min(1.0, up)))), 2),
        "roll_deg": _number(math.degrees(math.atan2(turn[1, 0], turn[1, 1])), 2),
    }


def au_entries(detection: Detection) -> list[dict[str, Any]]:
    """Return one entry for every AU of the label space, in its order."""
    entries = []
    for row, label in enumerate(detection.au_labels):
        number, side = split_label(label)
        entries.append(
            {
                "au": number,
                "side": side,
                "present": bool(detection.present[row]),
                "unsure": bool(detection.unsure[row]),
                "probability": _number(detection.probability[row]),
                "intensity": _number(detection.intensity[row]),
                "uncertainty": _number(detection.uncertainty[row]),
                "visible": _number(detection.visible[row]),
            }
        )
    return entries


def _neutral(fit: Fit) -> dict[str, Any] | None:
    """Return the drawing at rest that was given, and whether it helped to read the expression."""
    if fit.at_rest is None:
        return None
    return {
        "path": str(fit.at_rest.path or ""),
        "sha256": fit.at_rest.sha256,
        "used": fit.detection.reference == "used",
    }


def _correction(fit: Fit) -> dict[str, Any]:
    """Return where the correction lies, and how far it and its shape key move the head at most."""
    found = np.linalg.norm(fit.correction, axis=1).max(initial=0.0)
    key = np.linalg.norm(fit.mesh().targets[-1], axis=1).max(initial=0.0)
    return {
        "as": "expression" if fit.baked is None else "identity",
        "largest_mm": _number(1000.0 * found, 3),
        "sketch_fit_largest_mm": _number(1000.0 * key, 3),
        "strengths": {
            name: _number(share) for name, share in zip(REGIONS, fit.strengths, strict=True)
        },
    }


def _quality(fit: Fit) -> dict[str, Any]:
    """Return what the correction did to the surface."""
    found = mesh_quality(fit.rig, unposed(fit.rig, fit.state), fit.worn_correction())
    return {
        "turned_triangles": found.turned,
        "thinnest_triangle": _number(found.thinnest, 5),
        "thinnest_triangle_before": _number(found.thinnest_before, 5),
        "mean_triangle": _number(found.mean, 5),
        "mean_triangle_before": _number(found.mean_before, 5),
        "crossing_triangles": found.crossing,
        "crossing_triangles_before": found.crossing_before,
        "crossing_anew": found.crossing_anew,
        "lid_in_eye_mm": _number(1000.0 * found.lid_depth_m, 3),
        "lip_in_teeth_mm": _number(1000.0 * found.lip_depth_m, 3),
        "teeth_out_mm": _number(1000.0 * found.teeth_out_m, 3),
    }


def _silhouette(fit: Fit) -> dict[str, Any]:
    """Return how much the areas within the drawn outline and within the head's have in common."""
    from .silhouette import measure_silhouette  # Blender's start must not wait for scipy

    found = measure_silhouette(fit)
    stages = {"placed": found.placed, "parametric": found.parametric, "snakes": found.snakes}
    return {
        "iou": {
            stage: None if value is None else _number(value) for stage, value in stages.items()
        },
        "drawn": _number(found.drawn),
    }


def _pose(rotation: NDArray[np.float64]) -> dict[str, Any]:
    """Return a head pose as rotation vector and as angles."""
    return {"rotation_vector_rad": _numbers(rotation), **head_angles_deg(rotation)}


def _camera(camera: Camera, sketch: Sketch) -> dict[str, Any]:
    """Return the camera as it sees the user's file."""
    return {
        "scale_px_per_m": _number(camera.scale_px / sketch.scale, 3),
        "centre_px": _numbers(camera.centre_px / sketch.scale, 3),
        "size_px": list(sketch.original_size),
        "inverse_distance_per_m": _number(camera.inverse_distance),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    """Return the gap before and after, as a whole and by curve."""
    stages = ("placed", "parametric", "snakes")
    return {
        "unit": "iod",
        **{stage: _number(getattr(gap, stage), 5) for stage in stages},
        "closed": _number(gap.closed),
        "curves": {
            name: dict(zip(stages, _numbers(values, 5), strict=True))
            for name, values in gap.curves.items()
        },
    }


def _number(value: Any, digits: int = 4) -> float:
    """Round for people; what is not finite has no place in JSON and becomes null."""
    number = float(value)
    return round(number, digits) if math.isfinite(number) else None  # type: ignore[return-value]


def _numbers(values: Iterable[Any], digits: int = 4) -> list[float]:
    """Round each of `values`."""
    return [_number(value, digits) for value in values]
