"""How fast drawings are made: stage by stage, and beside Blender's own line drawing.

Everything is counted in CPU seconds of one core, so that other work on the machine disturbs less.
Blender draws the same heads from the same places in the same run, by Freestyle (a rendered
picture) and by Line Art (the contours' strokes alone).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..errors import OutputError
from ..synthetic_data.maker import Maker, Posed
from ..synthetic_data.sample import encoded, make_sample, pose_face
from .blend import blender_command

__all__ = ["bench_generate"]

WARM_UP = 20
HEADS = 12
NEAR_PX = 2.0
INKY_LEVEL = 64
TIMEOUT_S = 600.0
WORKER = Path(__file__).parent / "bridge" / "line_worker.py"


def bench_generate(maker: Maker, count: int, on_drawing: Callable[[int], None]) -> dict[str, float]:
    """Measure the generator on `count` drawings, and Blender on a few of their heads.

    Returns
    -------
    Drawings a second and core, milliseconds a drawing by stage, growth of the memory; where there
    is a Blender also its milliseconds a head, how many times as long it takes, and which share of
    Line Art's contours lies within 2 px of our lines and the other way round.

    Raises
    ------
    OutputError
        The Blender that is there could not draw.
    """
    stages = {"see": 0.0, "draw": 0.0, "encode": 0.0}
    heads: list[Posed] = []
    memory_mb = 0.0
    for index in range(WARM_UP + count):
        if index == WARM_UP:
            stages = dict.fromkeys(stages, 0.0)
            memory_mb = _peak_memory_mb()
        maker.kept.clear()
        at_start = time.process_time()
        posed = pose_face(maker, index)
        maker.kept[index] = posed
        at_seen = time.process_time()
        drawing, about = make_sample(maker, index)
        at_drawn = time.process_time()
        encoded(drawing, about)
        at_end = time.process_time()
        if about["is_face"]:  # other drawings need no head
            stages["see"] += at_seen - at_start
        stages["draw"] += at_drawn - at_seen
        stages["encode"] += at_end - at_drawn
        if index >= WARM_UP:
            if len(heads) < HEADS:
                heads.append(posed)
            on_drawing(index - WARM_UP + 1)
    whole_s = sum(stages.values()) / count
    figures = {"drawings_per_s_core": 1.0 / whole_s}
    figures |= {f"{stage}_ms": 1000.0 * spent / count for stage, spent in stages.items()}
    if memory_mb:
        figures["memory_growth_mb"] = _peak_memory_mb() - memory_mb
    return figures | _beside_blender(heads, whole_s)


def _peak_memory_mb() -> float:
    """Return the most memory that this process ever held; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024.0 * 1024.0 if sys.platform == "darwin" else 1024.0)


def _beside_blender(heads: list[Posed], whole_s: float) -> dict[str, float]:
    """Let Blender draw the same heads; nothing where there is no Blender."""
    command = blender_command(WORKER)
    if command is None:
        return {}
    drawn = _blender_lines(command, heads)
    inked = (drawn["pictures"] < INKY_LEVEL).mean(axis=(1, 2))
    if inked.min() < 0.002 or not len(drawn["points"]):
        raise OutputError("Blender's Freestyle or Line Art drew no lines; try another Blender.")
    figures: dict[str, float] = {}
    for way in ("freestyle", "lineart"):
        head_s = float(np.median(drawn[f"{way}_s"]))
        figures |= {f"{way}_ms": 1000.0 * head_s, f"times_{way}": head_s / whole_s}
    return figures | _agreement(drawn["points"], heads)


def _blender_lines(command: list[str], heads: list[Posed]) -> dict[str, NDArray[np.float64]]:
    """Return what Blender drew (see `bridge/line_worker.py`)."""
    with tempfile.TemporaryDirectory(prefix="limner-") as folder:
        source, target = Path(folder) / "heads.npz", Path(folder) / "lines.npz"
        np.savez(
            source,
            vertices=np.stack([head.seen.posed for head in heads]).astype(np.float32),
            polygons=heads[0].lines.rig.polygons,
            scale_px=np.array([head.camera.scale_px for head in heads]),
            inverse_distance=np.array([head.camera.inverse_distance for head in heads]),
            size=heads[0].camera.size_px[0],
        )
        try:
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


def _agreement(points: NDArray[np.float64], heads: list[Posed]) -> dict[str, float]:
    """Compare Line Art's points (x, y, head, stroke) with the lines that we see.

    Feature curves stand for contours where they run together (lids, lips), so that they count for
    what Blender drew; of ours, contours alone are asked for.
    """
    theirs_near, ours_near = [], []
    for number, head in enumerate(heads):
        rows = points[points[:, 2] == number]
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
        theirs_near.append(ours.query(blender)[0] <= NEAR_PX)
        ours_near.append(cKDTree(blender).query(contours)[0] <= NEAR_PX)
    return {
        "lineart_near_ours": float(np.concatenate(theirs_near).mean()),
        "ours_near_lineart": float(np.concatenate(ours_near).mean()),
    }


def _dense(lines: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return (N, 2) points along polylines, half a pixel apart: every pixel of length counts."""
    found = [np.empty((0, 2))]
    for line in lines:
        steps = np.hypot(*np.diff(line, axis=0).T)
        at = np.concatenate([[0.0], np.cumsum(steps)])
        wanted = np.arange(0.0, at[-1], 0.5)
        found.append(np.stack([np.interp(wanted, at, line[:, axis]) for axis in (0, 1)], axis=1))
    return np.concatenate(found)
