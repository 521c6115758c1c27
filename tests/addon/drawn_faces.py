"""Drawings whose truth is known: a rig's visible lines, drawn with a pen two pixels wide."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from limner.rig.camera import Camera
from limner.rig.contours import visible_lines
from limner.rig.face_rig import FaceRig, RigState, pose
from limner.rig.facs import AU_LABELS
from limner.rig.features import FEATURES, feature_of
from limner.sketch_cnn.detection import Detection
from limner.sketch_cnn.sketch import Sketch
from PIL import Image, ImageDraw

SIZE_PX = (400, 460)
GRID_PX = 64


def face_camera(rig: FaceRig, iod_px: float = 100.0) -> Camera:
    """Return a camera that shows the head in the middle of the sheet."""
    return Camera(iod_px / rig.interocular_m, np.array([200.0, 230.0]), SIZE_PX)


def draw(rig: FaceRig, state: RigState, camera: Camera) -> tuple[Sketch, np.ndarray]:
    """Draw the visible lines; return the drawing and its (H, W) label image."""
    ink, labels = Image.new("L", SIZE_PX, 0), Image.new("L", SIZE_PX, 0)
    for curve in visible_lines(rig, pose(rig, state), camera):
        label = FEATURES.index(feature_of(curve.name))
        ends = np.roll(np.arange(len(curve.points)), -1)
        for start, end in enumerate(ends):
            if not curve.is_closed and end == 0:
                continue
            if curve.visible[start] and curve.visible[end]:
                line = [*curve.points[start], *curve.points[end]]
                ImageDraw.Draw(ink).line(line, fill=255, width=2)
                ImageDraw.Draw(labels).line(line, fill=label, width=4)
    grey = 255 - np.asarray(ink)
    sketch = Sketch(ink=np.asarray(ink, dtype=np.float32) / 255.0, grey=grey, original_size=SIZE_PX)
    return sketch, np.asarray(labels)


def perfect_detection(
    rig: FaceRig,
    state: RigState,
    camera: Camera,
    labels: np.ndarray,
    aus: dict[str, float],
    noise_px: float = 1.5,
    seed: int = 0,
) -> Detection:
    """Return what a very good network would say of the drawing."""
    rng = np.random.default_rng(seed)
    vertices = pose(rig, state)
    landmarks = camera.project(rig.landmarks.interpolate(vertices, rig.triangles))
    landmarks = landmarks + rng.normal(0.0, noise_px, landmarks.shape)
    scale = 0.5  # the label grid is half as fine as the drawing
    height, width = (int(np.ceil(side * scale)) for side in labels.shape)
    maps = np.zeros((len(FEATURES), height, width), np.float32)
    rows, columns = np.nonzero(labels)
    np.add.at(maps, (labels[rows, columns], rows // 2, columns // 2), 1.0)
    maps[0] += 0.5 * (maps[1:].sum(axis=0) == 0)
    maps /= maps.sum(axis=0)
    intensity = np.array([aus.get(label, 0.0) for label in AU_LABELS])
    present = intensity >= 0.3
    count = len(AU_LABELS)
    return Detection(
        au_labels=AU_LABELS,
        probability=np.where(present, 0.97, 0.03),
        intensity=intensity,
        uncertainty=np.full(count, 0.05),
        visible=np.ones(count),
        face_box=(*landmarks.min(axis=0), *landmarks.max(axis=0)),
        face_score=0.99,
        other_faces=(),
        landmarks=landmarks,
        landmark_spread=np.full(70, noise_px),
        pose=state.rotation,
        features=FEATURES,
        feature_probability=maps,
        crop_from_ink=np.array([[scale, 0.0, 0.0], [0.0, scale, 0.0]]),
    )
