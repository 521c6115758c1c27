"""Many drawings in one run: one at a time or in several processes, to be gone on with after a stop.

Every drawing is a `Job` and ends as a `JobResult`; none can spoil another. `summary.jsonl` in the
output folder keeps one line a drawing. Whatever is complete stays when the run is stopped.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import LimnerError
from .faults import missing_library
from .outputs import FORMATS, PAGE, output_files, read_report, saying_what_is_wrong

__all__ = [
    "ENGINES",
    "SUMMARY",
    "BatchSettings",
    "Job",
    "JobResult",
    "Runner",
    "expand_folders",
    "plan_jobs",
    "run_batch",
]

_SAME_VIEW = 1e-3  # 1/metre, as fit.json rounds

SUMMARY = "summary.jsonl"
ENGINES = ("local", "ray")


@dataclass(frozen=True, slots=True)
class Job:
    """One drawing, and the name of its folder and files under the output folder."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended.

    Attributes
    ----------
    path, name : of the job
    status : "ok" or "failed"
    reason : what is wrong and what to do, one line; empty where nothing is
    seconds : that it took
    closed : share of the contour gap that the fit closed, or None
    warnings : sentences for the user
    resumed : True where an earlier run had done it
    trace : the Python traceback of an unexpected fault, for maintainers
    """

    path: str
    name: str
    status: str
    reason: str = ""
    seconds: float = 0.0
    closed: float | None = None
    warnings: tuple[str, ...] = ()
    resumed: bool = False
    trace: str = ""

    @property
    def is_ok(self) -> bool:
        """True where the files are there."""
        return self.status == "ok"

    def summary_line(self) -> str:
        """Return the line of `summary.jsonl`."""
        record = asdict(self)
        del record["trace"]
        return json.dumps(record, ensure_ascii=False)

    def to_json(self) -> str:
        """Return all of it as one line of ASCII, for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> JobResult:
        """Read what `to_json` wrote."""
        record = json.loads(text)
        return cls(**{**record, "warnings": tuple(record["warnings"])})


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """What a run makes of its drawings.

    Attributes
    ----------
    out : the folder for all results
    rig : name or path of the rig
    model_dir : folder with the network's weights, or None for limner's own
    formats : some of `outputs.FORMATS`, and "html" for a page of each drawing and of the run
    jobs : processes that work at the same time; 1 = this one
    resume : leave out what an earlier run completed
    correct_as : one of `pipeline.CORRECTIONS`
    animate : the .gif of the gap closing, for a run with one drawing
    engine : one of `ENGINES`: processes of this machine, or a Ray cluster
    like : the fit.json of an earlier fit, from which `hold` (of `held.HOLDABLE`) is taken
    strengths : region → how much of its correction it wears; those that are not named wear all
    neutral : a drawing of the same character at rest, for all drawings of the run
    distance_m : how far the artist's eye was from the head, metres; None is too far to matter
    pins : AU label → intensity in [0, 1] that every head wears
    """

    out: Path
    rig: str = "makehuman"
    model_dir: Path | None = None
    formats: tuple[str, ...] = FORMATS
    jobs: int = 1
    resume: bool = False
    correct_as: str = "expression"
    animate: Path | None = None
    engine: str = "local"
    like: Path | None = None
    hold: tuple[str, ...] = ("identity",)
    strengths: Mapping[str, float] = field(default_factory=dict)
    neutral: Path | None = None
    distance_m: float | None = None
    pins: Mapping[str, float] = field(default_factory=dict)

    @property
    def inverse_distance(self) -> float:
        """Perspective of the camera, 1/metre; 0 is orthographic."""
        return 0.0 if self.distance_m is None else 1.0 / self.distance_m

    def to_json(self) -> dict[str, Any]:
        """Return what another process needs of it."""
        model_dir = None if self.model_dir is None else str(self.model_dir)
        return {
            "out": str(self.out),
            "rig": self.rig,
            "model_dir": model_dir,
            "formats": self.formats,
            "correct_as": self.correct_as,
            "like": None if self.like is None else str(self.like.absolute()),
            "hold": self.hold,
            "strengths": dict(self.strengths),
            "neutral": None if self.neutral is None else str(self.neutral.absolute()),
            "distance_m": self.distance_m,
            "pins": dict(self.pins),
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> BatchSettings:
        """Read what `to_json` wrote."""
        model_dir = record["model_dir"]
        return cls(
            out=Path(record["out"]),
            rig=record["rig"],
            model_dir=None if model_dir is None else Path(model_dir),
            formats=tuple(record["formats"]),
            correct_as=record["correct_as"],
            like=None if record["like"] is None else Path(record["like"]),
            hold=tuple(record["hold"]),
            strengths=record["strengths"],
            neutral=None if record["neutral"] is None else Path(record["neutral"]),
            distance_m=record["distance_m"],
            pins=record["pins"],
        )


Runner = Callable[[Sequence[Job], BatchSettings], Generator[JobResult, None, None]]
"""What fits drawings and yields their results; closing it stops it."""


def expand_folders(inputs: Iterable[Path]) -> list[Path]:
    """Put the pictures in a folder in the place of the folder, by name.

    A folder without pictures stays, to be answered like any other input that holds none.
    """
    paths: list[Path] = []
    for path in inputs:
        pictures: list[Path] = []
        with suppress(OSError):  # whoever reads it will say what is wrong
            if path.is_dir():
                pictures = sorted(filter(_is_picture, path.iterdir()))
        paths += pictures or [path]
    return paths


def _is_picture(path: Path) -> bool:
    """Tell whether a file is a picture by its name, and not a hidden one."""
    from ..sketch_cnn.image import PICTURE_SUFFIXES  # Blender's start must not wait for Pillow

    is_named_so = path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")
    return is_named_so and path.is_file()


def plan_jobs(paths: Sequence[Path]) -> list[Job]:
    """Give every drawing a name of its own: the file's, with -2, -3, … where it is taken.

    Names that differ in case or in the way accents are written only count as the same, because
    some disks think so.
    """
    taken = {SUMMARY, PAGE}
    jobs = []
    for path in paths:
        stem = os.fsencode(path.stem or "sketch").decode("utf-8", "replace")
        name, number = stem, 1
        while (key := unicodedata.normalize("NFC", name).casefold()) in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(key)
        jobs.append(Job(path, name))
    return jobs


def run_batch(jobs: Sequence[Job], settings: BatchSettings) -> Generator[JobResult, None, None]:
    """Fit every job and yield its result as soon as it is there.

    Closing the iterator, or an exception such as KeyboardInterrupt, stops the run: what is complete
    stays, nothing half made is left.

    Raises
    ------
    OutputError
        The output folder or its summary cannot be written.
    """
    with saying_what_is_wrong(settings.out):
        settings.out.mkdir(parents=True, exist_ok=True)
    begin_page(settings)
    with saying_what_is_wrong(settings.out):
        summary = (settings.out / SUMMARY).open("w", encoding="utf-8")
    results: dict[str, JobResult] = {}

    def keep(result: JobResult) -> JobResult:
        results[result.name] = result
        with saying_what_is_wrong(settings.out / SUMMARY):
            summary.write(result.summary_line() + "\n")
            summary.flush()
        return result

    with summary:
        waiting = []
        for job in jobs:
            done = _completed(job, settings) if settings.resume else None
            if done is None:
                waiting.append(job)
            else:
                yield keep(done)
        with closing(_runner(settings, len(waiting))(waiting, settings)) as running:
            for result in running:
                yield keep(result)
    in_order = [results[job.name] for job in jobs]
    _sort_summary(settings.out / SUMMARY, in_order)
    end_page(settings, in_order)


def begin_page(settings: BatchSettings) -> None:
    """Make room for the run's page, where one is wanted: what is wrong there is told at once.

    Raises
    ------
    OutputError
        It will not be possible to write it.
    """
    if "html" in settings.formats:
        from .run_page import make_room

        make_room(settings.out)


def end_page(settings: BatchSettings, results: Sequence[JobResult]) -> None:
    """Write the page of a run whose drawings are done, where one is wanted.

    Raises
    ------
    OutputError
        The folder, the disk, or the rights do not allow it.
    """
    if "html" in settings.formats:
        from .run_page import write_run_page

        write_run_page(settings.out, results)


def one_line(error: BaseException) -> str:
    """Return what an error says, on one line."""
    text = " ".join(str(error).split())
    if isinstance(error, LimnerError):
        return text
    if isinstance(error, ImportError):
        return missing_library(error)
    return f"unexpected {type(error).__name__}: {text}; run it with --debug and report what it says"


def _completed(job: Job, settings: BatchSettings) -> JobResult | None:
    """Return the result of an earlier run if it has all that this one would make."""
    record = read_report(settings.out / job.name)
    if record is None or record.get("rig") not in {settings.rig, Path(settings.rig).stem}:
        return None
    correction = record.get("correction", {})
    if correction.get("as", "expression") != settings.correct_as:
        return None
    worn = {name: share for name, share in correction.get("strengths", {}).items() if share != 1.0}
    if worn != {name: share for name, share in settings.strengths.items() if share != 1.0}:
        return None
    if record.get("pinned", {}) != {au: round(value, 4) for au, value in settings.pins.items()}:
        return None
    seen_from = record.get("camera", {}).get("inverse_distance_per_m", 0.0)
    if abs(seen_from - settings.inverse_distance) > _SAME_VIEW:
        return None
    if not set(output_files(job.name, settings.formats)) <= set(record["files"]):
        return None
    try:
        drawn = _digest(job.path)
        neutral = None if settings.neutral is None else _digest(settings.neutral)
    except OSError:
        return None
    at_rest = record.get("neutral") or {}
    if record["sketch"].get("sha256") != drawn or at_rest.get("sha256") != neutral:
        return None
    return _result(job, record, resumed=True)


def _digest(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _result(job: Job, record: dict[str, Any], **more: Any) -> JobResult:
    """Return the result that a report stands for."""
    return JobResult(
        shown_path(job.path),
        job.name,
        "ok",
        closed=record["gap"]["closed"],
        warnings=tuple(record["warnings"]),
        **more,
    )


def shown_path(path: Path) -> str:
    """Return a path as text that can be written anywhere."""
    return os.fsencode(path).decode("utf-8", "replace")


def _runner(settings: BatchSettings, count: int) -> Runner:
    """Return what fits the drawings of a run."""
    if settings.engine == "ray":
        from .ray_engine import run_on_ray

        return run_on_ray
    return _run_here if settings.jobs <= 1 or count <= 1 else _run_in_processes


def _run_here(jobs: Sequence[Job], settings: BatchSettings) -> Generator[JobResult, None, None]:
    from .fit_worker import Fitter

    fitter = Fitter(settings)
    for job in jobs:
        yield fitter.run(job)


def _run_in_processes(
    jobs: Sequence[Job], settings: BatchSettings
) -> Generator[JobResult, None, None]:
    from .fit_pool import run_in_processes

    return run_in_processes(jobs, settings)


def _sort_summary(path: Path, results: Sequence[JobResult]) -> None:
    """Write the summary anew in the order of the inputs; processes finish in any order."""
    with saying_what_is_wrong(path):
        sorted_path = path.with_name(f".partial-{path.name}")
        try:
            text = "".join(result.summary_line() + "\n" for result in results)
            sorted_path.write_text(text, encoding="utf-8")
            os.replace(sorted_path, path)
        finally:
            sorted_path.unlink(missing_ok=True)
