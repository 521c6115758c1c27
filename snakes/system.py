"""All snakes of one drawing as one system: nodes, stiffness, joints, what the ink asks of them."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import LimnerError
from .band import Band
from .field import FieldStack, ForceField
from .joints import Joint, Order, order_frame, separate, share_nodes
from .snake import SnakeSettings, SnakeStart, arc_length, resample, stiffness

__all__ = ["Body", "Group", "SnakeSystem", "build_system"]

_FEWEST_NODES = 9


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One snake's place in the system.

    Attributes
    ----------
    start : the curve given
    nodes : slice of the system's nodes
    spacing_px : distance between its nodes
    at : (N,) arc length of the points given, pixels
    node_at : (n,) arc length of the nodes, pixels
    length_px : of the whole curve
    """

    start: SnakeStart
    nodes: slice
    spacing_px: float
    at: NDArray[np.float64]
    node_at: NDArray[np.float64]
    length_px: float

    def to_points(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Carry node values (n, ...) over to the points given (N, ...)."""
        node_at = self.node_at
        if self.start.is_closed:
            node_at = np.append(node_at, self.length_px)
            values = np.concatenate([values, values[:1]])
        columns = values.reshape(len(values), -1).T
        carried = np.stack([np.interp(self.at, node_at, column) for column in columns], -1)
        return carried.reshape(len(self.at), *values.shape[1:])


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Snakes that hang together by joints.

    Attributes
    ----------
    nodes : (n,) numbers of the system's nodes
    is_held : True where a node of theirs is fixed
    """

    nodes: NDArray[np.intp]
    is_held: bool


@dataclass(frozen=True, slots=True, eq=False)
class SnakeSystem:
    """All one-time work: see `build_system`.

    Attributes
    ----------
    settings : of all snakes
    bodies : one a snake
    stack, which : the fields, and the number of each node's field (n,)
    points : (n, 2) nodes at the start, pixels
    owner, weight, side : (n,) number of its snake, pull of the ink, ink side of each node
    beside : two (n,), the nodes before and after each node on its curve; itself at an open end
    groups : snakes that hang together; `group` : (n,) number of each node's
    band : their stiffness and joints
    is_joined : (n,) bool, nodes that a joint holds
    orders : (number above, number below, frame, least gap in pixels)
    """

    settings: SnakeSettings
    bodies: tuple[Body, ...]
    stack: FieldStack
    which: NDArray[np.intp]
    points: NDArray[np.float64]
    owner: NDArray[np.intp]
    weight: NDArray[np.float64]
    side: NDArray[np.intp]
    beside: tuple[NDArray[np.intp], NDArray[np.intp]]
    groups: tuple[Group, ...]
    group: NDArray[np.intp]
    band: Band
    is_joined: NDArray[np.bool_]
    orders: tuple[tuple[int, int, NDArray[np.float64], float], ...]

    def tangents(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return unit tangents (n, 2) of all snakes at `points` (n, 2)."""
        before, after = self.beside
        along = points[after] - points[before]
        return along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)

    def resistance(self, displacement: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
        """Return K times the displacement, or times the curve if that is what is stiff (n, 2)."""
        shape = displacement if self.settings.is_relative else displacement + self.points
        return self.settings.anchor * displacement + factor * (self.band.stiff @ shape)

    def solve(
        self,
        displacement: NDArray[np.float64],
        force: NDArray[np.float64],
        hold: NDArray[np.float64],
        factor: float,
        is_moving: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """Make one step, implicit in stiffness and in the springs to the ink.

        Solves (1/τ + H + K) Δ = pull - K d for the change Δ of the displacement d.

        Parameters
        ----------
        displacement : (n, 2), pixels
        force : (n, 2), pixels: `pull` minus the `resistance` K d
        hold : (n, 2, 2), the springs' stiffness H: minus the derivative of `pull`
        factor : on tension and rigidity
        is_moving : (groups,); the others rest
        """
        drag = 1.0 / self.settings.step_size + self.settings.anchor
        resting = ~is_moving[self.group]
        return displacement + self.band.solve(force, hold, factor, drag, resting)

    def constrain(self, displacement: NDArray[np.float64]) -> NDArray[np.float64]:
        """Keep nodes within their limit, curves in order, joints joined."""
        limit = self.settings.max_displacement * self.settings.unit_px
        length = np.linalg.norm(displacement, axis=1, keepdims=True)
        kept = displacement * np.minimum(1.0, limit / np.maximum(length, 1e-12))
        if not self.orders:
            return kept
        points = self.points + kept
        for above, below, frame, gap_px in self.orders:
            upper, lower = self.bodies[above].nodes, self.bodies[below].nodes
            points[upper], points[lower] = separate(points[upper], points[lower], frame, gap_px)
        return self.band.joined(points - self.points)


def build_system(
    starts: Sequence[SnakeStart],
    fields: Sequence[ForceField],
    settings: SnakeSettings,
    joints: Sequence[Joint] = (),
    orders: Sequence[Order] = (),
) -> SnakeSystem:
    """Lay nodes along the curves by arc length and set up what holds them together."""
    number = {start.name: index for index, start in enumerate(starts)}
    if len(number) < len(starts):
        raise LimnerError("starts: two snakes have the same name; give each its own.")
    anchors: dict[int, list[int]] = {index: [] for index in range(len(starts))}
    members = [[_member(starts, number, name, at) for name, at in joint.members]
               for joint in joints]  # fmt: skip
    for snake, at in (member for group in members for member in group):
        anchors[snake].append(at)
    bodies: list[Body] = []
    points, first = [], 0
    for index, start in enumerate(starts):
        body = _lay_nodes(start, settings, anchors[index], first)
        first = body.nodes.stop
        bodies.append(body)
        length = np.append(body.at, body.length_px) if start.is_closed else body.at
        points.append(resample(start.points, body.node_at, start.is_closed, length))
    owner = np.repeat(np.arange(len(bodies)), [len(body.node_at) for body in bodies])
    weight = [
        np.ones(len(body.node_at))
        if body.start.weight is None
        else np.interp(body.node_at, body.at, body.start.weight)
        for body in bodies
    ]
    node_joints = [[_node_of(bodies[snake], at) for snake, at in group] for group in members]
    fixed = np.concatenate([_fixed_nodes(body) for body in bodies])
    blocks = [_stiffness_of(body, settings) for body in bodies]
    groups, group = _groups(owner, node_joints, fixed)
    return SnakeSystem(
        settings, tuple(bodies), FieldStack(fields), owner.copy(), np.concatenate(points), owner,
        np.clip(np.concatenate(weight), 0.0, 1.0),
        np.array([start.ink_side for start in starts], dtype=np.intp)[owner],
        _beside(bodies),
        groups, group, Band.of(blocks, share_nodes(len(owner), node_joints), fixed),
        _flagged(len(owner), [node for group in node_joints for node in group]),
        tuple(_ordered(order, number, starts) for order in orders),
    )  # fmt: skip


def _flagged(count: int, nodes: Sequence[int]) -> NDArray[np.bool_]:
    """Return (count,) True at some nodes."""
    flags = np.zeros(count, dtype=bool)
    flags[nodes] = True
    return flags


def _member(
    starts: Sequence[SnakeStart], number: dict[str, int], name: str, at: int
) -> tuple[int, int]:
    """Return (number of the snake, index of the point from the front) of a joint's member."""
    if name not in number:
        raise LimnerError(f"Joint: no snake is named {name!r}; snakes: {', '.join(number)}.")
    count = len(starts[number[name]].points)
    if not -count <= at < count:
        raise LimnerError(f"Joint: {name} has {count} points, but the joint asks for {at}.")
    return number[name], at % count


def _ordered(
    order: Order, number: dict[str, int], starts: Sequence[SnakeStart]
) -> tuple[int, int, NDArray[np.float64], float]:
    """Turn names into numbers and fix the frame in which the order is judged."""
    for name in (order.above, order.below):
        if name not in number:
            raise LimnerError(f"Order: no snake is named {name!r}; snakes: {', '.join(number)}.")
    above, below = number[order.above], number[order.below]
    frame = order_frame(starts[above].points, starts[below].points, order.down)
    return above, below, frame, order.gap_px


def _lay_nodes(
    start: SnakeStart, settings: SnakeSettings, anchors: Sequence[int], first: int
) -> Body:
    """Space nodes evenly along the curve; joined points of the curve get a node each."""
    length = arc_length(start.points, start.is_closed)
    total = float(length[-1])
    pieces = round(total / (settings.spacing * settings.unit_px))
    count = max(_FEWEST_NODES, pieces + (not start.is_closed))
    at = np.linspace(0.0, total, count, endpoint=not start.is_closed)
    for index in anchors:
        at[np.abs(at - length[index]).argmin()] = length[index]
    spacing = max(total / (count - (not start.is_closed)), 1e-6)
    points_at = length[: len(start.points)]
    return Body(start, slice(first, first + count), spacing, points_at, at, total)


def _beside(bodies: Sequence[Body]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the nodes before and after each node; an open end is beside itself."""
    before, after = [], []
    for body in bodies:
        nodes = np.arange(body.nodes.start, body.nodes.stop)
        earlier, later = nodes - 1, nodes + 1
        is_closed = body.start.is_closed
        earlier[0], later[-1] = (nodes[-1], nodes[0]) if is_closed else (nodes[0], nodes[-1])
        before.append(earlier)
        after.append(later)
    return np.concatenate(before), np.concatenate(after)


def _node_of(body: Body, index: int) -> int:
    """Return the system's number of the node that lies on a point given."""
    return body.nodes.start + int(np.abs(body.node_at - body.at[index]).argmin())


def _stiffness_of(body: Body, settings: SnakeSettings) -> NDArray[np.float64]:
    """Return the stiffness (n, n) of one snake."""
    wide = min(settings.spacing * settings.unit_px / body.spacing_px, 8.0)
    return stiffness(
        len(body.node_at), body.start.is_closed,
        settings.tension * wide**2, settings.rigidity * wide**4,
    )  # fmt: skip


def _fixed_nodes(body: Body) -> NDArray[np.bool_]:
    """Tell (n,) which nodes of a snake stay where they are."""
    fixed = np.zeros(len(body.node_at), dtype=bool)
    if not body.start.is_closed:
        fixed[0], fixed[-1] = body.start.fixed_ends
    return fixed


def _groups(
    owner: NDArray[np.intp], joints: Sequence[Sequence[int]], fixed: NDArray[np.bool_]
) -> tuple[tuple[Group, ...], NDArray[np.intp]]:
    """Gather snakes that joints hold together; return them and each node's group."""
    together = share_nodes(int(owner.max()) + 1, [np.unique(owner[list(n)]) for n in joints])
    group = together[owner]
    rows = [np.flatnonzero(group == number) for number in range(int(together.max()) + 1)]
    return tuple(Group(nodes, bool(fixed[nodes].any())) for nodes in rows), group
