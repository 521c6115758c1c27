"""The working picture of one face: the drawing around it, always at the same size.

Fitting happens here, where the eyes are `IOD_PX` apart, so that every length in pixels means the
same in a thumbnail and in a scan.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import SketchError
from ..rig.camera import Camera
from ..rig.contours import FeatureCurve
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.sketch import Sketch
from ..snakes.lines import sample_image

__all__ = ["IOD_PX", "FaceFrame", "frame_face", "interocular_px"]

IOD_PX = 100.0
_MAX_SIDE_PX = 640
_MARGIN_IOD = 0.9


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
        return tuple(replace(curve, points=self.to_ink(curve.points)) for curve in curves)

    def feature_images(self, detection: Detection) -> NDArray[np.float32]:
        """Return (C, H, W): the probability of every label class at every frame pixel."""
        height, width = self.ink.shape
        step = 2  # the network's grid is coarser than the frame: every second pixel is enough
        columns = np.arange(0, width, step) + 0.5 * step
        rows = np.arange(0, height, step) + 0.5 * step
        grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
        coarse = self.label_probabilities(detection, grid)
        coarse = coarse.T.reshape(-1, len(rows), len(columns))
        full = np.repeat(np.repeat(coarse, step, axis=1), step, axis=2)
        return full[:, :height, :width].astype(np.float32)

    def label_probabilities(
        self, detection: Detection, points: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (N, C): the probability of every label class at (N, 2) frame pixels."""
        crop = detection.crop_from_ink
        in_grid = self.to_ink(points) @ crop[:, :2].T + crop[:, 2]
        _, height, width = detection.feature_probability.shape
        outside = (in_grid < 0.0).any(axis=1) | (in_grid > (width, height)).any(axis=1)
        values = np.stack(
            [sample_image(image, in_grid) for image in detection.feature_probability], axis=1
        )
        values[outside] = 0.0
        return values


def interocular_px(landmarks: NDArray[np.float64]) -> float:
    """Return the distance between the middles of the eyes' corners of (70, 2) landmarks.

    Seen from the side the eyes come together; the brows-to-chin height then sets the measure.
    """
    right, left = landmarks[[36, 39]].mean(axis=0), landmarks[[42, 45]].mean(axis=0)
    height = np.linalg.norm((right + left) / 2.0 - landmarks[8])
    return float(max(np.linalg.norm(left - right), 0.5 * height))


def frame_face(sketch: Sketch, detection: Detection) -> FaceFrame:
    """Cut the drawing around the detected face and bring the eyes to `IOD_PX` apart.

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
    scale = IOD_PX / iod_px
    scale = min(scale, _MAX_SIDE_PX / float((high - low).max()))
    size = np.maximum(np.round((high - low) * scale), 2).astype(int)
    picture = Image.fromarray(np.ascontiguousarray(sketch.ink, dtype=np.float32))
    resampling = Image.Resampling.BOX if scale < 1.0 else Image.Resampling.BICUBIC
    high = low + size / scale
    box = (low[0], low[1], min(high[0], width), min(high[1], height))
    cut = picture.resize((int(size[0]), int(size[1])), resampling, box=box)
    ink = np.clip(np.asarray(cut, dtype=np.float32), 0.0, 1.0)
    return FaceFrame(ink, low.astype(np.float64), scale, iod_px * scale)
