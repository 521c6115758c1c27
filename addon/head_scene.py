"""A fitted head as plain arrays: all that a Blender scene shows of it, ready to cross a process.

`addon/blend.py` fills it from a `Fit`; `addon/bridge` builds it in Blender. In between it may lie
in an npz file, for a Blender that runs as another program. Core space and image space, no `bpy`.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..rig.camera import Camera
from ..rig.face_rig import PART_NAMES, FaceRig
from ..rig.head_mesh import HeadMesh
from ..rig.regions import region_weights

if TYPE_CHECKING:  # the worker in another Blender needs no more than arrays
    from .fit import Fit

__all__ = [
    "HeadScene", "head_scene", "load_head_scene", "save_head_scene", "scene_arrays", "scene_of",
]  # fmt: skip

INK_RGB = (28, 58, 120)
"""Colour of the drawn lines over the head: a pencil's blue, seen on skin and on paper."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadScene:
    """The head, its camera, and the drawing it was fitted to.

    Attributes
    ----------
    mesh : the head with its shape keys, `Sketch Fit` at full strength
    colours : (V, 3) float32, linear RGB
    iris_polar : (V, 2) float32
        Where a vertex of an eyeball lies on the flattened ball: (0, 0) is the pupil's middle,
        length 1 the rim of the iris, +x the subject's left, +y up. (9, 9) off the eyes.
    regions : (V, 5) float32, how far a vertex belongs to each of `rig.regions.REGIONS`
    strengths : (5,), how much of `Sketch Fit` each of them wears on a new head
    camera : how the drawing sees the head
    paper_png : the drawing as it looks, a PNG file's bytes; empty if there is none
    ink_png : the drawn lines alone on transparency, a PNG file's bytes; empty if there is none
    record : what `fit.json` says, as JSON
    lines : what the 3D view shows over the drawing, as JSON (`shown_lines.ShownLines`)
    is_animated : whether the weights have keyframes, from rest to the fit
    """

    mesh: HeadMesh
    colours: NDArray[np.float32]
    iris_polar: NDArray[np.float32]
    regions: NDArray[np.float32]
    strengths: tuple[float, ...]
    camera: Camera
    paper_png: bytes
    ink_png: bytes
    record: str
    lines: str = ""
    is_animated: bool = False


def head_scene(
    fit: Fit, record: dict[str, Any], with_pictures: bool = True, is_animated: bool = False
) -> HeadScene:
    """Gather what a Blender scene shows of `fit`.

    Parameters
    ----------
    record : the content of `fit.json`; it travels in the scene, so that work can go on there
    with_pictures : False leaves the drawing out, for a scene that it lies in anyway
    is_animated : see `HeadScene`
    """
    from ..rig.look import head_colours
    from .shown_lines import shown_lines

    return HeadScene(
        mesh=fit.whole_mesh(),
        colours=head_colours(fit.rig),
        iris_polar=_iris_polar(fit.rig),
        regions=region_weights(fit.rig),
        strengths=fit.strengths,
        camera=fit.camera,
        paper_png=_png(fit.sketch.grey) if with_pictures else b"",
        ink_png=_png(_ink_on_glass(fit.sketch.ink)) if with_pictures else b"",
        record=json.dumps(record, ensure_ascii=False),
        lines=shown_lines(fit).to_json(),
        is_animated=is_animated,
    )


def scene_arrays(scene: HeadScene) -> dict[str, NDArray[Any]]:
    """Return `scene` as plain arrays by name."""
    arrays: dict[str, Any] = {
        f"mesh_{item.name}": getattr(scene.mesh, item.name) for item in fields(HeadMesh)
    }
    arrays |= {
        "colours": scene.colours,
        "iris_polar": scene.iris_polar,
        "regions": scene.regions,
        "strengths": scene.strengths,
        "camera": [scene.camera.scale_px, *scene.camera.centre_px, *scene.camera.size_px,
                   scene.camera.inverse_distance],
        "paper_png": np.frombuffer(scene.paper_png, dtype=np.uint8),
        "ink_png": np.frombuffer(scene.ink_png, dtype=np.uint8),
        "record": scene.record,
        "lines": scene.lines,
        "is_animated": scene.is_animated,
    }  # fmt: skip
    return {name: np.asarray(values) for name, values in arrays.items()}


def scene_of(arrays: Mapping[str, NDArray[Any]]) -> HeadScene:
    """Return the scene that `scene_arrays` took apart."""
    mesh: dict[str, Any] = {item.name: arrays[f"mesh_{item.name}"] for item in fields(HeadMesh)}
    mesh["target_names"] = tuple(map(str, mesh["target_names"]))
    scale_px, x, y, width, height, inverse_distance = map(float, arrays["camera"])
    return HeadScene(
        mesh=HeadMesh(**mesh),
        colours=arrays["colours"],
        iris_polar=arrays["iris_polar"],
        regions=arrays["regions"],
        strengths=tuple(arrays["strengths"].tolist()),
        camera=Camera(scale_px, np.array([x, y]), (int(width), int(height)), inverse_distance),
        paper_png=arrays["paper_png"].tobytes(),
        ink_png=arrays["ink_png"].tobytes(),
        record=str(arrays["record"]),
        lines=str(arrays["lines"]),
        is_animated=bool(arrays["is_animated"]),
    )


def save_head_scene(scene: HeadScene, path: Path | BinaryIO) -> None:
    """Write `scene` as an npz of plain arrays, readable without pickle."""
    np.savez(path, **scene_arrays(scene))


def load_head_scene(path: Path | BinaryIO) -> HeadScene:
    """Read what `save_head_scene` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return scene_of(arrays)


@lru_cache(maxsize=8)
def _iris_polar(rig: FaceRig) -> NDArray[np.float32]:
    """Flatten the eyeballs of the neutral head; see `HeadScene.iris_polar`."""
    from ..rig.raster import eye_pose

    polar = np.full((len(rig.neutral), 2), 9.0, dtype=np.float32)
    for side in "LR":
        eye = eye_pose(rig.neutral, rig, side)
        if eye is None:
            continue
        rows = np.flatnonzero(rig.vertex_part == PART_NAMES.index(f"eye_{side}"))
        away = rig.neutral[rows] - eye.centre
        away /= np.linalg.norm(away, axis=1, keepdims=True)
        across = np.cross([0.0, 1.0, 0.0], eye.axis)
        across /= np.linalg.norm(across)
        flat = np.stack([away @ across, away @ np.cross(eye.axis, across)], axis=1)
        angle = np.arccos(np.clip(away @ eye.axis, -1.0, 1.0))[:, None]
        length = np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
        polar[rows] = flat / length * angle / eye.iris_angle
    return polar


def _ink_on_glass(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return (H, W, 4): the drawn lines in one colour, as opaque as they are dark."""
    picture = np.empty((*ink.shape, 4), dtype=np.uint8)
    picture[..., :3] = INK_RGB
    picture[..., 3] = np.clip(np.rint(ink * 255.0), 0, 255)
    return picture


def _png(picture: NDArray[np.uint8]) -> bytes:
    """Encode a grey or RGBA picture; fast rather than small, Blender packs it as it is."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
