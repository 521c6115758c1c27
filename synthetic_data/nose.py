"""Noses, from wings and nostrils down to a hook, a ball, a shadow or two dots."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .evenly import between, evenly, middle_of, one_of
from .face import DrawnFace
from .pen import LABEL, Pen, arc
from .record import Record

__all__ = ["draw_nose"]


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """Where a nose stands: tip, foot, bridge (4, 2), axes as unit vectors, width, free side."""

    tip: NDArray[np.float64]
    base: NDArray[np.float64]
    bridge: NDArray[np.float64]
    across: NDArray[np.float64]
    down: NDArray[np.float64]
    width: float
    unit: float
    side: float

    def local(self, at: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lay points of the face's own frame, pixels, around a place of the picture."""
        return at + points[:, :1] * self.across + points[:, 1:] * self.down


def draw_nose(pen: Pen, face: DrawnFace, record: Record) -> None:
    """Draw the nose in the hand's way."""
    kind, rng = pen.hand.kinds["nose"], pen.part("side of the nose")
    if kind == "none":
        return
    turned = float(face.rotation[0, 2])
    side = float(np.sign(turned) if abs(turned) > 0.12 else one_of(rng, (-1.0, 1.0)))
    pen.part("nose")
    axes = face.way(1.0, 0.0) / face.unit, face.way(0.0, 1.0) / face.unit
    base = face.landmarks[31:36]
    width = max(float(np.hypot(*(base[4] - base[0]))), 0.12 * face.unit)
    frame = _Frame(
        face.landmarks[30], base, face.landmarks[27:31], axes[0], axes[1], width, face.unit, side
    )
    if kind in ("wings", "tip", "bridge"):
        _draw_traced(pen, face, frame, record)
    else:
        _SIGNS[kind](pen, frame)


def _draw_traced(pen: Pen, face: DrawnFace, frame: _Frame, record: Record) -> None:
    """Draw the rig's own lines: tip, nostrils and perhaps the bridge."""
    hand, rng, kind = pen.hand, pen.rng, pen.hand.kinds["nose"]
    curve = face.curves["nose_tip"]
    pen.line(curve.points, "nose_tip", 1.0, curve.visible)
    if kind != "tip" or hand.draws["nostril"]:
        for name in ("nostril_L", "nostril_R"):
            curve = face.curves[name]
            shown = pen.line(curve.points, "nostril", 0.9, curve.visible)
            if kind == "wings" and shown > 0.6 and hand["shade_face"] > 0.3:
                heart = middle_of(curve.points)  # the hole is smaller than its wing
                pen.fill(heart + 0.6 * (curve.points - heart), "nostril", 0.8)
    if kind == "wings":
        record.show("AU9L", "AU9R")
    if kind == "bridge":
        curve = face.curves["nose_bridge"]
        start = int(rng.uniform(0.0, 0.5) * len(curve.points))
        turned = abs(float(face.rotation[0, 2]))
        offset = frame.side * 0.06 * face.unit * frame.across * (1.0 - turned)
        pen.line(curve.points[start:] + offset, "nose_bridge", 0.9, curve.visible[start:])


def _draw_hook(pen: Pen, frame: _Frame) -> None:
    """One line down a side of the bridge and around the tip."""
    rng = pen.rng
    top = frame.bridge[0] + rng.uniform(0.1, 0.8) * (frame.bridge[2] - frame.bridge[0])
    low = frame.base[2] + 0.02 * frame.unit * frame.down
    knee = frame.tip + frame.side * frame.width * rng.uniform(0.3, 0.6) * frame.across
    end = low - frame.side * frame.width * rng.uniform(0.0, 0.35) * frame.across
    along = evenly(18)[:, None]
    far = knee + 0.1 * frame.unit * frame.down
    bend = (1 - along) ** 3 * top + 3 * (1 - along) ** 2 * along * far
    bend = bend + 3 * (1 - along) * along**2 * (far + 0.12 * frame.unit * frame.down)
    bend = bend + along**3 * end
    pen.line(bend, "nose_bridge", 1.0, np.arange(18) < 9, steady=True)
    pen.line(bend, "nose_tip", 1.0, np.arange(18) >= 7, steady=True)


def _draw_ball(pen: Pen, frame: _Frame) -> None:
    """A ball, whole or open above."""
    rng = pen.rng
    open_at = rng.uniform(-2.2, -1.0)
    gap = one_of(rng, (0.0, 0.0, 1.2))
    size = frame.width * rng.uniform(0.35, 0.6)
    stop = open_at + 2 * np.pi
    ball = arc(frame.tip, size, size * rng.uniform(0.7, 1.15), open_at + gap, stop, 30)
    if rng.random() < 0.12:
        pen.fill(ball, "nose_tip", 1.0)
    else:
        pen.fill(ball, "none", 0.0)
        pen.line(ball, "nose_tip", 1.0, steady=True)


def _draw_dots(pen: Pen, frame: _Frame) -> None:
    """Two nostrils."""
    size = pen.width * pen.rng.uniform(0.6, 1.0)
    for foot in (frame.base[1], frame.base[3]):
        pen.dot(foot, size, "nostril")


def _draw_tongue(pen: Pen, frame: _Frame) -> None:
    """A long U: both flanks of the bridge, hanging down to a round end."""
    rng = pen.rng
    high, belly, wide = rng.uniform([0.0, 0.3, 0.45], [0.8, 0.65, 1.0])
    top = frame.bridge[0] + high * (frame.tip - frame.bridge[0])
    long = max(float((frame.base[2] - top) @ frame.down), 0.15 * frame.unit)
    half = belly * frame.width
    t = evenly(26, -1.0, 1.0)
    x = half * np.sign(t) * np.abs(np.sin(0.5 * np.pi * t)) ** 0.7
    narrow = wide + (1.0 - wide) * np.clip(1.4 * (1.0 - np.abs(t)), 0.0, 1.0)
    y = long * (np.cos(0.5 * np.pi * t) ** 0.6)
    line = frame.local(top, np.stack([x * narrow, y], axis=1))
    first = 8 if rng.random() < 0.3 else 0  # one flank only begun
    if frame.side < 0.0:
        line = line[::-1]
    pen.line(line[first:], "nose_bridge", 1.0, (np.abs(t) > 0.6)[first:], steady=True)
    pen.line(line[first:], "nose_tip", 1.0, (np.abs(t) < 0.68)[first:], steady=True)


def _draw_bulb(pen: Pen, frame: _Frame) -> None:
    """A large bulb between two wings, on a bridge or on none."""
    rng = pen.rng
    size = frame.width * rng.uniform(0.35, 0.75)
    high, wing, bridged = rng.uniform([0.75, 0.3, 0.0], [1.25, 0.6, 1.0])
    bulb = arc(np.zeros(2), size, high * size, -0.25 * np.pi, 1.25 * np.pi, 26)
    pen.fill(frame.local(frame.tip, bulb), "none", 0.0)
    pen.line(frame.local(frame.tip, bulb), "nose_tip", 1.1, steady=True)
    if wing > 0.38:
        for sign in (-1.0, 1.0):
            at = frame.tip + frame.across * sign * (size + 0.4 * wing * size)
            bow = arc(np.zeros(2), wing * size, wing * size, -1.9, 1.3, 12) * [sign, 1.0]
            pen.line(frame.local(at, bow), "nostril", 0.9, steady=True)
    if bridged < 0.6:
        start = frame.bridge[0] + bridged * (frame.bridge[1] - frame.bridge[0])
        end = frame.tip + 0.7 * size * (frame.side * frame.across - frame.down)
        pen.line(between(start, end, 8), "nose_bridge", 1.0, steady=True)


def _draw_shadow(pen: Pen, frame: _Frame) -> None:
    """Only the shadow below the tip: a hatched or a filled patch, perhaps a line up one side."""
    rng = pen.rng
    wide, high, lean, fill, sided = rng.uniform(
        [0.3, 0.2, -0.2, 0.0, 0.0], [0.8, 0.7, 0.2, 1.0, 1.0]
    )
    half, tall = 0.5 * wide * frame.width, high * wide * frame.width
    foot = frame.base[2]
    corners = np.array([[-half, 0.0], [lean * half, -tall], [half, 0.0]])
    shape = frame.local(foot, corners)
    if fill < 0.4:
        pen.fill(shape, "nose_tip", 1.0)
    else:
        count = int(rng.integers(4, 8))
        rows = evenly(count, 0.05, 0.95)[:, None]
        left = corners[0] + rows * (corners[1] - corners[0])
        right = corners[2] + rows * (corners[1] - corners[2])
        ends = np.stack([left, right], axis=1).reshape(-1, 2)
        lines = frame.local(foot, ends).reshape(count, 2, 2)
        pen.trace(lines, LABEL["nose_tip"], 0.8)
    if sided < 0.4:
        top = frame.bridge[1] + 0.08 * frame.unit * frame.side * frame.across
        pen.line(between(top, shape[1], 8), "nose_bridge", 0.8)


def _draw_commas(pen: Pen, frame: _Frame) -> None:
    """Two nostrils as short curved strokes, perhaps with the wings around them."""
    rng = pen.rng
    size = frame.width * rng.uniform(0.1, 0.2)
    winged = rng.random() < 0.5
    for foot, sign in ((frame.base[1], -1.0), (frame.base[3], 1.0)):
        bow = arc(np.zeros(2), size, 0.7 * size, np.pi, 1.9 * np.pi, 8) * [sign, 1.0]
        pen.line(frame.local(foot, bow), "nostril", 1.2, steady=True)
        if winged:
            wing = arc(np.zeros(2), 1.6 * size, 1.9 * size, -1.4, 0.9, 10) * [sign, 1.0]
            at = foot + frame.across * sign * 0.4 * size
            pen.line(frame.local(at, wing), "nostril", 0.9, steady=True)


def _draw_ripple(pen: Pen, frame: _Frame) -> None:
    """A rippled foot and one flank, as children draw it."""
    rng = pen.rng
    bumps = int(rng.integers(2, 4))
    half = frame.width * rng.uniform(0.3, 0.55)
    t = np.linspace(-1.0, 1.0, 10 * bumps)
    y = half * (0.35 * np.abs(np.sin(0.5 * np.pi * bumps * (t + 1.0))) - 0.25 * t * t)
    foot = frame.local(frame.base[2], np.stack([half * t, y], axis=1))
    pen.line(foot, "nose_tip", 1.0, steady=True)
    end = foot[-1] if frame.side > 0.0 else foot[0]
    start = frame.bridge[1] + 0.12 * frame.unit * frame.side * frame.across
    pen.line(between(start, end, 8), "nose_bridge", 1.0, steady=True)


_SIGNS = {
    "hook": _draw_hook, "ball": _draw_ball, "dots": _draw_dots, "tongue": _draw_tongue,
    "bulb": _draw_bulb, "shadow": _draw_shadow, "commas": _draw_commas, "ripple": _draw_ripple,
}  # fmt: skip
