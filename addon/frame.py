"""The working picture of one face: the drawing around it, always at the same size.

Fitting happens here, where the eyes are `IOD_PX` apart, so that every length in pixels means the
same in a thumbnail and in a scan.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import SketchError
from ..rig.camera import Camera
from ..rig.contours import FeatureCurve
from ..sketch_cnn.crop import interocular_px
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.sketch import Sketch
from ..snakes.lines import Corners

__all__ = ["IOD_PX", "FaceFrame", "frame_face", "rescaled"]

IOD_PX = 100.0
_MAX_SIDE_PX = 640
_MARGIN_IOD = 0.9
_LEAST_MARGIN_IOD = 0.25
_RESIZED = 1.25


@dataclass(frozen=True, slots=True, eq=False)
class FaceFrame:
    """The drawing around a face, resampled.

    Attributes
    ----------
    ink : (H, W) float32 in [0, 1], frame pixels
    origin : (2,) float64, `Sketch.ink` pixels of the frame's top left corner
    scale : frame pixels per `Sketch.ink` pixel
    iod_px : interocular distance in the frame, pixels
    """

    ink: NDArray[np.float32]
    origin: NDArray[np.float64]
    scale: float
    iod_px: float

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.ink.shape[1], self.ink.shape[0]

    def from_ink(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map (N, 2) `Sketch.ink` pixels into the frame."""
        return (points - self.origin) * self.scale

    def to_ink(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map (N, 2) frame pixels back to `Sketch.ink`."""
        return points / self.scale + self.origin

    def camera_to_ink(self, camera: Camera, size_px: tuple[int, int]) -> Camera:
        """Turn a camera of the frame into one of the whole drawing."""
        centre = self.to_ink(camera.centre_px[None])[0]
        return replace(
            camera, scale_px=camera.scale_px / self.scale, centre_px=centre, size_px=size_px
        )

    def curves_to_ink(self, curves: Iterable[FeatureCurve]) -> tuple[FeatureCurve, ...]:
        """Turn curves in frame pixels into curves in `Sketch.ink` pixels."""
        curves = tuple(curves)
        if not curves:
            return ()
        points = self.to_ink(np.concatenate([curve.points for curve in curves]))
        stops = np.cumsum([0, *(len(curve.points) for curve in curves)]).tolist()
        return tuple(
            curve.at(points[start:stop])
            for curve, (start, stop) in zip(curves, pairwise(stops), strict=True)
        )

    def camera_from_ink(self, camera: Camera) -> Camera:
        """Turn a camera of the whole drawing into one of the frame."""
        centre = self.from_ink(camera.centre_px[None])[0]
        return replace(
            camera, scale_px=camera.scale_px * self.scale, centre_px=centre, size_px=self.size_px
        )

    def again(self, sketch: Sketch, iod_px: float) -> FaceFrame:
        """Cut the same frame out of another drawing of the same size; `iod_px` in frame pixels."""
        ink = _cut(sketch, self.origin, self.size_px, self.scale)
        return replace(self, ink=ink, iod_px=iod_px)

    def holds(self, sketch: Sketch, landmarks: NDArray[np.float64]) -> bool:
        """Tell whether a face that moved or grew is still well inside, at about the same size."""
        size = np.array(self.size_px) / self.scale
        least = _LEAST_MARGIN_IOD * self.iod_px / self.scale
        paper = np.array(sketch.ink.shape[::-1])
        # a frame that ends where the paper does has nothing beyond
        low = np.where(self.origin < 1.0, -np.inf, self.origin + least)
        high = np.where(self.origin + size > paper - 1.0, np.inf, self.origin + size - least)
        grown = interocular_px(landmarks) * self.scale / self.iod_px
        is_inside = bool((landmarks >= low).all() and (landmarks <= high).all())
        return is_inside and 1.0 / _RESIZED < grown < _RESIZED

    def label_probabilities(
        self, detection: Detection, points: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (N, C): the probability of every label class at (N, 2) frame pixels."""
        crop = detection.crop_from_ink
        in_grid = self.to_ink(points) @ crop[:, :2].T + crop[:, 2]
        _, height, width = detection.feature_probability.shape
        outside = (in_grid < 0.0).any(axis=1) | (in_grid > (width, height)).any(axis=1)
        values = _sampled_classes(detection.feature_probability, in_grid)
        values[outside] = 0.0
        return values


def _sampled_classes(maps: NDArray[np.float32], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read maps (C, H, W) at points (N, 2), bilinearly, edges going on outwards: (N, C).

    As `snakes.lines.sample_image`, but all classes of a pixel at once, as they lie side by side.
    """
    rows = np.ascontiguousarray(maps.reshape(len(maps), -1).T)
    at = Corners.around(points, maps.shape[1:])
    x, y, total = at.x, at.y, np.zeros((len(points), len(maps)))
    for step, share in (
        (0, (1.0 - x) * (1.0 - y)),
        (at.right, x * (1.0 - y)),
        (at.below, (1.0 - x) * y),
        (at.below + at.right, x * y),
    ):
        total += rows.take(at.start + step, axis=0) * share[:, None]
    return total


def frame_face(sketch: Sketch, detection: Detection, eyes_apart_px: float = IOD_PX) -> FaceFrame:
    """Cut the drawing around the detected face and bring the eyes so many pixels apart.

    They come less far apart where the frame would be larger than a fit's ever is.

    Raises
    ------
    SketchError
        If the eyes and the chin fall into one pixel.
    """
    iod_px = interocular_px(detection.landmarks)
    if not iod_px > 1.0:
        raise SketchError("the face found in it is smaller than a pixel; give a larger drawing")
    low = detection.landmarks.min(axis=0) - _MARGIN_IOD * iod_px
    high = detection.landmarks.max(axis=0) + _MARGIN_IOD * iod_px
    height, width = sketch.ink.shape
    low = np.clip(np.floor(low), 0, (width - 2, height - 2))
    high = np.clip(np.ceil(high), low + 2, (width, height))
    scale = min(eyes_apart_px / iod_px, _MAX_SIDE_PX / float((high - low).max()))
    across, down = map(int, np.maximum(np.round((high - low) * scale), 2))
    ink = _cut(sketch, low, (across, down), scale)
    return FaceFrame(ink, low.astype(np.float64), scale, iod_px * scale)


def rescaled(frame: FaceFrame, sketch: Sketch, eyes_apart_px: float) -> FaceFrame:
    """Return the same part of the drawing with the eyes so many pixels apart."""
    factor = eyes_apart_px / frame.iod_px
    across, down = (max(round(side * factor), 2) for side in frame.size_px)
    scale = frame.scale * factor
    ink = _cut(sketch, frame.origin, (across, down), scale)
    return FaceFrame(ink, frame.origin, scale, eyes_apart_px)


def _cut(
    sketch: Sketch,
    low: NDArray[np.float64],
    size_px: tuple[int, int],
    scale: float,
) -> NDArray[np.float32]:
    """Cut a rectangle that begins at `low` (2,) out of the drawing, resampled to `size_px`."""
    picture = Image.fromarray(np.ascontiguousarray(sketch.ink, dtype=np.float32))
    resampling = Image.Resampling.BOX if scale < 1.0 else Image.Resampling.BICUBIC
    high = np.minimum(low + np.array(size_px) / scale, sketch.ink.shape[::-1])
    box = (low[0], low[1], high[0], high[1])
    cut = picture.resize(size_px, resampling, box=box)
    return np.clip(np.asarray(cut, dtype=np.float32), 0.0, 1.0)
