"""From a labelled sheet to what a network sees, with all the accidents of real drawings.

Geometry is one affine map, applied to ink, label image and landmarks alike. What happens to ink
afterwards (thicker, thinner, blurred, faded, crossed out, cut away) leaves the labels true.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .crop import CROP_MARGIN, crop_matrix, landmark_box
from .labels import FEATURES, MIRRORED_AUS, MIRRORED_LANDMARKS
from .normalise import extract_ink
from .shards import Sample

__all__ = ["GRID_PX", "INPUT_PX", "PreparedFace", "find_item", "prepare", "read_item"]

INPUT_PX = 128
GRID_PX = 64
FINDER_CELLS = 16
PREPARED_PX = 192
SHEET_PX = 128
SPOILED_SHARE = 0.5
_MIRROR_AUS = np.array(MIRRORED_AUS)
_MIRROR_LANDMARKS = np.array(MIRRORED_LANDMARKS)


def jitter_matrix(
    rng: np.random.Generator, size_px: int, turn: float, zoom: float, shift: float
) -> NDArray[np.float64]:
    """Return a random (3, 3) map of the square crop onto itself."""
    angle = rng.normal(0.0, turn)
    scale = np.exp(rng.normal(0.0, zoom)) * np.exp(rng.normal(0.0, 0.5 * zoom, 2) * [1, -1])
    middle = size_px / 2.0
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turned @ np.diag(scale)
    result = np.eye(3)
    result[:2, :2] = linear
    result[:2, 2] = middle - linear @ [middle, middle] + rng.normal(0.0, shift * size_px, 2)
    return result


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
    return cv2.warpAffine(image, matrix, (size_px, size_px), flags=flags, borderValue=0)


def spoil_ink(ink: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the ink (H, W) as another pen, paper, scanner or camera would have left it."""
    if rng.random() < 0.25:
        kernel = np.ones((2, 2) if rng.random() < 0.7 else (3, 3), np.uint8)
        ink = cv2.dilate(ink, kernel)
    elif rng.random() < 0.15:
        thin = cv2.erode(ink, np.ones((2, 2), np.uint8))
        ink = np.maximum(thin, rng.uniform(0.2, 0.8) * ink)
    if rng.random() < 0.3:
        ink = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.4, 1.3))
        ink = ink * rng.uniform(1.0, 1.5)
    if rng.random() < 0.25:
        ink = _clutter(ink, rng)
    if rng.random() < 0.15:
        ink = _shade(ink, rng)
    if rng.random() < 0.12:
        ink = _erase(ink, rng)
    ink = np.clip(ink, 0.0, 1.0) ** np.exp(rng.normal(0.0, 0.3))
    if rng.random() < 0.3:
        ink = ink * rng.uniform(0.5, 1.0)
    if rng.random() < 0.4:
        ink = ink + rng.normal(0.0, rng.uniform(0.01, 0.08), ink.shape).astype(np.float32)
    if rng.random() < 0.1:
        ink = (ink > rng.uniform(0.3, 0.6)).astype(np.float32)
    return np.clip(ink, 0.0, 1.0).astype(np.float32)


def _clutter(ink: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw some stray lines over the ink."""
    ink, size = ink.copy(), ink.shape[0]
    for _ in range(rng.integers(1, 5)):
        start = rng.uniform(0, size, 2)
        bends = np.cumsum(rng.normal(0.0, size / 12.0, (rng.integers(2, 7), 2)), axis=0)
        path = np.round(np.vstack([start, start + bends]) * 16).astype(np.int32)
        dark = float(rng.uniform(0.3, 1.0))
        cv2.polylines(ink, [path], False, dark, int(rng.integers(1, 3)), cv2.LINE_AA, 4)
    return ink


def _shade(ink: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Hatch or tone a part of the picture."""
    size = ink.shape[0]
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    middle, reach = rng.uniform(0, size, 2), rng.uniform(0.1, 0.5) * size
    where = np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / reach**2)
    angle, period = rng.uniform(0, np.pi), rng.uniform(2.5, 7.0)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2.0 * np.pi / period))
    tone = np.clip(wave * 2.0 - 0.5, 0.0, 1.0) if rng.random() < 0.7 else 0.4
    return np.maximum(ink, where * tone * rng.uniform(0.3, 0.9))


def _erase(ink: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Wipe a small part away."""
    size, ink = ink.shape[0], ink.copy()
    width, height = rng.integers(size // 16, size // 6, 2)
    left, top = rng.integers(0, size - width), rng.integers(0, size - height)
    ink[top : top + height, left : left + width] *= rng.uniform(0.0, 0.3)
    return ink


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFace:
    """A sample brought to the reader's scale once, so that augmenting it is only a small warp.

    Attributes
    ----------
    ink : (192, 192) uint8, 255 = ink; the crop is its middle
    features : (192, 192) uint8, a class drawn in each pixel
    landmarks : (70, 2) float32, pixels of `ink`
    sheet : (128, 128) uint8, the whole drawing, for the finder; `sheet_landmarks` in its pixels
    sample : where all came from
    """

    ink: NDArray[np.uint8]
    features: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    sheet: NDArray[np.uint8]
    sheet_landmarks: NDArray[np.float32]
    sample: Sample


def prepare(sample: Sample, rng: np.random.Generator) -> PreparedFace:
    """Decode a sample, extract its ink, and bring it to the scale of the reader's crop."""
    ink = extract_ink(sample.grey().astype(np.float32) / 255.0)
    box = landmark_box(sample.landmarks) if sample.is_face else (0.0, 0.0, *ink.shape[::-1])
    crop = crop_matrix(box, INPUT_PX, CROP_MARGIN)
    crop[:, 2] += (PREPARED_PX - INPUT_PX) / 2.0
    fine = warp(sample.features(), crop * 2.0, 2 * PREPARED_PX, nearest=True)
    landmarks = sample.landmarks @ crop[:, :2].T + crop[:, 2]
    sheet = cv2.resize(ink, (SHEET_PX, SHEET_PX), interpolation=cv2.INTER_AREA)
    scale = [SHEET_PX / ink.shape[1], SHEET_PX / ink.shape[0]]
    return PreparedFace(
        ink=np.round(255.0 * warp(ink, crop, PREPARED_PX)).astype(np.uint8),
        features=_one_class_a_cell(fine, 2, rng),
        landmarks=landmarks.astype(np.float32),
        sheet=np.round(255.0 * sheet).astype(np.uint8),
        sheet_landmarks=(sample.landmarks * scale).astype(np.float32),
        sample=sample.without_pictures(),
    )


def _one_class_a_cell(
    features: NDArray[np.uint8], side: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Shrink a label image by `side`: each cell keeps one of the classes drawn in it, by chance."""
    code = np.zeros(256, np.uint8)
    code[1 : len(FEATURES)] = 1 + rng.permutation(len(FEATURES) - 1)
    rows, columns = features.shape[0] // side, features.shape[1] // side
    cells = code[features].reshape(rows, side, columns, side).max(axis=(1, 3))
    back = np.zeros(256, np.uint8)
    back[code[: len(FEATURES)]] = np.arange(len(FEATURES))
    return back[cells]


def read_item(
    face: PreparedFace, rng: np.random.Generator, is_training: bool
) -> dict[str, NDArray]:
    """Return what the reader sees of a sample, and the truth about it.

    Returns
    -------
    ink (1, 128, 128) float32; intensity, visible (A,); landmarks (70, 2) crop pixels; pose (3,);
    features (64, 64) int64, -1 on paper
    """
    landmarks, pose = face.landmarks.astype(np.float64), face.sample.pose.copy()
    shift = -(PREPARED_PX - INPUT_PX) / 2.0
    crop = np.array([[1.0, 0.0, shift], [0.0, 1.0, shift], [0.0, 0.0, 1.0]])
    flip = is_training and rng.random() < 0.5
    if is_training:
        turn = jitter_matrix(rng, INPUT_PX, turn=0.12, zoom=0.09, shift=0.035)
        roll = float(np.arctan2(turn[1, 0], turn[0, 0]))
        pose[2] -= roll  # image y runs down: a turn in the picture is a roll the other way
        crop = turn @ crop
    if flip:
        crop = np.array([[-1.0, 0.0, INPUT_PX], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]) @ crop
        landmarks, pose = landmarks[_MIRROR_LANDMARKS], pose * [1.0, -1.0, -1.0]
    order = _MIRROR_AUS if flip else slice(None)
    ink = warp(face.ink, crop[:2], INPUT_PX).astype(np.float32) / 255.0
    if is_training and rng.random() < SPOILED_SHARE:
        ink = spoil_ink(ink, rng)
    features = warp(face.features, crop[:2], INPUT_PX, nearest=True)
    grid = _one_class_a_cell(features, INPUT_PX // GRID_PX, rng).astype(np.int64)
    return {
        "ink": ink[None],
        "intensity": face.sample.intensity[order],
        "visible": face.sample.visible[order],
        "landmarks": (landmarks @ crop[:2, :2].T + crop[:2, 2]).astype(np.float32),
        "pose": pose.astype(np.float32),
        "features": np.where(grid == 0, -1, grid),
    }


def find_item(
    faces: list[PreparedFace], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return a sheet with the drawings of `faces` on it, for the finder.

    Returns
    -------
    ink : (1, 128, 128)
    heat : (16, 16), 1 in the cell of each face's middle
    box : (4, 16, 16): offset x, y within the cell, log of width and height over 64 pixels
    """
    sheet = np.zeros((INPUT_PX, INPUT_PX), np.float32)
    heat = np.zeros((FINDER_CELLS, FINDER_CELLS), np.float32)
    box = np.zeros((4, FINDER_CELLS, FINDER_CELLS), np.float32)
    halves = [(0.0, 0.5), (0.5, 1.0)] if len(faces) == 2 else [(0.0, 1.0)]
    for face, (low, high) in zip(faces, halves, strict=True):
        share = rng.uniform(0.35, 1.35) if len(faces) == 1 else rng.uniform(0.35, 0.6)
        scale = share * INPUT_PX / SHEET_PX
        jitter = jitter_matrix(rng, INPUT_PX, turn=0.15, zoom=0.06, shift=0.01)
        span = (high - low) * INPUT_PX - share * INPUT_PX
        left = low * INPUT_PX + rng.uniform(min(span, 0.0), max(span, 0.0))
        rest = (1.0 - share) * INPUT_PX
        top = rng.uniform(min(rest, 0.0), max(rest, 0.0))
        place = jitter @ np.array([[scale, 0.0, left], [0.0, scale, top], [0.0, 0.0, 1.0]])
        if rng.random() < 0.5:
            flip = np.array([[-1.0, 0.0, SHEET_PX], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
            place = place @ flip
        ink = warp(face.sheet, place[:2], INPUT_PX).astype(np.float32) / 255.0
        sheet = np.maximum(sheet, ink)
        if face.sample.is_face:
            landmarks = face.sheet_landmarks.astype(np.float64)
            _mark(heat, box, landmarks @ place[:2, :2].T + place[:2, 2])
    return spoil_ink(sheet, rng)[None], heat, box


def _mark(heat: NDArray[np.float32], box: NDArray[np.float32], landmarks: NDArray) -> None:
    """Write one face into the finder's maps."""
    x0, y0, x1, y1 = landmark_box(landmarks)
    cell = np.array([x0 + x1, y0 + y1]) / 2.0 * (FINDER_CELLS / INPUT_PX)
    column, row = np.floor(cell).astype(int)
    if not (0 <= column < FINDER_CELLS and 0 <= row < FINDER_CELLS):
        return
    reach = max(0.12 * max(x1 - x0, y1 - y0) * FINDER_CELLS / INPUT_PX, 0.6)
    y, x = np.mgrid[0:FINDER_CELLS, 0:FINDER_CELLS]
    spot = np.exp(-0.5 * ((x - column) ** 2 + (y - row) ** 2) / reach**2)
    np.maximum(heat, spot.astype(np.float32), out=heat)
    heat[row, column] = 1.0
    size = np.log(np.maximum([x1 - x0, y1 - y0], 1.0) / 64.0)
    box[:, row, column] = [cell[0] - column, cell[1] - row, *size]
