"""The detector: a drawing in, a `Detection` out; onnxruntime only.

The finder says where faces are on the sheet, the placer centres the crop on one of them, the
reader reads it, at two scales. A drawing and its mirror image are looked at the same way round
(`mirror.is_turned`), so that a mirrored drawing gives exactly the mirrored answer.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import SketchError
from .crop import crop_matrix, landmark_box
from .cut import cut_square, overlap
from .detection import Detection
from .look import Box, FoundFace, Look, mirrored_box, settled
from .mirror import is_turned
from .model_file import (
    FINDER_FILE,
    NEUTRAL_FILE,
    PLACER_FILE,
    READER_FILE,
    Network,
    open_network,
    weights_folder,
)
from .neutral import MOST_TURN_DEG, NeutralHead, turn_deg
from .sketch import Sketch
from .unseen import seen_share, with_unseen
from .views import ONE_LOOK, TWO_LOOKS, Looks, Read, mean_of_views, read_crops, widened

__all__ = ["Detector"]

_SURE, _DOUBTFUL = 0.35, 0.12
_CERTAIN = 0.5
_READER_SURE, _READER_LEAST = 0.5, 0.25
_SHARP_PX, _MUCH = 4.0, 28.0
"""What a face gives: landmarks that are sharp to so many pixels, evidence of so many answers."""
_OVERLAP = 0.3
_GIVEN_OVERLAP = 0.4
"""Of a box that the user gave: what the placer makes of it must overlap it so far."""
_PLACINGS = (ONE_LOOK, Looks((1.0,)))
"""The second placing starts where the first one ended, and sees more of the face."""
_UNSURE_BELOW = 0.72
"""Of weights that do not say: half of the errors on new people lie below (`unsure_below`)."""


class Detector:
    """Reads drawn faces. Sessions are opened once, on the first drawing.

    Parameters
    ----------
    folder : where `finder.onnx`, `placer.onnx` and `reader.onnx` lie; by default the weights that
        limner ships
    looks : how a face is looked at; `views.FOUR_LOOKS` takes half as long again, and points are
        placed 2 % nearer to where they are

    Raises
    ------
    ModelError
        On first use, if the weights cannot be used.
    """

    def __init__(self, folder: Path | str | None = None, looks: Looks = TWO_LOOKS) -> None:
        self.looks = looks
        self._folder = Path(folder) if folder is not None else weights_folder()
        self._finder: Network | None = None
        self._placer: Network | None = None
        self._reader: Network | None = None
        self._neutral: NeutralHead | None = None

    def open(self) -> None:
        """Open all networks now, to say at once where one of them cannot be used."""
        self.finder, self.placer, self.reader  # noqa: B018

    @property
    def finder(self) -> Network:
        """The network that finds faces."""
        if self._finder is None:
            self._finder = open_network(self._folder / FINDER_FILE)
        return self._finder

    @property
    def placer(self) -> Network:
        """The network that centres the crop."""
        if self._placer is None:
            self._placer = open_network(self._folder / PLACER_FILE)
        return self._placer

    @property
    def reader(self) -> Network:
        """The network that reads a face."""
        if self._reader is None:
            self._reader = open_network(self._folder / READER_FILE)
        return self._reader

    @property
    def neutral(self) -> NeutralHead:
        """The network that reads a face beside the same face at rest."""
        if self._neutral is None:
            self._neutral = NeutralHead(self._folder / NEUTRAL_FILE, self.reader)
        return self._neutral

    @property
    def takes_neutral(self) -> bool:
        """Whether there are weights for a neutral drawing."""
        return (self._folder / NEUTRAL_FILE).is_file()

    @property
    def info(self) -> dict[str, str]:
        """Name, version and hash of the weights, for reports."""
        meta = self.reader.meta
        return {
            "name": str(meta["name"]),
            "version": str(meta["version"]),
            "sha256": self.reader.sha256,
        }

    def find(self, sketch: Sketch) -> list[FoundFace]:
        """Return the faces on the sheet, the largest first."""
        height, width = sketch.ink.shape
        size = int(self.finder.meta["input_px"])
        side = float(max(height, width))
        box = ((width - side) / 2.0, (height - side) / 2.0)
        sheet = cut_square(sketch.ink, box, side, size)
        faces = self._peaks(sheet, np.array(box), side / size)
        return sorted(faces, key=lambda face: -face.area)

    def _peaks(
        self, sheet: NDArray[np.float32], origin: NDArray[np.float64], scale: float
    ) -> list[FoundFace]:
        """Return the peaks of the finder's map as boxes in ink pixels."""
        maps = self.finder.run(np.ascontiguousarray(sheet[None, None]))[0][0].astype(np.float64)
        score = 1.0 / (1.0 + np.exp(-maps[0]))
        cell = sheet.shape[0] / score.shape[0]
        found: list[FoundFace] = []
        for flat in np.argsort(score, axis=None)[::-1][:12]:
            row, column = np.unravel_index(flat, score.shape)
            if score[row, column] < _DOUBTFUL:
                break
            x, y = (column + maps[1, row, column]) * cell, (row + maps[2, row, column]) * cell
            half = 32.0 * np.exp(np.clip(maps[3:5, row, column], -3.0, 1.5))
            corners = np.array([x - half[0], y - half[1], x + half[0], y + half[1]]) * scale
            x0, y0, x1, y1 = map(float, corners + np.tile(origin, 2))
            box = settled((x0, y0, x1, y1))
            if all(overlap(box, other.box) < _OVERLAP for other in found):
                found.append(FoundFace(box, float(score[row, column])))
        return found

    def place(self, ink: NDArray[np.float32], box: Box) -> Box:
        """Return the box around the face's landmarks, given roughly where the face is."""
        for looks in _PLACINGS:
            values, matrix = self._run(self.placer, ink, box, looks)[0]
            box = settled(
                landmark_box((values["landmarks"] - matrix[:, 2]) / np.diag(matrix[:, :2]))
            )
        return box

    def read(self, ink: NDArray[np.float32], box: Box, looks: Looks | None = None) -> Read:
        """Read the face in a box, looking at it as often as is asked.

        Returns
        -------
        The means, and the affine map (2, 3) from the sheet to the crop that they are told in.
        """
        return mean_of_views(self._run(self.reader, ink, box, looks or self.looks))

    def _run(
        self, network: Network, ink: NDArray[np.float32], box: Box, looks: Looks
    ) -> list[Read]:
        """Show a network the crops around a box; return what it says of each."""
        crops, matrices = zip(
            *(self._crop(network, ink, widened(box, width)) for width in looks.widths), strict=True
        )
        told = read_crops(network, crops, looks.both_ways)
        return list(zip(told, matrices, strict=True))

    def _crop(
        self, network: Network, ink: NDArray[np.float32], box: Box
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Return what a network sees of a box, and the crop's matrix."""
        size = int(network.meta["input_px"])
        matrix = crop_matrix(box, size, float(network.meta["crop_margin"]))
        side = size / matrix[0, 0]
        crop = cut_square(
            ink, (-matrix[0, 2] / matrix[0, 0], -matrix[1, 2] / matrix[1, 1]), side, size
        )
        return crop, matrix

    def look(self, sketch: Sketch, looks: Looks | None = None) -> Look:
        """Find the largest face of a drawing and read it; `tell` makes an answer of it.

        Raises
        ------
        SketchError
            If there is no face in it.
        ModelError
            If the weights cannot be used.
        """
        if not is_turned(sketch.ink):
            return self._look(sketch, looks)
        width = sketch.ink.shape[1]
        box = None if sketch.face_box is None else mirrored_box(sketch.face_box, width)
        turned = replace(sketch, ink=sketch.ink[:, ::-1], grey=sketch.grey[:, ::-1], face_box=box)
        return self._look(turned, looks).mirrored(width, int(self.reader.meta["input_px"]))

    def _look(self, sketch: Sketch, looks: Looks | None) -> Look:
        """Find the largest face and read it, the way round that the sketch is."""
        face, others, box = self._choose(sketch)
        if box is None:
            box = self.place(sketch.ink, face.box)
            if sketch.face_box is not None and overlap(box, sketch.face_box) < _GIVEN_OVERLAP:
                box = sketch.face_box  # who drew it knows better where the face is
        return Look(*self.read(sketch.ink, box, looks), face, tuple(others))

    def follow(self, sketch: Sketch, last: Detection, rest: Look | None = None) -> Detection:
        """Read a drawing that went on, where its face was: neither sought nor placed again.

        Its mirror image is not read, so that a mirrored drawing may be answered a little otherwise.

        Parameters
        ----------
        last : what was read of the drawing before
        rest : see `detect`
        """
        face = FoundFace(last.face_box, last.face_score)
        others = tuple(FoundFace(box, 0.0) for box in last.other_faces)
        return self.tell(Look(*self.read(sketch.ink, last.face_box, ONE_LOOK), face, others), rest)

    def is_elsewhere(self, sketch: Sketch, box: Box) -> bool:
        """Tell whether the finder is sure of faces, and of none where the box is.

        A glance: who hears yes has `detect` seek the face.
        """
        sure = [face.box for face in self.find(sketch) if face.score >= _SURE]
        return bool(sure) and max(overlap(face, box) for face in sure) < _OVERLAP

    def detect(
        self, sketch: Sketch, rest: Look | None = None, looks: Looks | None = None
    ) -> Detection:
        """Find the largest face of a drawing and read it.

        Parameters
        ----------
        rest : what `look` says of a drawing of the same face at rest, by the same hand and from
            the same side
        looks : see `Detector`; by default its own

        Raises
        ------
        SketchError
            If there is no face in it.
        ModelError
            If the weights cannot be used, or have no network for a neutral drawing.
        """
        return self.tell(self.look(sketch, looks), rest)

    def tell(self, look: Look, rest: Look | None = None) -> Detection:
        """Make an answer of what was read; see `detect`."""
        values, matrix = look.values, look.matrix
        landmarks = (values["landmarks"] - matrix[:, 2]) / np.diag(matrix[:, :2])
        grid = values["features"].shape[1] / float(self.reader.meta["input_px"])
        odds = self._odds(values)
        seen = np.clip(values["visible"], 0.0, 1.0)
        probability, intensity = self._probability(odds, seen), values["intensity"]
        threshold, reference = self._thresholds(), "none"
        if rest is not None:
            reference = "turned away"
            if turn_deg(values["pose"], rest.values["pose"]) <= MOST_TURN_DEG:
                reference = "used"
                probability, intensity = self.neutral.read(odds, values, rest.values)
                threshold = self.neutral.thresholds
        evidence = values["alpha"] + values["beta"]
        return Detection(
            au_labels=tuple(self.reader.meta["au_labels"]),
            probability=probability,
            intensity=np.clip(intensity, 0.0, 1.0),
            uncertainty=1.0 - seen_share(seen) * (1.0 - 2.0 / evidence),
            visible=seen,
            face_box=landmark_box(landmarks),
            face_score=look.face.score,
            other_faces=tuple(other.box for other in look.others),
            landmarks=landmarks,
            landmark_spread=values["spread"] / matrix[0, 0],
            lines=(values["lines"] - matrix[:, 2]) / np.diag(matrix[:, :2]),
            line_spread=values["line_spread"] / matrix[0, 0],
            pose=values["pose"],
            features=tuple(self.reader.meta["features"]),
            feature_probability=values["features"].astype(np.float32),
            crop_from_ink=matrix * grid,
            threshold=threshold,
            unsure_below=float(self.reader.meta.get("unsure_below") or _UNSURE_BELOW),
            reference=reference,
            embedding=values["embedding"].astype(np.float32) if "embedding" in values else None,
            attention=_looks(values["attention"]) if "attention" in values else None,
        )

    def _odds(self, values: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return the calibrated log odds of each AU."""
        slope, offset = np.array(self.reader.meta["calibration"], dtype=np.float64).T
        odds: NDArray[np.float64] = slope * np.log(values["alpha"] / values["beta"]) + offset
        return odds

    def _probability(
        self, odds: NDArray[np.float64], visible: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        read = 1.0 / (1.0 + np.exp(-odds))
        unseen = self.reader.meta.get("unseen")
        return with_unseen(read, visible, np.array(unseen)) if unseen else read

    def _thresholds(self) -> NDArray[np.float64] | float:
        points = self.reader.meta.get("thresholds")
        return np.array(points, dtype=np.float64) if points else 0.5

    def _choose(self, sketch: Sketch) -> tuple[FoundFace, list[FoundFace], Box | None]:
        """Return the face to read, the other sure ones, and its box if it was placed on the way.

        The user's box wins; then the largest sure face. A doubtful one, or the whole sheet, counts
        only if the reader finds a face's landmarks in it.
        """
        if sketch.face_box is not None:
            return FoundFace(sketch.face_box, 1.0), [], None
        found = self.find(sketch)
        sure = [face for face in found if face.score >= _SURE]
        for face in sorted(sure, key=lambda face: -face.area * face.score):
            others = [other for other in sure if other is not face]
            if face.score >= _CERTAIN:
                return face, others, None
            # the finder alone may mistake a tangle of lines: does the reader agree?
            quality, box = self._face_quality(sketch.ink, face.box)
            if quality >= _READER_LEAST:
                return face, others, box
        height, width = sketch.ink.shape
        rows, columns = np.nonzero(sketch.ink > 0.3)
        whole = (0.0, 0.0, float(width), float(height))
        if len(rows):
            left, top, right, low = columns.min(), rows.min(), columns.max(), rows.max()
            whole = (float(left), float(top), float(right), float(low))
        for face in [*sorted(found, key=lambda face: -face.score), FoundFace(whole, 0.0)]:
            quality, box = self._face_quality(sketch.ink, face.box)
            if quality > _READER_SURE:
                return FoundFace(face.box, min(quality, _SURE)), [], box
        raise SketchError("no face found in it; give a drawing of a face, or draw it larger")

    def _face_quality(self, ink: NDArray[np.float32], box: Box) -> tuple[float, Box]:
        """Return in [0, 1] how sharply one look sees a face in a box, and the box around it."""
        box = self.place(ink, box)
        values, _ = self.read(ink, box, TWO_LOOKS)
        spread = float(np.median(values["spread"][17:68]))
        evidence = float(np.median(values["alpha"] + values["beta"]))
        sharp, sure = 1.6 - spread / _SHARP_PX, evidence / _MUCH
        return float(np.clip(sharp, 0.0, 1.0) * np.clip(sure, 0.0, 1.0)), box


def _looks(attention: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return shares of looking as a map whose most is 1."""
    return (attention / max(float(attention.max()), 1e-12)).astype(np.float32)
