"""What a fit must leave as it is given: who the head is, how it is turned, how it is seen."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FitError
from ..rig.camera import Camera
from ..rig.face_rig import FaceRig
from .report import SCHEMA

__all__ = ["HOLDABLE", "Held", "read_held"]

HOLDABLE = ("identity", "pose", "camera")


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Values that an artist holds; None where the fit is free.

    Attributes
    ----------
    identity : (K,) standard deviations, in the order of the rig
    pose : (3,) rotation vector, radians
    camera : pixels of the drawing's own file
    """

    identity: NDArray[np.float64] | None = None
    pose: NDArray[np.float64] | None = None
    camera: Camera | None = None

    def camera_in_ink(self, scale: float) -> Camera | None:
        """Return the camera in pixels of `Sketch.ink`; `scale` is the sketch's."""
        if self.camera is None:
            return None
        return replace(
            self.camera,
            scale_px=self.camera.scale_px * scale,
            centre_px=self.camera.centre_px * scale,
        )


def read_held(path: Path, rig: FaceRig, names: Collection[str]) -> Held:
    """Take what is to be held from the `fit.json` of an earlier fit.

    Parameters
    ----------
    path : a fit.json, or the folder that it lies in
    rig : the head that will be fitted; the earlier fit must be of the same one
    names : what to take, of `HOLDABLE`

    Raises
    ------
    FitError
        If the file is none of limner's, or of another rig.
    """
    path = path / "fit.json" if path.is_dir() else path
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["schema"] != SCHEMA:
            raise ValueError(f"schema {record['schema']}")
        if "identity" in names and record["rig"] != rig.name:
            raise FitError(
                f"{path}: a fit of the head {record['rig']}, but {rig.name} is to be fitted; give "
                "a fit of the same head, or --rig"
            )
        return Held(
            identity=_identity(record["identity"], rig) if "identity" in names else None,
            pose=_array(record["pose"]["rotation_vector_rad"], 3) if "pose" in names else None,
            camera=_camera(record["camera"]) if "camera" in names else None,
        )
    except FitError:
        raise
    except OSError as error:
        raise FitError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (ValueError, KeyError, TypeError) as error:
        raise FitError(f"{path}: not a fit.json of limner's ({error})") from None


def _identity(values: dict[str, float], rig: FaceRig) -> NDArray[np.float64]:
    """Return the coefficients (K,) in the rig's order; what is not named is 0."""
    unknown = set(values) - set(rig.identity_names)
    if unknown:
        raise ValueError(f"no identity mode {sorted(unknown)[0]}")
    return _array([values.get(name, 0.0) for name in rig.identity_names], len(rig.identity_names))


def _camera(record: dict[str, Any]) -> Camera:
    width, height = map(int, record["size_px"])
    return Camera(
        float(record["scale_px_per_m"]),
        _array(record["centre_px"], 2),
        (width, height),
        float(record["inverse_distance_per_m"]),
    )


def _array(values: Any, count: int) -> NDArray[np.float64]:
    """Return `count` finite numbers."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (count,) or not np.isfinite(array).all():
        raise ValueError(f"expected {count} numbers")
    return array
