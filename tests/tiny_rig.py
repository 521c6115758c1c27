"""A face rig of a few hundred vertices, made from formulas: fast, and known in every number.

The head is an ellipsoid with two spherical eyes. Every blendshape is a smooth bump of skin that
moves in one direction, so left and right, up and down are plain to see.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from limner.rig.arkit import RIG_SHAPE_NAMES, mirror_name
from limner.rig.camera import Camera
from limner.rig.contours import FeatureCurve
from limner.rig.face_rig import FaceRig, RigState, SurfaceCurve, SurfacePoints, pose
from limner.rig.facs import AU_LABELS
from limner.rig.features import FEATURES

RADII_M = np.array([0.075, 0.105, 0.09])
EYES_M = np.array([[0.032, 0.03, 0.078], [-0.032, 0.03, 0.078]])
EYE_RADIUS_M = 0.012

# where a shape's bump sits on the left half of the face (x, y) and where it goes (x, y, z), metres
BUMPS = {
    "brow": ((0.03, 0.055), (0.0, 0.008, 0.0)),
    "cheek": ((0.045, -0.01), (0.0, 0.006, 0.004)),
    "eye": ((0.032, 0.035), (0.0, -0.007, 0.002)),
    "jaw": ((0.0, -0.08), (0.0, -0.02, 0.0)),
    "mouth": ((0.025, -0.05), (0.008, 0.008, -0.002)),
    "nose": ((0.012, 0.0), (0.0, 0.004, 0.002)),
    "tongue": ((0.0, -0.05), (0.0, 0.0, 0.02)),
}
AU_TABLE = {
    "AU1L": {"browInnerUpLeft": 1.0},
    "AU1R": {"browInnerUpRight": 1.0},
    "AU4L": {"browDownLeft": 1.0},
    "AU4R": {"browDownRight": 1.0},
    "AU12L": {"mouthSmileLeft": 1.0},
    "AU12R": {"mouthSmileRight": 1.0},
    "AU26": {"jawOpen": 0.8},
    "AU43L": {"eyeBlinkLeft": 1.0},
    "AU43R": {"eyeBlinkRight": 1.0},
}


def ball(columns: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a unit sphere about +Y: (V, 3) vertices, (Q, 4) polygons, triangles at the poles."""
    lon = np.linspace(0.0, 2.0 * np.pi, columns, endpoint=False)
    lat = np.linspace(0.0, np.pi, rows + 1)[1:-1]
    ring = np.stack([np.sin(lon), np.zeros(columns), np.cos(lon)], axis=1)
    rings = np.sin(lat)[:, None, None] * ring + np.cos(lat)[:, None, None] * [0.0, 1.0, 0.0]
    vertices = np.concatenate([rings.reshape(-1, 3), [[0.0, 1.0, 0.0], [0.0, -1.0, 0.0]]])
    top, bottom, polygons = len(vertices) - 2, len(vertices) - 1, []
    for c in range(columns):
        n, last = (c + 1) % columns, (rows - 2) * columns
        polygons.append((top, c, n, -1))
        polygons.append((bottom, last + n, last + c, -1))
        for r in range(rows - 2):
            a, b = r * columns, (r + 1) * columns
            polygons.append((a + c, b + c, b + n, a + n))
    return vertices, np.array(polygons, dtype=np.int32)


def tiny_rig(columns: int = 24, rows: int = 16) -> FaceRig:
    """Make the rig; more columns and rows make it finer."""
    skin, polygons = ball(columns, rows)
    eye, eye_polygons = ball(12, 8)
    eye = eye[:, [0, 2, 1]] * [1.0, -1.0, 1.0]  # the eye's pole looks forward
    vertices = np.concatenate([skin * RADII_M, *(eye * EYE_RADIUS_M + at for at in EYES_M)])
    offsets = [len(skin), len(skin) + len(eye)]
    shifted = [np.where(eye_polygons >= 0, eye_polygons + offset, -1) for offset in offsets]
    polygons = np.concatenate([polygons, *shifted]).astype(np.int32)
    part = np.repeat([0, 1, 2], [len(skin), len(eye), len(eye)]).astype(np.uint8)
    left = 1.0 / (1.0 + np.exp(-vertices[:, 0] / 0.01))
    return FaceRig(
        name="tiny",
        licence="CC0-1.0",
        source="formulas",
        neutral=vertices.astype(np.float32),
        polygons=polygons,
        triangles=fans(polygons),
        vertex_part=part,
        blendshapes=np.stack([bump(name, vertices, part) for name in RIG_SHAPE_NAMES]),
        identity_names=("wide", "long"),
        identity=np.stack([vertices * [0.05, 0, 0], vertices * [0, 0.05, 0]]).astype(np.float32),
        au_table=AU_TABLE,
        unsupported_aus=tuple(label for label in AU_LABELS if label not in AU_TABLE),
        landmarks=nearest_points(vertices, fans(polygons), landmark_layout()),
        curves={"nose_bridge": bridge(vertices, fans(polygons))},
        left=left.astype(np.float32),
        eye_centres=EYES_M.astype(np.float32),
        pivot=np.array([0.0, -0.02, -0.01], dtype=np.float32),
        contour_feature=np.full(len(vertices), FEATURES.index("jaw"), dtype=np.uint8),
    )


def bump(name: str, vertices: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return (V, 3) float32: the displacement of one shape, mirrored for the right."""
    if name.endswith("Right"):
        mirrored = bump(mirror_name(name), vertices * [-1.0, 1.0, 1.0], part)
        return mirrored * np.float32([-1.0, 1.0, 1.0])
    start = next(key for key in BUMPS if name.startswith(key))
    (x, y), direction = BUMPS[start]
    # names of one region differ in size, so that no two shapes are the same
    size = 1.0 + 0.1 * (sum(map(ord, name)) % 7)
    distance = np.hypot(vertices[:, 0] - x, vertices[:, 1] - y)
    falloff = np.exp(-((distance / 0.02) ** 2)) * (vertices[:, 2] > 0.0) * (part == 0)
    return (falloff[:, None] * np.array(direction) * size).astype(np.float32)


def fans(polygons: np.ndarray) -> np.ndarray:
    """Cut polygons into triangles, in order."""
    cut = [
        corners
        for a, b, c, d in polygons.tolist()
        for corners in ([(a, b, c)] if d < 0 else [(a, b, c), (a, c, d)])
    ]
    return np.array(cut, dtype=np.int32)


def landmark_layout() -> np.ndarray:
    """Return (70, 2) metres: about where iBUG's points lie on this head, from the front."""

    def line(x0, y0, x1, y1, count):
        return np.stack([np.linspace(x0, x1, count), np.linspace(y0, y1, count)], axis=1)

    def loop(x, y, w, h, count, start=np.pi):
        angle = start - np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
        return np.stack([x + w * np.cos(angle), y + h * np.sin(angle)], axis=1)

    jaw = np.linspace(np.pi, 2.0 * np.pi, 17)
    return np.concatenate([
        np.stack([0.07 * np.cos(jaw), 0.02 + 0.1 * np.sin(jaw)], axis=1),
        line(-0.05, 0.05, -0.015, 0.055, 5), line(0.015, 0.055, 0.05, 0.05, 5),
        line(0.0, 0.035, 0.0, 0.0, 4), line(-0.012, -0.01, 0.012, -0.01, 5),
        loop(-0.032, 0.03, 0.014, 0.007, 6), loop(0.032, 0.03, 0.014, 0.007, 6),
        loop(0.0, -0.05, 0.025, 0.012, 12), loop(0.0, -0.05, 0.018, 0.006, 8),
        [[0.032, 0.03], [-0.032, 0.03]],
    ])  # fmt: skip


def nearest_points(vertices: np.ndarray, triangles: np.ndarray, xy: np.ndarray) -> SurfacePoints:
    """Return the centres of the front triangles that lie nearest to (N, 2) points."""
    centres = vertices[triangles].mean(axis=1)
    front = np.flatnonzero(centres[:, 2] > 0.0)
    distance = np.linalg.norm(centres[front, None, :2] - xy, axis=2)
    rows = front[distance.argmin(axis=0)].astype(np.int32)
    return SurfacePoints(rows, np.full((len(xy), 3), 1.0 / 3.0, dtype=np.float32))


def bridge(vertices: np.ndarray, triangles: np.ndarray) -> SurfaceCurve:
    """Return a line down the middle of the face."""
    xy = np.stack([np.zeros(8), np.linspace(0.035, 0.0, 8)], axis=1)
    return SurfaceCurve(nearest_points(vertices, triangles, xy))


def smiling_state(rig: FaceRig) -> RigState:
    """Return a face that smiles on its left, raises its right inner brow, and looks aside."""
    weights = np.zeros(len(rig.shape_names))
    for name, weight in (("mouthSmileLeft", 0.75), ("jawOpen", 0.25), ("browInnerUpRight", 0.5)):
        weights[rig.shape_names.index(name)] = weight
    return RigState(weights, np.full(len(rig.identity_names), 0.5), np.array([0.1, 0.3, -0.05]))


def tiny_fit(rig: FaceRig, inverse_distance: float = 0.0, size_px: tuple[int, int] = (320, 400)):
    """Return a fit of `smiling_state`, with a drawing of the head's outline and a correction."""
    from limner.addon.fit import Fit, Gap
    from limner.sketch_cnn.sketch import Sketch

    state = smiling_state(rig)
    width, height = size_px
    camera = Camera(1500.0, np.array([width * 0.55, height * 0.45]), size_px, inverse_distance)
    points = camera.project(pose(rig, state))
    ink = np.zeros((height, width), dtype=np.float32)
    columns, rows = points.astype(int).T
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    ink[rows[inside], columns[inside]] = 1.0
    curve = rig.curves["nose_bridge"].points
    line = FeatureCurve(
        "nose_bridge",
        camera.project(curve.interpolate(pose(rig, state), rig.triangles)),
        np.ones(len(curve), dtype=bool),
        curve,
    )
    correction = bump("noseSneerLeft", rig.neutral.astype(np.float64), rig.vertex_part)
    return Fit(
        sketch=Sketch(ink, np.rint(255 * (1 - ink)).astype(np.uint8), original_size=size_px),
        detection=tiny_detection(camera.project(
            rig.landmarks.interpolate(pose(rig, state), rig.triangles)
        )),
        rig=rig,
        state=state,
        camera=camera,
        correction=correction.astype(np.float64),
        gap=Gap(0.08, 0.03, 0.006, {"nose_bridge": (0.08, 0.03, 0.006)}),
        placed=(line,),
        parametric=(line,),
        final=(line,),
        outcome="Converged.",
    )  # fmt: skip


def tiny_detection(landmarks: np.ndarray):
    """Return what a network would say of `smiling_state`: AU12L sure, AU1R unsure."""
    from limner.sketch_cnn.detection import Detection

    probability, intensity = np.full(len(AU_LABELS), 0.02), np.zeros(len(AU_LABELS))
    uncertainty = np.full(len(AU_LABELS), 0.05)
    for label, sure, strong, vague in (("AU12L", 0.97, 0.75, 0.04), ("AU1R", 0.6, 0.5, 0.5)):
        row = AU_LABELS.index(label)
        probability[row], intensity[row], uncertainty[row] = sure, strong, vague
    return Detection(
        au_labels=AU_LABELS,
        probability=probability,
        intensity=intensity,
        uncertainty=uncertainty,
        visible=np.ones(len(AU_LABELS)),
        face_box=(*landmarks.min(axis=0), *landmarks.max(axis=0)),
        face_score=0.99,
        other_faces=(),
        landmarks=landmarks,
        landmark_spread=np.full(70, 2.0),
        pose=np.array([0.1, 0.3, -0.05]),
        features=FEATURES,
        feature_probability=np.full((len(FEATURES), 8, 8), 1.0 / len(FEATURES), dtype=np.float32),
        crop_from_ink=np.array([[0.02, 0.0, 0.0], [0.0, 0.02, 0.0]]),
    )
