"""Several drawings of one head: fitted together, one head comes out, with a face for each drawing.

Each drawing is read and framed on its own; then who the head is, is found from all of them, and
camera, pose and expression from each. What the head still lacks is corrected drawing by drawing.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import LimnerError
from ..rig.face_rig import RigState
from ..rig.fit_together import fit_together
from ..rig.gltf import write_glb
from ..rig.head_mesh import head_mesh
from ..rig.look import head_look
from ..rig.placing import place_head
from ..sketch_cnn.detection import Detection
from ..sketch_cnn.image import read_sketch
from ..sketch_cnn.sketch import Sketch
from .batch import (
    BatchSettings,
    Job,
    JobResult,
    begin_page,
    end_page,
    one_line,
    shown_path,
)
from .drawn_face import read_face
from .fit import Fit
from .fit_parts import FitParts
from .outputs import saying_what_is_wrong, write_fit, write_whole
from .pins import with_pins
from .pipeline import Session

__all__ = ["FOLDER", "fit_drawings_together", "run_together"]

FOLDER = "together"
SCHEMA = "limner.together/1"


def fit_drawings_together(
    session: Session, drawings: Sequence[tuple[Sketch, Detection]], names: Sequence[str]
) -> list[Fit]:
    """Fit one head to several drawings.

    Parameters
    ----------
    drawings : each with what was read of it; `Session.detect`
    names : of the drawings, for `Fit.shared_with`

    Returns
    -------
    One fit a drawing; the identity of all is the same

    Raises
    ------
    SketchError
        If a face is smaller than a pixel.
    """
    rig, settings = session.rig, session.settings
    pins = settings.pins
    faces = [
        read_face(
            rig, sketch, with_pins(detection, pins), settings.inverse_distance, pins.keys(),
            settings.held,
        )
        for sketch, detection in drawings
    ]  # fmt: skip
    found = fit_together(rig, [face.evidence for face in faces], settings.parametric)
    fits = []
    for row, (face, one) in enumerate(zip(faces, found, strict=True)):
        start = place_head(rig, face.evidence)
        stages = session.see_stages(face, start, one)
        corrected = session.corrector.correct(face, one, stages, settings.crawl)
        fit = FitParts(face, start, one, stages, corrected).as_fit(rig)
        others = tuple(name for number, name in enumerate(names) if number != row)
        if settings.correct_as == "identity":
            fit = replace(fit, baked=session.baker.bake(one.state.identity, fit.correction))
        fits.append(replace(fit, shared_with=others, at_rest=settings.at_rest, pinned=dict(pins)))
    return fits


def run_together(jobs: Sequence[Job], settings: BatchSettings) -> Generator[JobResult, None, None]:
    """Fit all jobs as drawings of one person and write a folder for each, and one for all.

    A drawing that cannot be read is told and left out; the others are fitted without it.

    Raises
    ------
    OutputError
        The output folder cannot be written.
    """
    from .fit_worker import open_session, worn_by_region

    started = time.perf_counter()
    with saying_what_is_wrong(settings.out):
        settings.out.mkdir(parents=True, exist_ok=True)
    begin_page(settings)
    session = open_session(settings)
    read: list[tuple[Job, Sketch, Detection]] = []
    results: dict[str, JobResult] = {}
    for job in jobs:
        try:
            sketch = read_sketch(job.path)
            read.append((job, sketch, session.detect(sketch)))
        except LimnerError as error:
            reason = one_line(error)
            results[job.name] = JobResult(shown_path(job.path), job.name, "failed", reason)
            yield results[job.name]
    if not read:
        end_page(settings, list(results.values()))
        return
    names = [job.name for job, _, _ in read]
    fits = [
        worn_by_region(fit, settings)
        for fit in fit_drawings_together(session, [(one, seen) for _, one, seen in read], names)
    ]
    for (job, _, _), fit in zip(read, fits, strict=True):
        write_fit(fit, settings.out / job.name, settings.formats, session.detector.info)
    _write_person(session, names, fits, settings.out / FOLDER)
    seconds = round((time.perf_counter() - started) / len(read), 3)
    for (job, _, _), fit in zip(read, fits, strict=True):
        closed = round(fit.gap.closed, 4) if np.isfinite(fit.gap.closed) else None
        path = shown_path(job.path)
        results[job.name] = JobResult(path, job.name, "ok", "", seconds, closed, fit.warnings)
        yield results[job.name]
    end_page(settings, [results[job.name] for job in jobs])


def _write_person(
    session: Session, names: Sequence[str], fits: Sequence[Fit], folder: Path
) -> None:
    """Write who the head is: at rest as .glb, and in figures."""
    rig, identity = session.rig, fits[0].state.identity
    at_rest = RigState(np.zeros(len(rig.shape_names)), identity, np.zeros(3))
    mesh = head_mesh(rig, at_rest, np.zeros(rig.neutral.shape))
    named = zip(rig.identity_names, identity.tolist(), strict=True)
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "rig": rig.name,
        "identity": {name: round(value, 4) for name, value in named if round(value, 4)},
        "outcome": fits[0].outcome,
        "drawings": [
            {"name": name, "gap": round(fit.gap.snakes, 5), "closed": round(fit.gap.closed, 4)}
            for name, fit in zip(names, fits, strict=True)
        ],
    }
    with saying_what_is_wrong(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_glb(mesh, folder / f"{FOLDER}.glb", look=head_look(rig))
    text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    write_whole(folder / f"{FOLDER}.json", text)
