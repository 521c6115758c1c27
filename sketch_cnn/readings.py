"""What a detector answered on a whole data set, drawing by drawing, beside the truth.

Every figure of `limner evaluate` is made from this and from nothing else, so that saved answers
can be measured again, and compared drawing by drawing with those of another network.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..errors import DatasetError, SketchError, require_shape
from .cut import overlap
from .detection import Detection
from .detector import Detector
from .image import sketch_from_grey
from .labels import AU_LABELS, PRESENT, TRACE
from .shards import Sample

__all__ = ["Readings", "before_calibration", "gather_readings", "read_samples", "view_angle_deg"]

_TABLES = ("intensity", "visible", "probability", "uncalibrated", "said_intensity", "decided")
_DIGITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Truth and answers for N drawings of faces and A AU labels.

    Attributes
    ----------
    keys, identity, rig, style : N names each
    angle_deg : (N,) float64, degrees between where the face looks and the viewer
    intensity, visible : (N, A) float64 and bool, the truth
    probability, uncalibrated, said_intensity : (N, A) float64 in [0, 1]
        The detector's answers; `uncalibrated` is its mean α / (α + β). A face that was not found
        counts as said to show nothing: all of them are 0.
    decided : (N, A) bool, what the detector calls present
    found : (N,) bool, False where the detector saw no face
    landmark_error_iod, box_overlap : (N,) float64, NaN where no face was found
    no_face_drawings, false_faces : how many drawings of no face there were; faces seen in them
    """

    keys: tuple[str, ...]
    identity: tuple[str, ...]
    rig: tuple[str, ...]
    style: tuple[str, ...]
    angle_deg: NDArray[np.float64]
    intensity: NDArray[np.float64]
    visible: NDArray[np.bool_]
    probability: NDArray[np.float64]
    uncalibrated: NDArray[np.float64]
    said_intensity: NDArray[np.float64]
    decided: NDArray[np.bool_]
    found: NDArray[np.bool_]
    landmark_error_iod: NDArray[np.float64]
    box_overlap: NDArray[np.float64]
    no_face_drawings: int = 0
    false_faces: int = 0

    def __post_init__(self) -> None:
        count = len(self.keys)
        for name in _TABLES:
            require_shape(name, getattr(self, name), (count, len(AU_LABELS)), "One row a drawing.")
        for name in ("angle_deg", "found", "landmark_error_iod", "box_overlap"):
            require_shape(name, getattr(self, name), (count,), "Give one value a drawing.")

    @property
    def present(self) -> NDArray[np.bool_]:
        """(N, A): the AU is there, from FACS B on."""
        return self.intensity >= PRESENT

    @property
    def scored(self) -> NDArray[np.bool_]:
        """(N, A): presence counts here; not for traces, nor where the drawing cannot show it."""
        return self.visible & (self.present | (self.intensity < TRACE))

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """(N, A): a scored answer that is not the truth."""
        return self.scored & (self.decided != self.present)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """(N, A): how probable the detector itself holds it that its decision is right."""
        return np.where(self.decided, self.probability, 1.0 - self.probability)

    def select(self, rows: Sequence[int]) -> Readings:
        """Return the answers to some of the drawings, in this order."""
        chosen: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                chosen[field.name] = value[list(rows)]
            elif isinstance(value, tuple):
                chosen[field.name] = tuple(value[row] for row in rows)
        return replace(self, **chosen)

    @classmethod
    def joined(cls, parts: Sequence[Readings]) -> Readings:
        """Return the answers of several to drawings of their own, one after the other."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            column = [getattr(part, field.name) for part in parts]
            if isinstance(column[0], np.ndarray):
                values[field.name] = np.concatenate(column)
            else:
                values[field.name] = sum(column[1:], column[0])
        return cls(**values)

    def record(self) -> dict[str, Any]:
        """Return plain data for JSON; numbers are rounded to four digits, NaN becomes None."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Readings:
        """Return what `record` had made plain.

        Raises
        ------
        DatasetError
            If something is missing in it or of another shape.
        """
        try:
            values = {field.name: record[field.name] for field in fields(cls)}
            for name in ("keys", "identity", "rig", "style"):
                values[name] = tuple(map(str, values[name]))
            for name in ("visible", "decided", "found"):
                values[name] = np.array(values[name], dtype=bool)
            for name, value in values.items():
                if isinstance(value, list):
                    values[name] = np.array(value, dtype=np.float64)
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise DatasetError(f"the saved answers are incomplete ({error})") from None


def _plain(value: Any) -> Any:
    """Return arrays as lists, flags as 0 and 1."""
    if not isinstance(value, np.ndarray):
        return list(value) if isinstance(value, tuple) else value
    if value.dtype == bool:
        return value.astype(int).tolist()
    rounded = np.round(value.astype(np.float64), _DIGITS)
    return np.where(np.isnan(rounded), None, rounded).tolist()  # type: ignore[call-overload]


def read_samples(
    detector: Detector,
    samples: Sequence[Sample],
    on_sample: Callable[[int], None] | None = None,
    on_answer: Callable[[Sample, Detection | None], None] | None = None,
) -> Readings:
    """Let the detector read every drawing as it would read a user's, from pixels to answers.

    Parameters
    ----------
    on_sample : called with the number of drawings read so far
    on_answer : called with every drawing and what was answered, None where no face was found

    Raises
    ------
    DatasetError
        If none of the drawings shows a face.
    ModelError
        If the weights cannot be used.
    """
    faces: list[Sample] = []
    answers: list[Detection | None] = []
    strangers = false_faces = 0
    for number, sample in enumerate(samples, start=1):
        try:
            answer = detector.detect(sketch_from_grey(sample.grey()))
        except SketchError:
            answer = None
        if sample.is_face:
            faces.append(sample)
            answers.append(answer)
        else:
            strangers, false_faces = strangers + 1, false_faces + (answer is not None)
        if on_answer is not None:
            on_answer(sample, answer)
        if on_sample is not None:
            on_sample(number)
    if not faces:
        raise DatasetError("no drawing of a face in the data set; give another one")
    return gather_readings(detector, faces, answers, strangers, false_faces)


def gather_readings(
    detector: Detector,
    faces: Sequence[Sample],
    answers: Sequence[Detection | None],
    strangers: int,
    false_faces: int,
) -> Readings:
    """Bring truth and answers, None where no face was found, into tables."""
    nothing = np.zeros(len(AU_LABELS))
    probability = np.stack([nothing if a is None else a.probability for a in answers])
    pairs = list(zip(faces, answers, strict=True))
    return Readings(
        **truth_of(faces),
        probability=probability,
        uncalibrated=before_calibration(detector, probability),
        said_intensity=np.stack([nothing if a is None else a.intensity for a in answers]),
        decided=np.stack([nothing > 0 if a is None else a.present for a in answers]),
        found=np.array([answer is not None for answer in answers]),
        landmark_error_iod=np.array([_landmark_error(face, a) for face, a in pairs]),
        box_overlap=np.array([_box_overlap(face, a) for face, a in pairs]),
        no_face_drawings=strangers,
        false_faces=false_faces,
    )


def truth_of(faces: Sequence[Sample]) -> dict[str, Any]:
    """Return what `Readings` holds of the drawings themselves, by field."""
    return {
        "keys": tuple(face.key for face in faces),
        "identity": tuple(str(face.meta.get("identity_id")) for face in faces),
        "rig": tuple(str(face.meta.get("rig")) for face in faces),
        "style": tuple(str(face.meta.get("style")) for face in faces),
        "angle_deg": view_angle_deg(np.stack([face.pose for face in faces])),
        "intensity": np.stack([face.intensity for face in faces]).astype(np.float64),
        "visible": np.stack([face.visible for face in faces]) > 0.5,
    }


def view_angle_deg(pose: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the angle between where (N, 3) head poses look and the viewer, degrees."""
    ahead = Rotation.from_rotvec(np.asarray(pose, dtype=np.float64)).apply([0.0, 0.0, 1.0])
    return np.degrees(np.arccos(np.clip(ahead[:, 2], -1.0, 1.0)))


def before_calibration(detector: Detector, probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Undo slope and offset of the log odds; where nothing was said it stays 0."""
    slope, offset = np.array(detector.reader.meta["calibration"], dtype=np.float64).T
    inside = np.clip(probability, 1e-12, 1.0 - 1e-12)
    odds = (np.log(inside / (1.0 - inside)) - offset) / slope
    return np.where(probability > 0.0, 1.0 / (1.0 + np.exp(-odds)), 0.0)


def _landmark_error(face: Sample, answer: Detection | None) -> float:
    """Return the mean distance of the landmarks over that between the eyes' middles."""
    if answer is None:
        return float("nan")
    eyes = face.landmarks[[36, 39, 42, 45]]
    iod = np.linalg.norm(eyes[:2].mean(axis=0) - eyes[2:].mean(axis=0))
    off = np.linalg.norm(answer.landmarks - face.landmarks, axis=1).mean()
    return float(off / max(iod, 1e-6))


def _box_overlap(face: Sample, answer: Detection | None) -> float:
    if answer is None:
        return float("nan")
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    return overlap(answer.face_box, (*map(float, low), *map(float, high)))
