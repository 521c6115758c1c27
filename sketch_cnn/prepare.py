"""From a labelled drawing to arrays of one size, which wait for the networks in a store."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from .crop import CROP_MARGIN, INPUT_PX, crop_matrix, landmark_box
from .labels import FEATURES
from .normalise import extract_ink
from .shards import Sample

__all__ = ["PREPARED_PX", "SHEET_PX", "PreparedFaces", "parted", "prepare", "stacked"]

PREPARED_PX = 192
SHEET_PX = 128


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFaces:
    """N drawings brought to the reader's scale once, so that augmenting is only a small warp.

    Attributes
    ----------
    ink : (N, 192, 192) uint8, 255 = ink; the reader's crop is its middle
    features : (N, 192, 192) uint8, a class drawn in each pixel, 0 on paper
    landmarks : (N, 70, 2) float32, pixels of `ink`
    lines : (N, L, 2) float32, pixels of `ink`: the points of `line_points.LINES`
    sheet : (N, 128, 128) uint8, the whole drawing, for the finder
    sheet_landmarks : (N, 70, 2) float32, pixels of `sheet`
    intensity, visible : (N, A) float32
    pose : (N, 3) float32, rotation vector, radians
    is_face : (N,) bool, False for a drawing of something else
    """

    ink: NDArray[np.uint8]
    features: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    lines: NDArray[np.float32]
    sheet: NDArray[np.uint8]
    sheet_landmarks: NDArray[np.float32]
    intensity: NDArray[np.float32]
    visible: NDArray[np.float32]
    pose: NDArray[np.float32]
    is_face: NDArray[np.bool_]


def stacked(parts: list[PreparedFaces]) -> PreparedFaces:
    """Return several as one."""
    return PreparedFaces(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(parts[0])
        )
    )


def parted(faces: PreparedFaces, count: int) -> tuple[PreparedFaces, PreparedFaces]:
    """Return the first `count` (none if negative) and the rest."""
    cut = min(max(count, 0), len(faces.ink))
    columns = [getattr(faces, field.name) for field in fields(faces)]
    return (
        PreparedFaces(*(column[:cut] for column in columns)),
        PreparedFaces(*(column[cut:] for column in columns)),
    )


def prepare(sample: Sample, rng: np.random.Generator) -> PreparedFaces:
    """Take the ink from a drawing and bring it to the scale of the reader's crop (N = 1)."""
    ink = extract_ink(sample.grey())
    height, width = ink.shape
    box = landmark_box(sample.landmarks) if sample.is_face else (0.0, 0.0, width, height)
    crop = crop_matrix(box, INPUT_PX, CROP_MARGIN)
    crop[:, 2] += (PREPARED_PX - INPUT_PX) / 2.0
    fine = warp(sample.features(), crop * 2.0, 2 * PREPARED_PX, nearest=True)
    landmarks, lines = (
        (points @ crop[:, :2].T + crop[:, 2]).astype(np.float32)[None]
        for points in (sample.landmarks, sample.lines)
    )
    sheet = cv2.resize(ink, (SHEET_PX, SHEET_PX), interpolation=cv2.INTER_AREA)
    scale = [SHEET_PX / ink.shape[1], SHEET_PX / ink.shape[0]]
    return PreparedFaces(
        ink=np.round(255.0 * warp(ink, crop, PREPARED_PX)).astype(np.uint8)[None],
        features=one_class_a_cell(fine, 2, rng)[None],
        landmarks=landmarks,
        lines=lines,
        sheet=np.round(255.0 * sheet).astype(np.uint8)[None],
        sheet_landmarks=(sample.landmarks * scale).astype(np.float32)[None],
        intensity=sample.intensity[None],
        visible=sample.visible[None],
        pose=sample.pose[None],
        is_face=np.array([sample.is_face]),
    )


def warp(
    image: NDArray, matrix: NDArray[np.float64], size_px: int, nearest: bool = False
) -> NDArray:
    """Map an image by a (2, 3) matrix of pixel coordinates whose centres lie at +0.5."""
    matrix = matrix.copy()
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if scale < 0.8 and not nearest:  # average before thinning out
        height, width = image.shape
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        matrix[:, :2] = matrix[:, :2] @ np.diag([width / size[0], height / size[1]])
    matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    flags = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    size = (size_px, size_px)
    return np.asarray(cv2.warpAffine(image, matrix, size, flags=flags, borderValue=[0.0]))


def one_class_a_cell(
    features: NDArray[np.uint8], side: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Shrink a label image by `side`: each cell keeps one of the classes drawn in it, by chance."""
    code = np.zeros(256, np.uint8)
    code[1 : len(FEATURES)] = 1 + rng.permutation(len(FEATURES) - 1).astype(np.uint8)
    rows, columns = features.shape[0] // side, features.shape[1] // side
    cells = code[features].reshape(rows, side, columns, side).max(axis=(1, 3))
    back = np.zeros(256, np.uint8)
    back[code[: len(FEATURES)]] = np.arange(len(FEATURES), dtype=np.uint8)
    return back[cells]
