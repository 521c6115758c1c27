"""How fast drawings are made: stage by stage, and beside Blender's own line drawing.

Everything is counted in CPU seconds of one core, so that other work on the machine disturbs less.
Blender draws the same heads from the same places in the same run, by Freestyle (a rendered
picture) and by Line Art (strokes alone).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..errors import OutputError
from ..synthetic_data.face import project_face
from ..synthetic_data.maker import Maker, Posed
from ..synthetic_data.sample import encoded, make_sample, pose_face, sample_files
from .bench_lines import WORKER, agreement, blender_lines
from .blend import blender_command

__all__ = ["bench_generate", "memory_over"]

WARM_UP, SETTLED = 20, 500
"""Drawings before speed is measured, and before memory is: by then all is loaded."""
HEADS = 12
INKY_LEVEL = 64


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
    return figures | _beside_blender(heads, whole_s, stages["see"] / count)


def memory_over(maker: Maker, count: int, on_drawing: Callable[[int], None]) -> dict[str, float]:
    """Draw and encode `count` drawings, and tell how the memory of this process grows.

    Returns
    -------
    `memory_drawings`; `memory_settled_mb` after the first 500 (all of fewer); how much more there
    was in the end (`memory_end_growth_mb`) and at most (`memory_most_growth_mb`), looked at after
    every 500.
    """
    settled = most = now = 0.0
    for index in range(count):
        sample_files(maker, index)
        if (index + 1) % SETTLED == 0 or index + 1 == count:
            now = _memory_mb()
            settled = settled or now
            most = max(most, now)
            on_drawing(index + 1)
    return {
        "memory_drawings": float(count),
        "memory_settled_mb": settled,
        "memory_end_growth_mb": now - settled,
        "memory_most_growth_mb": most - settled,
    }


def _memory_mb() -> float:
    """Return what this process holds now; where the system does not tell, the most it ever held."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return _peak_memory_mb()
    import resource

    return pages * resource.getpagesize() / (1024.0 * 1024.0)


def _peak_memory_mb() -> float:
    """Return the most memory that this process ever held; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024.0 * 1024.0 if sys.platform == "darwin" else 1024.0)


def _beside_blender(heads: list[Posed], whole_s: float, see_s: float) -> dict[str, float]:
    """Let Blender draw the same heads; nothing where there is no Blender.

    Freestyle and Line Art are held against a whole drawing of ours, `whole_s`; Line Art as Blender
    sets it up, and once more with `contours` alone, the least it can do. But it makes no picture,
    and without a graphics card Blender makes none of it. So it is also held against our lines
    alone, of these very heads (the head is posed in that time, which Blender gets posed); and a
    drawing that takes its lines from Line Art and all else from us against ours, of which `see_s`
    are for the lines.
    """
    command = blender_command(WORKER)
    if command is None:
        return {}
    drawn = blender_lines(command, heads, freestyle=True)
    inked = (drawn["pictures"] < INKY_LEVEL).mean(axis=(1, 2))
    if inked.min() < 0.002 or not len(drawn["points"]):
        raise OutputError("Blender's Freestyle or Line Art drew no lines; try another Blender.")
    lines_s = float(np.median([_lines_s(head) for head in heads]))
    figures: dict[str, float] = {"lines_ms": 1000.0 * lines_s}
    for way in ("freestyle", "lineart", "contours"):
        head_s = float(np.median(drawn[f"{way}_s"]))
        figures |= {f"{way}_ms": 1000.0 * head_s, f"times_{way}": head_s / whole_s}
        if way != "freestyle":
            figures |= {
                f"times_{way}_drawn": (head_s + whole_s - see_s) / whole_s,
                f"times_{way}_lines": head_s / lines_s,
            }
    return figures | agreement(drawn["points"], heads)


def _lines_s(head: Posed) -> float:
    """Return how long it takes to pose one head and find its lines, CPU seconds."""
    started = time.process_time()
    project_face(head.lines, head.state, head.camera)
    return time.process_time() - started
