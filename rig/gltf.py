"""Write a head as one binary glTF 2.0 file.

One mesh with a primitive a part, all of them with the same morph targets in the same order, so that
`mesh.weights` and `extras.targetNames` hold for the whole head. Positions are relative to the rig's
pivot and the node turns about it: what a viewer shows is `HeadMesh.posed`.

References
----------
Khronos Group, glTF 2.0 specification, §3.6.2.3 (sparse accessors) and §3.7.2.2 (morph targets).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .eyeball import EyePose, fit_sphere
from .face_rig import PART_NAMES
from .head_mesh import HeadMesh
from .look import PART_COLOURS, HeadLook
from .normals import unit, vertex_normals
from .png import png_bytes
from .shading import paint_eye

__all__ = ["glb_bytes", "write_glb"]

_FLOAT, _USHORT, _UINT = 5126, 5123, 5125
_KINDS = {np.dtype("f4"): _FLOAT, np.dtype("u2"): _USHORT, np.dtype("u4"): _UINT}
_SHAPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
_ARRAY, _ELEMENTS = 34962, 34963
_SPARSE_BELOW = 0.8  # of the vertices moving: above that a full list is smaller
_STILL_M = 1e-8
_TEXTURE_PX = 256
_IRIS_RADIUS_M = 0.0059

# part → material name, roughness
_MATERIALS = {
    "skin": ("skin", 0.55),
    "eye_L": ("eye", 0.12),
    "eye_R": ("eye", 0.12),
    "teeth_upper": ("teeth", 0.3),
    "teeth_lower": ("teeth", 0.3),
    "tongue": ("tongue", 0.4),
    "lashes": ("lashes", 0.8),
}
_GLOW = {"teeth": 0.3}
"""How much of their colour parts shine with by themselves: the dark mouth would make them grey."""


@dataclass(slots=True)
class _File:
    """A glTF file in the making: its JSON lists and its one buffer."""

    binary: bytearray = field(default_factory=bytearray)
    views: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)

    def view(self, data: bytes, target: int | None = None) -> int:
        """Append bytes, aligned to 4, and return their buffer view."""
        self.binary += b"\0" * (-len(self.binary) % 4)
        view = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        self.binary += data
        self.views.append(view)
        return len(self.views) - 1

    def accessor(self, values: NDArray, target: int | None, **more: Any) -> int:
        """Append an array (N,) or (N, D) and return its accessor."""
        entry = _entry(values, **more)
        entry["bufferView"] = self.view(np.ascontiguousarray(values).tobytes(), target)
        self.accessors.append(entry)
        return len(self.accessors) - 1

    def displacement(self, values: NDArray[np.float32]) -> int:
        """Append a morph target's (N, 3) displacement, sparse where that is smaller."""
        rows = np.flatnonzero(np.abs(values).max(axis=1) > _STILL_M)
        if len(rows) >= _SPARSE_BELOW * len(values):
            return self.accessor(values, _ARRAY, **_bounds(values))
        kept = np.zeros_like(values)
        kept[rows] = values[rows]
        entry = _entry(values, **_bounds(kept))
        if len(rows):
            index = rows.astype("u2" if len(values) <= 65535 else "u4")
            entry["sparse"] = {
                "count": len(rows),
                "indices": {
                    "bufferView": self.view(index.tobytes()),
                    "componentType": _KINDS[index.dtype],
                },
                "values": {"bufferView": self.view(values[rows].astype("f4").tobytes())},
            }
        self.accessors.append(entry)
        return len(self.accessors) - 1


def glb_bytes(mesh: HeadMesh, *, look: HeadLook | None = None, name: str = "limner head") -> bytes:
    """Return a head as the bytes of a .glb.

    Parameters
    ----------
    look : `look.head_look(rig)`; without it every part has its plain colour and the eyes look ahead
    name : of the node and the mesh
    """
    file = _File()
    positions = (mesh.positions - mesh.pivot).astype(np.float32)
    normals = vertex_normals(mesh.positions, mesh.triangles).astype(np.float32)
    parts = [index for index in range(len(PART_NAMES)) if (mesh.vertex_part == index).any()]
    materials, textures = _materials(file, mesh, parts, look)
    order = {entry["name"]: row for row, entry in enumerate(materials)}
    primitives = []
    for part in parts:
        primitive = _primitive(file, mesh, part, positions, normals, look)
        if primitive is not None:
            primitive["material"] = order[_MATERIALS[PART_NAMES[part]][0]]
            primitives.append(primitive)
    document = {
        "asset": {"version": "2.0", "generator": "limner"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": name, "mesh": 0, "rotation": _quaternion(mesh.rotation)}],
        "meshes": [
            {
                "name": name,
                "primitives": primitives,
                "weights": [float(weight) for weight in mesh.weights],
                "extras": {"targetNames": list(mesh.target_names)},
            }
        ],
        "materials": materials,
        **textures,
        "accessors": file.accessors,
        "bufferViews": file.views,
    }
    return _pack(document, file.binary)


def write_glb(
    mesh: HeadMesh,
    path_or_file: Path | str | BinaryIO,
    *,
    look: HeadLook | None = None,
    name: str = "limner head",
) -> None:
    """Write a head to a .glb file or an open binary file; see `glb_bytes`."""
    data = glb_bytes(mesh, look=look, name=name)
    if isinstance(path_or_file, (str, Path)):
        Path(path_or_file).write_bytes(data)
    else:
        path_or_file.write(data)


def _entry(values: NDArray, **more: Any) -> dict[str, Any]:
    """Describe an array as an accessor that lies nowhere yet."""
    width = 1 if values.ndim == 1 else values.shape[1]
    kind = _KINDS[values.dtype]
    return {"componentType": kind, "count": len(values), "type": _SHAPES[width], **more}


def _bounds(values: NDArray[np.float32]) -> dict[str, list[float]]:
    """Return the least and the greatest value of each column, as stored."""
    return {
        "min": [float(value) for value in values.min(axis=0)],
        "max": [float(value) for value in values.max(axis=0)],
    }


def _primitive(
    file: _File,
    mesh: HeadMesh,
    part: int,
    positions: NDArray[np.float32],
    normals: NDArray[np.float32],
    look: HeadLook | None,
) -> dict[str, Any] | None:
    """Write one part: its own vertices in the mesh's order, its triangles, its share of targets."""
    triangles = mesh.triangles[mesh.vertex_part[mesh.triangles[:, 0]] == part]
    rows = np.unique(triangles)
    if len(rows) == 0:
        return None
    local = np.searchsorted(rows, triangles.ravel())
    index = local.astype("u2" if len(rows) <= 65535 else "u4")
    attributes = {
        "POSITION": file.accessor(positions[rows], _ARRAY, **_bounds(positions[rows])),
        "NORMAL": file.accessor(_safe_normals(normals[rows]), _ARRAY),
    }
    side = {"eye_L": 0, "eye_R": 1}.get(PART_NAMES[part])
    if side is not None:
        eye = _eye(mesh, part, look, side)
        attributes["TEXCOORD_0"] = file.accessor(_eye_uv(mesh.positions[rows], eye), _ARRAY)
    elif look is not None:
        colours = np.ones((len(rows), 4))
        colours[:, :3] = look.with_brows()[rows]
        shorts = np.round(np.clip(colours, 0.0, 1.0) * 65535.0).astype("u2")
        attributes["COLOR_0"] = file.accessor(shorts, _ARRAY, normalized=True)
    return {
        "attributes": attributes,
        "indices": file.accessor(index, _ELEMENTS),
        "targets": [
            {"POSITION": file.displacement(target[rows].astype(np.float32))}
            for target in mesh.targets
        ],
    }


def _safe_normals(normals: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return unit normals; +Z where a vertex has none."""
    lost = (normals**2).sum(axis=1) < 0.5
    return np.where(lost[:, None], np.array([0, 0, 1], np.float32), normals).astype(np.float32)


def _materials(
    file: _File, mesh: HeadMesh, parts: list[int], look: HeadLook | None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the materials in use, and the texture entries of the eyes."""
    materials: dict[str, dict[str, Any]] = {}
    textures: dict[str, Any] = {}
    for part in parts:
        name, roughness = _MATERIALS[PART_NAMES[part]]
        surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": roughness}
        if name == "eye":
            if not textures:
                eye = _eye(mesh, part, look, 0 if PART_NAMES[part] == "eye_L" else 1)
                image = {"bufferView": file.view(_eye_texture(eye)), "mimeType": "image/png"}
                textures = {
                    "images": [{"name": "eye", **image}],
                    "samplers": [{"magFilter": 9729, "minFilter": 9987}],
                    "textures": [{"source": 0, "sampler": 0}],
                }
            surface["baseColorTexture"] = {"index": 0}
        elif look is None:
            surface["baseColorFactor"] = [*PART_COLOURS[PART_NAMES[part]], 1.0]
        materials[name] = {
            "name": name,
            "pbrMetallicRoughness": surface,
            "doubleSided": name in ("skin", "lashes"),
        }
        if name in _GLOW:
            glow = _GLOW[name] * np.array(PART_COLOURS[PART_NAMES[part]])
            materials[name]["emissiveFactor"] = glow.round(4).tolist()
    return list(materials.values()), textures


def _eye(mesh: HeadMesh, part: int, look: HeadLook | None, side: int) -> EyePose:
    """Return where an eye of the base mesh is and looks."""
    centre, radius = fit_sphere(mesh.positions[mesh.vertex_part == part])
    rest = look.eyes[side] if look is not None else None
    if rest is not None:
        return EyePose(centre, radius, rest.axis, rest.iris_angle)
    angle = float(np.arcsin(min(_IRIS_RADIUS_M / radius, 0.9)))
    return EyePose(centre, radius, np.array([0.0, 0.0, 1.0]), angle)


def _eye_uv(points: NDArray[np.float32], eye: EyePose) -> NDArray[np.float32]:
    """Return texture coordinates: the angle from the axis is the distance from the middle."""
    direction = unit(points - eye.centre)
    side = unit(np.cross([0.0, 1.0, 0.0], eye.axis)[None])[0]
    up = np.cross(eye.axis, side)
    angle = np.arccos(np.clip(direction @ eye.axis, -1.0, 1.0))
    flat = unit(np.stack([direction @ side, -(direction @ up), np.zeros(len(points))], axis=1))
    return (0.5 + 0.5 * (angle / np.pi)[:, None] * flat[:, :2]).astype(np.float32)


def _eye_texture(eye: EyePose) -> bytes:
    """Paint the eyeball into a square, as `_eye_uv` unrolls it."""
    at = (np.arange(_TEXTURE_PX) + 0.5) / _TEXTURE_PX * 2.0 - 1.0
    u, v = np.meshgrid(at, at)
    distance = np.hypot(u, v)
    angle = np.minimum(distance, 1.0) * np.pi
    spread = np.sin(angle) / np.maximum(distance, 1e-9)
    direction = np.stack([u * spread, -v * spread, np.cos(angle)], axis=-1).reshape(-1, 3)
    ahead = EyePose(np.zeros(3), 1.0, np.array([0.0, 0.0, 1.0]), eye.iris_angle)
    white = np.tile(np.array(PART_COLOURS["eye_L"], np.float32), (len(direction), 1))
    colour, _ = paint_eye(direction.astype(np.float32), ahead, white)
    colour = np.clip(colour, 0.0, 1.0)
    encoded = np.where(colour <= 0.0031308, 12.92 * colour, 1.055 * colour ** (1 / 2.4) - 0.055)
    pixels = np.round(255.0 * encoded).astype(np.uint8)
    return png_bytes(pixels.reshape(_TEXTURE_PX, _TEXTURE_PX, 3))


def _quaternion(rotation: NDArray[np.float64]) -> list[float]:
    """Return a rotation vector as (x, y, z, w)."""
    angle = float(np.linalg.norm(rotation))
    factor = 0.5 if angle < 1e-9 else np.sin(angle / 2.0) / angle
    return [*(float(factor * value) for value in rotation), float(np.cos(angle / 2.0))]


def _pack(document: dict[str, Any], binary: bytearray) -> bytes:
    """Join the JSON and the buffer into a .glb container."""
    binary += b"\0" * (-len(binary) % 4)
    document["buffers"] = [{"byteLength": len(binary)}]
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    header = struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(binary))
    return b"".join(
        [
            header,
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(binary), b"BIN\0"),
            bytes(binary),
        ]
    )
