"""Clips: an expression comes and goes on one face, and one hand draws it frame by frame.

A clip keeps its person, hand, sheet and decisions; in every frame the lines waver anew, as in an
animator's roughs, so that a difference between frames is not motion alone. Some clips are weak and
short; some faces droop or smile at rest, so that a single frame misleads and only the change tells;
and some clips are twins that show the same actions in another rhythm.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..rig.camera import Camera
from ..rig.face_rig import RigState
from .again import Again
from .canvas import Canvas
from .chance import chance_of
from .effect import faint_aus
from .face import DrawnFace, RigLines, project_face
from .maker import SCHEMA, Maker, au_entries, curve_entries, drawn_entries, posed_state
from .pen import Pen
from .person import (
    noisy_weights,
    posed_entries,
    sample_camera,
    sample_gain,
    sample_identity,
    sample_noise,
    sample_rig,
)
from .proportions import same_errors, sample_warp
from .render import Drawing, draw_warped
from .sampler import TRACE, Expression, sample_expression, sample_rotation
from .style import Hand
from .timing import Course, ease, sample_courses
from .warp import Warp

__all__ = ["RESTS", "Clip", "make_frame", "sample_clip"]

_WHO, _WHEN, _DRAW = 11, 12, 13  # streams of chance
_TWINS = 0.3
_KINDS = (("weak", 0.25), ("resting", 0.2))
_WEAK = (0.1, 0.3)
_RATES = (8.0, 12.0, 24.0)

RESTS: tuple[dict[str, float], ...] = (
    {"AU15": 0.55}, {"AU15": 0.45, "AU43": 0.25}, {"AU43": 0.4}, {"AU4": 0.5}, {"AU12": 0.4},
    {"AU4": 0.35, "AU15": 0.4}, {"AU1": 0.45, "AU15": 0.35}, {"AU1": 0.3, "AU43": 0.3},
)  # fmt: skip
"""What a face may wear at rest by its build: both sides, as intensities of the like AUs."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """What all frames of a clip have in common.

    Attributes
    ----------
    lines, identity, noise, gain, camera : who is drawn (see `person.py`)
    rotation : (3,) rotation vector of the first frame
    turn_deg, sway_deg, shift : (3,) how far the head turns about x, y, z in the end, (3,) how far
        it sways, and (2,) how far it moves on the sheet, as a share of it
    seconds, rate : length, frames a second
    courses : AU label → its course
    rest : AU label → what the face wears at rest; no label tells of it
    hand, seed : who draws; chance of the hand's decisions
    before, warp : the face at rest in the first frame, and the hand's errors in it
    identity_id, told : what the JSON of every frame says
    kind : plain, weak, or resting (the face wears something at rest)
    emotion : that the expression at its strongest was composed from, if any
    """

    lines: RigLines
    identity: NDArray[np.float64]
    noise: NDArray[np.float64]
    gain: float
    camera: Camera
    rotation: NDArray[np.float64]
    turn_deg: NDArray[np.float64]
    sway_deg: NDArray[np.float64]
    shift: NDArray[np.float64]
    seconds: float
    rate: float
    courses: dict[str, Course]
    rest: dict[str, float]
    hand: Hand
    seed: tuple[int, ...]
    before: DrawnFace
    warp: Warp
    identity_id: str
    told: dict[str, Any]
    kind: str
    emotion: str | None

    def levels(self, time_s: float) -> dict[str, float]:
        """Return the AUs at a time: label → intensity."""
        levels = {label: round(course.level(time_s), 3) for label, course in self.courses.items()}
        return {label: level for label, level in levels.items() if level > 0.0}

    def shown(self, levels: dict[str, float]) -> dict[str, float]:
        """Return what the face shows: its expression over what it wears at rest."""
        both = {
            label: min(level + levels.get(label, 0.0), 1.0) for label, level in self.rest.items()
        }
        return {**levels, **both}

    def head(self, time_s: float) -> NDArray[np.float64]:
        """Return the head's rotation vector at a time."""
        along = time_s / self.seconds
        angles = self.turn_deg * ease(along) + self.sway_deg * np.sin(2.0 * np.pi * along)
        moved = Rotation.from_euler("xyz", angles, degrees=True)
        return np.round((moved * Rotation.from_rotvec(self.rotation)).as_rotvec(), 5)

    def emotion_at(self, levels: dict[str, float]) -> str | None:
        """Return the emotion that a frame shows: the clip's, while all of its AUs are strong."""
        if max(levels.values(), default=0.0) < TRACE:
            return "neutral"
        strong = all(
            levels.get(label, 0.0) >= 0.5 * course.apex for label, course in self.courses.items()
        )
        return self.emotion if strong and self.kind != "weak" else None


def make_frame(maker: Maker, index: int) -> tuple[Drawing, dict[str, Any]]:
    """Draw sample number `index` of a data set of clips; return it and what its JSON says."""
    number, frame = divmod(index, maker.frames)
    if number not in maker.kept:
        maker.kept.clear()
        maker.kept[number] = sample_clip(maker, number)
    clip: Clip = maker.kept[number]
    rig, time_s = clip.lines.rig, frame / clip.rate
    levels, rotation = clip.levels(time_s), clip.head(time_s)
    shown = clip.shown(levels)
    weights = noisy_weights(rig, shown, clip.noise)
    state = posed_state(rig, RigState(weights, clip.identity, rotation), clip.gain)
    seen = project_face(clip.lines, state, clip.camera)
    warp = same_errors(clip.warp, clip.before, seen, clip.hand, shown)
    warp = _moved(warp, clip.shift * maker.size * ease(time_s / clip.seconds))
    pen = Pen(Canvas(maker.size), clip.hand, Again(clip.seed, index))
    faint = faint_aus(rig, clip.lines.landmarks, levels, clip.gain, seen.rotation)
    drawing = draw_warped(seen, rig, shown, warp, pen, faint)
    about = {
        "schema": SCHEMA, "seed": maker.seed, "index": index, "style": clip.hand.style,
        "size": maker.size, "hand": clip.hand.told(), "is_face": True, "rig": rig.name,
    }  # fmt: skip
    about |= {
        "identity_id": clip.identity_id,
        "emotion": clip.emotion_at(levels),
        **posed_entries(rig, clip.identity, weights, clip.gain, rotation, clip.camera),
        "aus": au_entries(levels, drawing.visible or {}),
        **drawn_entries(drawing),
        "curves": curve_entries(drawing),
        "clip": {**clip.told, "frame": frame, "time_s": round(time_s, 4)},
    }
    return drawing, about


def _moved(warp: Warp, by_px: NDArray[np.float64]) -> Warp:
    """Move the face on the sheet."""
    (xx, xy, x), (yx, yy, y) = warp.parameters["place"]
    place = [[xx, xy, round(x + by_px[0], 5)], [yx, yy, round(y + by_px[1], 5)]]
    return warp.placed(place)


def sample_clip(maker: Maker, number: int) -> Clip:
    """Draw clip number `number` of a data set by chance: all of it but its frames."""
    pair = number // 2
    twins = bool(chance_of((maker.seed, _WHO, 0), pair).random() < _TWINS)
    who = 2 * pair if twins else number
    rng = chance_of((maker.seed, _WHO, 1), who)
    hand = maker.styles[int(rng.integers(len(maker.styles)))].hand(rng)
    lines = sample_rig(maker, rng)
    rig = lines.rig
    kind, expression, rest, brief = _sample_kind(rng, maker.aus)
    apexes = expression.aus
    identity = sample_identity(rig, rng)
    noise, gain = sample_noise(len(rig.shape_names), rng), sample_gain(rng)
    rotation = np.round(sample_rotation(rng), 5)
    turn, sway, shift = _sample_motion(rng)
    camera = sample_camera(rig, maker.size, rng)
    rate = float(rng.choice(_RATES))
    seconds = (maker.frames - 1) / rate
    courses = sample_courses(apexes, seconds, chance_of((maker.seed, _WHEN), number), brief=brief)
    weights = noisy_weights(rig, rest, noise)
    state = posed_state(rig, RigState(weights, identity, rotation), gain)
    before = project_face(lines, state, camera)
    warp = sample_warp(before, hand, rest, maker.size, rng)
    told = {
        "id": f"{maker.seed}-{number}",
        "twin": f"{maker.seed}-{number ^ 1}" if twins else None,
        "kind": kind,
        "frames": maker.frames,
        "rate": rate,
        "rest": rest,
        "courses": {
            label: {"apex": course.apex, "times_s": list(course.times_s)}
            for label, course in courses.items()
        },
    }
    return Clip(
        lines, identity, noise, gain, camera, rotation, turn, sway, shift, seconds, rate, courses,
        rest, hand, (maker.seed, _DRAW, who), before, warp,
        f"{maker.seed}-clip-{who}", told, kind, expression.emotion,
    )  # fmt: skip


def _sample_kind(
    rng: np.random.Generator, aus: tuple[int, ...]
) -> tuple[str, Expression, dict[str, float], bool]:
    """Draw what happens: kind, the expression at its strongest, what is there at rest, if brief."""
    roll, kind = rng.random(), "plain"
    for name, share in _KINDS:
        if roll < share:
            kind = name
            break
        roll -= share
    expression, rest = sample_expression(rng, aus), {}
    if kind == "weak":
        apexes = {label: round(float(rng.uniform(*_WEAK)), 3) for label in expression.aus}
        expression = Expression(apexes, expression.emotion)
    elif kind == "resting":
        much = rng.uniform(0.8, 1.15)
        worn = RESTS[int(rng.integers(len(RESTS)))]
        rest = {
            f"{au}{side}": round(much * level, 3) for au, level in worn.items() for side in "LR"
        }
    return kind, expression, rest, bool(rng.random() < (0.6 if kind == "weak" else 0.12))


def _sample_motion(
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Draw how the head turns and sways (degrees about x, y, z) and moves (share of the sheet)."""
    still = np.zeros(3)
    if rng.random() < 0.3:
        return still, still, np.zeros(2)
    turn = np.clip(rng.normal(0.0, 1.0, 3), -2.0, 2.0) * (3.5, 5.0, 2.5)
    sway = np.clip(rng.normal(0.0, 1.0, 3), -2.0, 2.0) * (1.0, 1.2, 0.8)
    return turn, sway, np.clip(rng.normal(0.0, 0.015, 2), -0.04, 0.04)
