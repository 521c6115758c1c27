"""What the ink asks of snakes in motion, stage by stage."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .field import line_energy, line_evidence, line_hold
from .matching import agreement
from .snake import SnakeSettings
from .system import SnakeSystem

__all__ = ["Pull", "SnakeState", "Stage", "pull_of", "stages_of"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of the way: `match` or `ink`, how stiff, how blurred, how far ink pulls."""

    name: str
    stiffness: float = 1.0
    blur_px: float = 0.0
    reach: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Pull:
    """What the ink asks of the nodes at one moment.

    Attributes
    ----------
    force : (n, 2) pixels; hold : (n, 2, 2) its stiffness; energy : (n,) px²
    """

    force: NDArray[np.float64]
    hold: NDArray[np.float64]
    energy: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SnakeState:
    """Snakes in motion.

    Attributes
    ----------
    displacement : (n, 2) of all nodes, pixels
    moved : (n,) way of each node in the last step, pixels; infinite before the first
    steps, stage, stage_steps : steps made; number of the stage; steps made in it
    targets, sure : (n, 2) pixels and (n,): where matching sends the nodes
    slides, slide_hold : (n, 2) pixels and (n,): where the ends slide to
    energies : (snakes,) arrays, px² per node, one a step
    began : first step of each stage
    """

    displacement: NDArray[np.float64]
    moved: NDArray[np.float64]
    steps: int
    stage: int
    stage_steps: int
    targets: NDArray[np.float64]
    sure: NDArray[np.float64]
    slides: NDArray[np.float64]
    slide_hold: NDArray[np.float64]
    energies: tuple[NDArray[np.float64], ...] = ()
    began: tuple[int, ...] = (0,)

    @property
    def moved_px(self) -> float:
        """The longest way of a node in the last step, pixels."""
        return float(self.moved.max())


def stages_of(settings: SnakeSettings) -> tuple[Stage, ...]:
    """Return the way that the settings ask for."""
    if settings.matching:
        reach = 1.0
        stages = []
        for factor in settings.match_stiffness:
            stages.append(Stage("match", factor, 0.0, reach))
            reach = max(0.5 * reach, 0.25)
        return (*stages, Stage("ink", 1.0))
    blurs = [blur * settings.unit_px for blur in settings.blur]
    return tuple(
        Stage("ink", 1.0, blur, reach) for blur, reach in zip(blurs, settings.reach, strict=True)
    )


def pull_of(state: SnakeState, system: SnakeSystem, stage: Stage) -> Pull:
    """Return what the ink asks of the nodes now."""
    settings = system.settings
    points = system.points + state.displacement
    tangents = system.tangents(points)
    if stage.name == "match":
        way = state.targets - points
        spring = state.sure
        energy = 0.5 * spring * np.square(way).sum(axis=1)
        seen = spring
    else:
        way, spring, energy, seen = _field_pull(points, tangents, system, stage)
    normals = np.column_stack([-tangents[:, 1], tangents[:, 0]])
    across = normals[:, :, None] * normals[:, None, :]
    if settings.normal_only:
        hold = spring[:, None, None] * across
    else:
        hold = spring[:, None, None] * np.eye(2)
    force = (hold @ way[..., None])[..., 0]
    # Ends slide along the line only; where it lies across is the field's to say.
    along = state.slide_hold[:, None, None] * (np.eye(2) - across)
    force += (along @ (state.slides - points)[..., None])[..., 0]
    if settings.balloon:
        outward = normals * _outward(system, points)[system.owner, None]
        empty = np.maximum(1.0 - seen, 0.0)[:, None]
        force += settings.balloon * settings.unit_px / settings.step_size * empty * outward
    return Pull(force, hold + along, energy)


def _field_pull(
    points: NDArray[np.float64], tangents: NDArray[np.float64], system: SnakeSystem, stage: Stage
) -> tuple[NDArray[np.float64], ...]:
    """Return way, spring stiffness, energy and evidence of the field at the nodes."""
    settings, stack, which = system.settings, system.stack, system.which
    reach = stack.reach_px[which] * stage.reach
    if settings.matching:
        reach = np.minimum(reach, settings.polish_reach * settings.unit_px)
    found = stack.find(points, which)
    fits = agreement(found, tangents, system.side, settings.ink_angle_deg)
    found = replace(found, strength=found.strength * fits * system.weight)
    energy = line_energy(found, reach)
    seen = line_evidence(found, stack.evidence_px[which])
    if stage.blur_px > 0.0:
        way, spring = stack.blurred_pull(points, which, stage.blur_px)
        return way, spring * system.weight, energy, seen
    return stack.steer(points, which, found), line_hold(found, reach), energy, seen


def _outward(system: SnakeSystem, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return per snake the sign that turns its right-hand normal outwards if it is closed."""
    signs = np.ones(len(system.bodies))
    for number, body in enumerate(system.bodies):
        if body.start.is_closed:
            x, y = points[body.nodes].T
            area = (x * np.roll(y, -1) - np.roll(x, -1) * y).sum()
            signs[number] = -1.0 if area > 0.0 else 1.0
    return signs
