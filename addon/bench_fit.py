"""How well fits do on drawings whose truth is known: the gap, and the error of the surface.

Two truths are measured against: the head *as drawn*, with the hand's errors of proportion, and the
head *as posed*, which was put before the hand. Fits see the drawing only; where a hand errs they
should follow it. The gap has a floor: the lines of the head as drawn leave one, too, because ink is
wide, a hand trembles and the network gives some of it to the wrong feature.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import DatasetError, SketchError
from ..rig.contours import FeatureCurve, visible_lines
from ..rig.face_rig import FaceRig, RigState, rotation_matrix, unposed
from ..sketch_cnn.image import sketch_from_grey
from ..sketch_cnn.labels import label_of
from ..synthetic_data.sample import Maker, make_sample
from ..synthetic_data.text import json_text
from ..synthetic_data.truth import GroupShares, TrueHeads, true_heads
from .bench_soundness import soundness_figures
from .fit import WORSE_IOD, Fit
from .gap import measure_gap
from .pipeline import Session
from .report import fit_report
from .surface_error import REGIONS, SurfaceError, Yardstick

__all__ = [
    "STAGES",
    "FitScores",
    "bench_fits",
    "drawn_samples",
    "lines_of_truth",
    "shard_samples",
]

STAGES = ("placed", "parametric", "snakes")
CLEAN_STYLES = ("brush", "fineliner", "lineart_solid", "marker", "vector")
"""Hands that draw each contour once, with a sure line: no searching, hatching, tone or wobble."""
TURNED_DEG = 35.0
"""Heads seen from farther round have half of their lines hidden."""
TRUTHS = ("drawn", "posed")
_PARTS = ("mean", "p95", "in_plane", "depth")


@dataclass(slots=True, eq=False)
class FitScores:
    """What was measured, one entry a drawing.

    Attributes
    ----------
    seconds : of each fit; gaps : (placed, parametric, snakes), IOD; closed : 1 - snakes / placed
    features : the same gaps of every feature of every drawing
    of_truth : (gap of the lines of the head as drawn, IOD; the share that they close)
    told : errors of fits that were told the true AUs, against the head as drawn
    errors : truth → of each drawing the errors in the three stages
    refused : drawings in which no face was found
    styles : name of each drawing's hand; angles_deg : how far the head looks past the viewer
    records : what `fit.json` would say of each fit
    """

    seconds: list[float] = field(default_factory=list)
    gaps: list[tuple[float, float, float]] = field(default_factory=list)
    closed: list[float] = field(default_factory=list)
    features: list[tuple[float, float, float]] = field(default_factory=list)
    of_truth: list[tuple[float, float]] = field(default_factory=list)
    told: list[SurfaceError] = field(default_factory=list)
    errors: dict[str, list[tuple[SurfaceError, ...]]] = field(
        default_factory=lambda: {truth: [] for truth in TRUTHS}
    )
    refused: int = 0
    styles: list[str] = field(default_factory=list)
    angles_deg: list[float] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Return all figures by name; means and shares over the drawings that were fitted."""
        found: dict[str, float] = {"drawings": len(self.gaps), "refused": self.refused}
        if not self.gaps:
            return found
        found["median_s"] = float(np.median(self.seconds))
        found["p95_s"] = float(np.quantile(self.seconds, 0.95))
        for stage, value in zip(STAGES, np.mean(self.gaps, axis=0), strict=True):
            found[f"gap_{stage}"] = float(value)
        found["gap_closed_mean"] = float(np.mean(self.closed))
        found["gap_closed_median"] = float(np.median(self.closed))
        found |= self._shares() | self._kinds() | soundness_figures(self.records)
        for truth, errors in self.errors.items():
            if not errors:
                continue
            for part in _PARTS:
                values = np.array([[getattr(error, part) for error in row] for row in errors])
                for stage, value in zip(STAGES, values.mean(axis=0), strict=True):
                    found[f"{truth}_{part}_{stage}"] = float(value)
            placed, parametric, snakes = np.array([[e.mean for e in row] for row in errors]).T
            found[f"{truth}_parametric_nearer_share"] = float((parametric < placed).mean())
            found[f"{truth}_snakes_nearer_share"] = float((snakes < parametric).mean())
            both = (parametric < placed) & (snakes < parametric)
            found[f"{truth}_falls_each_stage_share"] = float(both.mean())
        if self.told:
            found["drawn_mean_snakes_told"] = float(np.mean([error.mean for error in self.told]))
        return found | self._regions()

    def _shares(self) -> dict[str, float]:
        """Return how often gaps got smaller, and what the true lines leave."""
        found = {}
        _, parametric, snakes = np.array(self.gaps).T
        found["worse_than_parametric_share"] = float((snakes > parametric + WORSE_IOD).mean())
        if self.features:
            placed, _, snakes = np.array(self.features).T
            found["features_nearer_share"] = float((snakes < placed).mean())
        if self.of_truth:
            gap, closed = np.mean(self.of_truth, axis=0)
            found |= {"gap_of_truth": float(gap), "gap_closed_by_truth_mean": float(closed)}
        return found

    def _kinds(self) -> dict[str, float]:
        """Return how much of the gap is closed of clean hands' drawings, and by the view."""
        closed = np.array(self.closed)
        kinds = {
            "clean": np.isin(self.styles, CLEAN_STYLES),
            "within_35_deg": np.array(self.angles_deg) <= TURNED_DEG,
        }
        found: dict[str, float] = {}
        for name, mine in kinds.items():
            found[f"drawings_{name}"] = float(mine.sum())
            if mine.any():
                found[f"gap_closed_mean_{name}"] = float(closed[mine].mean())
        return found

    def _regions(self) -> dict[str, float]:
        """Return the mean errors by region, against the head as drawn."""
        found = {}
        for region in REGIONS:
            for row, stage in enumerate(STAGES):
                values = [
                    errors[row].regions[region]
                    for errors in self.errors["drawn"]
                    if region in errors[row].regions
                ]
                if values:
                    found[f"drawn_{region}_{stage}"] = float(np.mean(values))
        return found


def bench_fits(
    session: Session,
    samples: Iterator[tuple[NDArray[np.uint8], dict[str, Any]]],
    on_drawing: Callable[[int], None] | None = None,
) -> FitScores:
    """Fit the session's head to drawings and measure each fit.

    Drawings of another head are measured by their gap and the surface's soundness alone.

    Parameters
    ----------
    samples : grey drawings (H, W) with what their JSON says
    on_drawing : called with the number of drawings done
    """
    yardstick, shares, scores = Yardstick.of(session.rig), GroupShares.of(session.rig), FitScores()
    for number, (picture, about) in enumerate(samples, start=1):
        sketch = sketch_from_grey(picture)
        started = time.perf_counter()
        try:
            fit = session.fit(sketch)
        except SketchError:
            scores.refused += 1
            continue
        scores.seconds.append(time.perf_counter() - started)
        scores.gaps.append((fit.gap.placed, fit.gap.parametric, fit.gap.snakes))
        scores.closed.append(fit.gap.closed)
        scores.features += fit.gap.curves.values()
        scores.styles.append(about["style"])
        scores.angles_deg.append(_turned_deg(about))
        scores.records.append(fit_report(fit))
        if on_drawing is not None:
            on_drawing(number)
        if about["rig"] != session.rig.name:  # of another head nobody knows what belongs where
            continue
        truth = true_heads(about, shares)
        if fit.gap.placed > 0.0:
            gap = _gap_of_truth(fit, truth)
            scores.of_truth.append((gap, 1.0 - gap / fit.gap.placed))
        for name, errors in _errors(fit, truth, yardstick).items():
            scores.errors[name].append(errors)
        told = session.fit(sketch, detection=fit.detection, pins=_true_aus(about))
        scores.told.append(_errors(told, truth, yardstick)["drawn"][-1])
    return scores


def _turned_deg(about: dict[str, Any]) -> float:
    """Return the angle between where a drawn head looks and the viewer."""
    ahead = rotation_matrix(np.array(about["pose"], dtype=np.float64))[2, 2]
    return float(np.degrees(np.arccos(np.clip(ahead, -1.0, 1.0))))


def _true_aus(about: dict[str, Any]) -> dict[str, float]:
    """Return AU label → intensity of all that can be seen in a drawing."""
    return {label_of(au): au["intensity"] for au in about["aus"] if au["visible"]}


def _gap_of_truth(fit: Fit, truth: TrueHeads) -> float:
    """Return the gap that the lines of the head as drawn leave to the ink that a fit is held to."""
    lines = lines_of_truth(fit.rig, truth, fit.sketch.scale)
    return measure_gap(fit.drawn, fit.placed, fit.parametric, lines, fit.iod_px).snakes


def lines_of_truth(rig: FaceRig, truth: TrueHeads, scale: float) -> list[FeatureCurve]:
    """Return the visible lines of the head as drawn; `scale`: pixels of the ink per pixel."""
    seen = truth.camera
    camera = replace(seen, scale_px=seen.scale_px * scale, centre_px=seen.centre_px * scale)
    return visible_lines(rig, truth.turned(truth.drawn, rig), camera)


def _errors(
    fit: Fit, truth: TrueHeads, yardstick: Yardstick
) -> dict[str, tuple[SurfaceError, ...]]:
    """Return the errors of a fit in the three stages, against both truths."""
    neutral = unposed(fit.rig, RigState.neutral(fit.rig))
    parametric = unposed(fit.rig, fit.state)
    stages = (neutral, parametric, parametric + fit.correction)
    return {
        name: tuple(yardstick.measure(stage, shape, truth.state.rotation) for stage in stages)
        for name, shape in (("drawn", truth.drawn), ("posed", truth.shape))
    }


def drawn_samples(maker: Maker, count: int) -> Iterator[tuple[NDArray[np.uint8], dict[str, Any]]]:
    """Draw `count` faces that nobody has seen, with what their JSON would say."""
    index = 0
    while count:
        drawing, about = make_sample(maker, index)
        index += 1
        if about["is_face"]:
            count -= 1
            yield drawing.picture, json.loads(json_text(about))


def shard_samples(
    folder: Path, rig: str, count: int
) -> Iterator[tuple[NDArray[np.uint8], dict[str, Any]]]:
    """Read the first `count` faces of some rig from the shards of a data set.

    Parameters
    ----------
    folder : with shards, or one shard

    Raises
    ------
    DatasetError
        If there is no shard, one is damaged, or none shows the rig.
    """
    shards = [folder] if folder.is_file() else sorted(folder.glob("*.tar"))
    if not shards:
        raise DatasetError(
            f"{folder}: no .tar shards; make a data set with limner dataset generate"
        )
    left = count
    for shard in shards:
        for picture, about in _shard_faces(shard, rig):
            if not left:
                return
            left -= 1
            yield picture, about
    if left == count:
        raise DatasetError(f"{folder}: no drawing of the rig {rig}; give one that has some")


def _shard_faces(shard: Path, rig: str) -> Iterator[tuple[NDArray[np.uint8], dict[str, Any]]]:
    """Read the faces of a rig from one shard."""
    pictures: dict[str, bytes] = {}
    try:
        with tarfile.open(shard) as archive:
            for member in archive:
                key, _, kind = member.name.partition(".")
                content = archive.extractfile(member) if kind in ("png", "json") else None
                if content is None:
                    continue
                if kind == "png":
                    pictures[key] = content.read()
                    continue
                about = json.loads(content.read())
                if about["is_face"] and about["rig"] == rig:
                    grey = Image.open(io.BytesIO(pictures.pop(key))).convert("L")
                    yield np.asarray(grey), about
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise DatasetError(f"{shard}: damaged shard ({error}); make the data set again") from None
