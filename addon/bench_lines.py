"""Whether our lines lie where Blender's lie: Line Art draws the contours of the same heads.

Feature curves stand for contours where they run together (lids, lips), so that they count for what
Blender drew; of ours, contours alone are asked for.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..errors import DatasetError, OutputError
from ..rig.camera import Camera
from ..rig.face_rig import RigState
from ..rig.store import load_rig
from ..synthetic_data.face import DrawnFace, RigLines, project_face
from ..synthetic_data.inspection.reading import read_samples
from ..synthetic_data.maker import posed_state
from .blend import HOW_TO_GET_BLENDER, blender_command

__all__ = ["SeenHead", "agreement", "blender_lines", "check_lines"]

NEAR_PX = 2.0
TIMEOUT_S = 600.0
WORKER = Path(__file__).parent / "bridge" / "line_worker.py"


class SeenHead(Protocol):
    """A head as a camera sees it."""

    @property
    def lines(self) -> RigLines:
        """The rig."""

    @property
    def seen(self) -> DrawnFace:
        """Its lines."""

    @property
    def camera(self) -> Camera:
        """Where it is seen from."""


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """A head of a data set, posed again."""

    lines: RigLines
    seen: DrawnFace
    camera: Camera


def check_lines(folder: Path, count: int) -> dict[str, float]:
    """Pose the first heads of a data set again, and let Line Art draw them.

    Returns
    -------
    How many `heads` there were; which share of Line Art's contours, by length, lies within 2 px of
    our contours and curves (`lineart_near_ours`), and of our contours within 2 px of Line Art's
    (`ours_near_lineart`), both before the hand's errors of proportion.

    Raises
    ------
    DatasetError
        The data set is damaged or shows no face.
    OutputError
        There is no Blender, or it could not draw.
    """
    command = blender_command(WORKER)
    if command is None:
        raise OutputError(f"Line Art: {HOW_TO_GET_BLENDER.partition(', or leave')[0]}.")
    heads = list(islice(_heads(folder), count))
    if not heads:
        raise DatasetError(f"{folder}: shows no face; give a data set that does.")
    near: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]] = []
    for rig in {head.lines.rig.name: None for head in heads}:
        alike = [head for head in heads if head.lines.rig.name == rig]
        drawn = blender_lines(command, alike, freestyle=False)
        near += _near(drawn["points"], alike)
    return {"heads": float(len(heads)), **_shares(near)}


def _heads(folder: Path) -> Iterator[_Head]:
    """Pose the heads of a data set again, one after another."""
    rigs: dict[str, RigLines] = {}
    shards = sorted(folder.glob("*.tar"))
    if not shards:
        raise DatasetError(
            f"{folder}: no .tar shards; make a data set with limner dataset generate"
        )
    for shard in shards:
        try:
            for sample in read_samples(shard):
                about = json.loads(sample.files["json"])
                if about["is_face"]:
                    yield _posed_again(about, rigs)
        except (OSError, tarfile.TarError, KeyError, ValueError, TypeError) as error:
            raise DatasetError(f"{shard}: damaged ({error}); make the data set again.") from None


def _posed_again(about: dict[str, Any], rigs: dict[str, RigLines]) -> _Head:
    """Pose a head by what a sample's JSON says."""
    name = about["rig"]
    if name not in rigs:
        rigs[name] = RigLines.of(load_rig(name))
    lines, given = rigs[name], about["camera"]
    weights = np.array([about["blendshapes"].get(shape, 0.0) for shape in lines.rig.shape_names])
    state = RigState(weights, np.array(about["identity"]), np.array(about["pose"]))
    camera = Camera(**{**given, "size_px": tuple(given["size_px"])})
    seen = project_face(lines, posed_state(lines.rig, state, about["gain"]), camera)
    return _Head(lines, seen, camera)


def blender_lines(
    command: list[str], heads: Sequence[SeenHead], *, freestyle: bool
) -> dict[str, NDArray[np.float64]]:
    """Return what Blender drew of heads of one rig (see `bridge/line_worker.py`).

    Parameters
    ----------
    command : starts the worker in a Blender
    freestyle : True for a rendered picture of each, too
    """
    with tempfile.TemporaryDirectory(prefix="limner-") as folder:
        source, target = Path(folder) / "heads.npz", Path(folder) / "lines.npz"
        np.savez(
            source,
            vertices=np.stack([head.seen.posed for head in heads]).astype(np.float32),
            polygons=heads[0].lines.rig.polygons,
            scale_px=np.array([head.camera.scale_px for head in heads]),
            inverse_distance=np.array([head.camera.inverse_distance for head in heads]),
            size=heads[0].camera.size_px[0],
            freestyle=freestyle,
        )
        try:
            with _on_one_core():
                done = subprocess.run(
                    [*command, "--", str(source), str(target)],
                    capture_output=True,
                    text=True,
                    errors="replace",
                    timeout=TIMEOUT_S,
                )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OutputError(f"{command[0]} did not draw the heads ({error}).") from error
        if done.returncode != 0 or not target.is_file():
            said = (done.stderr.strip() or "no message").splitlines()[-1]
            raise OutputError(f"{command[0]} did not draw the heads ({said}).")
        with np.load(target) as arrays:
            return dict(arrays)


@contextmanager
def _on_one_core() -> Iterator[None]:
    """Start programs on one core, as we draw on one: more threads only wait for each other.

    Freestyle and Line Art took 1.5 to 2 times the CPU seconds on two idle cores. Systems
    other than Linux leave them all cores.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def agreement(points: NDArray[np.float64], heads: Sequence[SeenHead]) -> dict[str, float]:
    """Compare Line Art's points (x, y, head, stroke) with the lines that we see."""
    return _shares(_near(points, heads))


def _shares(near: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]) -> dict[str, float]:
    """Return the shares of both kinds of lines that are near the other."""
    theirs, ours = (np.concatenate([head[way] for head in near]) for way in (0, 1))
    return {"lineart_near_ours": float(theirs.mean()), "ours_near_lineart": float(ours.mean())}


def _near(
    points: NDArray[np.float64], heads: Sequence[SeenHead]
) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Tell for each head which half pixels of Line Art's lines, and of ours, are near the other."""
    found = []
    for number, head in enumerate(heads):
        rows = points[points[:, 2] == number]
        if not len(rows):
            raise OutputError("Blender's Line Art drew no lines; try another Blender.")
        strokes = np.split(rows[:, :2], np.flatnonzero(np.diff(rows[:, 3])) + 1)
        blender = _dense(strokes)
        contours = _dense([line.points for line in head.seen.contours])
        curves = _dense(
            [
                line.points[line.visible]
                for line in head.seen.curves.values()
                if line.visible.sum() > 1
            ]
        )
        ours = cKDTree(np.concatenate([contours, curves]))
        found.append(
            (ours.query(blender)[0] <= NEAR_PX, cKDTree(blender).query(contours)[0] <= NEAR_PX)
        )
    return found


def _dense(lines: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return (N, 2) points along polylines, half a pixel apart: every pixel of length counts."""
    found = [np.empty((0, 2))]
    for line in lines:
        steps = np.hypot(*np.diff(line, axis=0).T)
        at = np.concatenate([[0.0], np.cumsum(steps)])
        wanted = np.arange(0.0, at[-1], 0.5)
        found.append(np.stack([np.interp(wanted, at, line[:, axis]) for axis in (0, 1)], axis=1))
    return np.concatenate(found)
