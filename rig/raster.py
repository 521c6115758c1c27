"""A shaded picture of a posed head, by numpy alone.

Visibility is found at twice the size; the shading runs once a pixel where its four samples lie on
one smooth surface, and for each sample elsewhere.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .camera import Camera
from .eyeball import eye_pose
from .face_rig import PART_NAMES, FaceRig
from .hairs import draw_hairs
from .look import CAVITY_COLOUR, HeadLook, head_look
from .normals import unit, vertex_normals
from .shading import encode_srgb, eye_glint, paint_eye, shade, shade_of_crowding
from .zbuffer import PixelBuffer, rasterise

__all__ = ["render_head"]

_SAMPLES = 2
_LASHES = PART_NAMES.index("lashes")
_EYES = (PART_NAMES.index("eye_L"), PART_NAMES.index("eye_R"))
_STEP_M = 0.002  # samples of one pixel farther apart than this in depth lie on two surfaces


@dataclass(frozen=True, slots=True, eq=False)
class _Surface:
    """The head cut finer and bent to its normals, with everything that shading interpolates."""

    points: NDArray[np.float64]
    normals: NDArray[np.float32]
    paint: NDArray[np.float32]  # colour (3), gloss, opacity
    triangles: NDArray[np.int32]
    part: NDArray[np.uint8]  # (F,)


def render_head(
    vertices: NDArray[np.floating],
    rig: FaceRig,
    camera: Camera,
    size: tuple[int, int] | None = None,
    look: HeadLook | None = None,
) -> NDArray[np.uint8]:
    """Render a posed head.

    Parameters
    ----------
    vertices : (V, 3) metres, as `face_rig.pose` gives them
    camera : how the head is seen
    size : (width, height) of the picture; another size than the camera's scales the view with it
    look : `look.head_look(rig)`, worked out here if it is not given (some 50 ms)

    Returns
    -------
    (H, W, 4) uint8, sRGB with straight alpha
    """
    look = look or head_look(rig)
    width, height = size or camera.size_px
    factor = width / camera.size_px[0]
    view = Camera(
        camera.scale_px * factor,
        camera.centre_px * factor,
        (width, height),
        camera.inverse_distance,
    )
    surface = _refined(vertices, rig, look)
    image = view.project(surface.points) * _SAMPLES
    near = view.nearness(surface.points)
    fine = (width * _SAMPLES, height * _SAMPLES)
    buffer = rasterise(image, near, surface.triangles, fine)
    colour, alpha = _resolve(buffer, surface, image, vertices, rig)
    depth = _depth(buffer, view)
    covered = np.isfinite(depth)
    colour *= shade_of_crowding(np.where(covered, depth, 0.0), covered, view.scale_px)
    draw_hairs(colour, depth, vertices, rig, view)
    rgba = np.empty((height, width, 4), dtype=np.uint8)
    rgba[..., :3] = encode_srgb(colour)
    rgba[..., 3] = np.round(255.0 * np.clip(alpha, 0.0, 1.0))
    return rgba


def _refined(vertices: NDArray[np.floating], rig: FaceRig, look: HeadLook) -> _Surface:
    """Cut every triangle into four and lift the new vertices (Boubekeur & Alexa 2008)."""
    normals = vertex_normals(vertices, rig.triangles)
    part = rig.vertex_part[rig.triangles[:, 0]]
    triangles = rig.triangles[part != _LASHES]
    part = part[part != _LASHES]
    count = len(vertices)
    sides = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1).astype(np.int64)
    keys, inverse = np.unique(sides[:, 0] * count + sides[:, 1], return_inverse=True)
    a, b = keys // count, keys % count
    middle = 0.5 * (vertices[a] + vertices[b])
    lift = np.zeros_like(middle)
    for end in (a, b):
        height = ((vertices[end] - middle) * normals[end]).sum(axis=1)
        lift += 0.5 * height[:, None] * normals[end]
    points = np.concatenate([vertices, middle + 0.75 * lift])
    paint = np.column_stack([look.colours, look.gloss, look.opacity])
    ab, bc, ca = inverse.reshape(-1, 3).T + count
    a, b, c = triangles.T
    finer = [np.stack(t, 1) for t in ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca))]
    ends = keys // count, keys % count
    return _Surface(
        points=points,
        normals=np.concatenate([normals, unit(normals[ends[0]] + normals[ends[1]])]).astype("f4"),
        paint=np.concatenate([paint, 0.5 * (paint[ends[0]] + paint[ends[1]])]).astype("f4"),
        triangles=np.concatenate(finer).astype(np.int32),
        part=np.tile(part, 4),
    )


def _resolve(
    buffer: PixelBuffer,
    surface: _Surface,
    image: NDArray[np.float64],
    vertices: NDArray[np.floating],
    rig: FaceRig,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Shade what each pixel sees and average: (H, W, 3) linear RGB, (H, W) alpha."""
    high, wide = buffer.triangle.shape
    height, width = high // _SAMPLES, wide // _SAMPLES
    place, weight = _samples(buffer, surface)
    owner = buffer.triangle.ravel()[place]
    row, column = np.divmod(place, wide)
    lit, opacity = _lit(owner, column + 0.5, row + 0.5, surface, image, vertices, rig)
    opacity *= weight
    pixel = (row // _SAMPLES) * width + column // _SAMPLES
    alpha = np.bincount(pixel, opacity, minlength=height * width)
    colour = np.empty((height * width, 3), dtype=np.float32)
    for channel in range(3):
        total = np.bincount(pixel, lit[:, channel] * opacity, minlength=height * width)
        colour[:, channel] = total / np.maximum(alpha, 1e-6)
    return colour.reshape(height, width, 3), alpha.reshape(height, width).astype(np.float32)


def _samples(
    buffer: PixelBuffer, surface: _Surface
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Choose the samples to shade and their weights: one a pixel where one will do."""
    wide = buffer.triangle.shape[1]
    part = np.append(surface.part, 255)[buffer.triangle]
    first = part[::2, ::2]
    simple = (first == PART_NAMES.index("skin")) | (first == PART_NAMES.index("tongue"))
    low = top = buffer.nearness[::2, ::2]
    for dy, dx in ((0, 1), (1, 0), (1, 1)):
        simple &= part[dy::2, dx::2] == first
        low = np.minimum(low, buffer.nearness[dy::2, dx::2])
        top = np.maximum(top, buffer.nearness[dy::2, dx::2])
    with np.errstate(invalid="ignore"):
        simple &= top - low < _STEP_M
    spread = np.repeat(np.repeat(~simple, 2, axis=0), 2, axis=1)
    spread[::2, ::2] = True
    place = np.flatnonzero(spread & (buffer.triangle >= 0))
    row, column = np.divmod(place, wide)
    weight = np.where(simple[row // 2, column // 2], 1.0, 1.0 / _SAMPLES**2)
    return place, weight.astype(np.float32)


def _lit(
    owner: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    surface: _Surface,
    image: NDArray[np.float64],
    vertices: NDArray[np.floating],
    rig: FaceRig,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Interpolate and light samples: (N, 3) linear RGB, (N,) opacity."""
    corners = surface.triangles[owner]
    u, v, area = _barycentric(surface.triangles, image, owner, x, y)
    w = 1.0 - u - v
    mixed = surface.normals[corners[:, 0]] * w[:, None]
    mixed += surface.normals[corners[:, 1]] * u[:, None]
    mixed += surface.normals[corners[:, 2]] * v[:, None]
    paint = surface.paint[corners[:, 0]] * w[:, None]
    paint += surface.paint[corners[:, 1]] * u[:, None]
    paint += surface.paint[corners[:, 2]] * v[:, None]
    normal = mixed / np.maximum(np.sqrt((mixed**2).sum(axis=1, keepdims=True)), 1e-9)
    colour, gloss, opacity = paint[:, :3], paint[:, 3], paint[:, 4]
    back = area[owner] > 0.0  # image y runs down: what faces the eye turns the other way round
    normal[back] *= -1.0
    colour[back] = CAVITY_COLOUR  # the inside of the head, through the mouth or the neck
    gloss[back] = 0.0
    part = surface.part[owner]
    glint = np.zeros(len(owner), dtype=np.float32)
    for side, index in zip("LR", _EYES, strict=True):
        rows = np.flatnonzero((part == index) & ~back)
        eye = eye_pose(vertices, rig, side) if len(rows) else None
        if eye is None:
            continue
        shares = np.stack([w[rows], u[rows], v[rows]], axis=1)
        at = np.einsum("nc,ncd->nd", shares, surface.points[corners[rows]]).astype(np.float32)
        colour[rows], normal[rows] = paint_eye(at, eye, colour[rows])
        gloss[rows] = 0.0
        glint[rows] = eye_glint(normal[rows])
    lit = shade(normal, colour, gloss)
    lit += glint[:, None]
    return lit, opacity


def _barycentric(
    triangles: NDArray[np.int32],
    image: NDArray[np.float64],
    owner: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """Return the samples' weights of the second and third corner, and (F,) signed areas."""
    a, b, c = (image[triangles[:, k]] for k in range(3))
    ab, ac = b - a, c - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        rows = np.column_stack([ac / area[:, None], ab / area[:, None], a])[owner]
    dx, dy = x - rows[:, 4], y - rows[:, 5]
    u = rows[:, 1] * dx - rows[:, 0] * dy
    v = rows[:, 2] * dy - rows[:, 3] * dx
    return u.astype(np.float32), v.astype(np.float32), area


def _depth(buffer: PixelBuffer, camera: Camera) -> NDArray[np.float32]:
    """Return (H, W) metres towards the eye, the mean of a pixel's samples; -inf where none hits.

    The nearest sample would leave the far side of an edge unshaded, in a row of bright dots.
    """
    height, width = buffer.nearness.shape
    hit = buffer.triangle >= 0
    near = np.where(hit, buffer.nearness, 0.0).reshape(height // 2, 2, width // 2, 2)
    count = hit.reshape(height // 2, 2, width // 2, 2).sum(axis=(1, 3))
    mean = near.sum(axis=(1, 3)) / np.maximum(count, 1)
    if not camera.is_orthographic:
        mean = (1.0 - 1.0 / np.where(count > 0, mean, 1.0)) / camera.inverse_distance
    return np.where(count > 0, mean, -np.inf).astype(np.float32)
