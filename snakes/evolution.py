"""Snakes crawl onto the ink: init, step, done, and the loop that runs them.

Two ways there. With matching (the default) whole curves are first matched to ink by dynamic
programming, stiff to soft, then relax in the field's near pull. Without, they crawl through the
field alone, from blurred to sharp, as Kass, Witkin and Terzopoulos's do.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .ends import slide_ends
from .field import ForceField, line_evidence
from .joints import Joint, Order
from .lines import InkLines
from .matching import agreement, match_curves
from .motion import Pull, SnakeState, pull_of, stages_of
from .placing import exclude_shared_ink, shift_groups
from .snake import Outcome, SnakeResult, SnakeSettings, SnakeStart
from .system import SnakeSystem, build_system

__all__ = ["done", "evolve", "init", "step"]

_MATCH_STEPS = 3
_SEEN = 0.05


def init(
    starts: Sequence[SnakeStart],
    fields: Mapping[str, ForceField] | Sequence[ForceField],
    settings: SnakeSettings,
    joints: Sequence[Joint] = (),
    orders: Sequence[Order] = (),
) -> tuple[SnakeSystem, SnakeState]:
    """Do all one-time work; see `evolve` for the parameters."""
    chosen = [
        (fields.get(start.name) if isinstance(fields, Mapping) else fields[index]) or _NO_FIELD
        for index, start in enumerate(starts)
    ]
    system = build_system(starts, chosen, settings, joints, orders)
    nothing = np.zeros_like(system.points)
    none = np.zeros(len(nothing))
    shifted = nothing
    if settings.matching and settings.shift:
        shifted = system.constrain(shift_groups(system))
    state = SnakeState(shifted, none + np.inf, 0, 0, 0, nothing, none, nothing, none)
    return system, _enter(state, system, 0)


def step(state: SnakeState, system: SnakeSystem) -> SnakeState:
    """Advance all snakes by one step, implicit in stiffness and in the springs to the ink."""
    stages = stages_of(system.settings)
    if _stage_is_over(state, system):
        state = _enter(state, system, state.stage + 1)
    stage = stages[state.stage]
    pull = pull_of(state, system, stage)
    resistance = system.resistance(state.displacement, stage.stiffness)
    energies = _energies(state, system, pull, resistance)
    tolerance = system.settings.tolerance_px
    is_moving = np.bincount(system.group, ~(state.moved <= tolerance)) > 0
    displacement = system.solve(
        state.displacement, pull.force - resistance, pull.hold, stage.stiffness, is_moving
    )
    displacement = system.constrain(displacement)
    moved = np.linalg.norm(displacement - state.displacement, axis=1)
    return replace(
        state, displacement=displacement, moved=moved, steps=state.steps + 1,
        stage_steps=state.stage_steps + 1, energies=(*state.energies, energies),
    )  # fmt: skip


def done(state: SnakeState, system: SnakeSystem) -> Outcome | None:
    """Return why all snakes stop now, or None."""
    if state.steps and not np.isfinite(state.moved_px):
        return Outcome.NOT_FINITE
    if not _stage_is_over(state, system) or state.stage + 1 < len(stages_of(system.settings)):
        return None
    settled = state.moved_px <= system.settings.tolerance_px
    return Outcome.CONVERGED if settled else Outcome.OUT_OF_STEPS


def evolve(
    starts: Sequence[SnakeStart],
    fields: Mapping[str, ForceField] | Sequence[ForceField],
    settings: SnakeSettings | None = None,
    joints: Sequence[Joint] = (),
    orders: Sequence[Order] = (),
    on_step: Callable[[SnakeState], None] | None = None,
) -> list[SnakeResult]:
    """Let snakes crawl onto the ink, all together.

    Parameters
    ----------
    starts : the curves; one with points or weights that are not finite stays behind
    fields : a field a name, or one a start; a snake without a field follows its neighbours
    settings : stiffness, reach and the rest, in multiples of `unit_px`
    joints : points that move as one
    orders : pairs that must not cross
    on_step : called with the state after each step

    Returns
    -------
    One result a start, in order.

    References
    ----------
    Kass, Witkin & Terzopoulos 1988, Snakes: active contour models, doi:10.1007/BF00133570.
    Amini, Weymouth & Jain 1990, Using dynamic programming for solving variational problems in
    vision, doi:10.1109/34.57681.
    """
    settings = SnakeSettings() if settings is None else settings
    sound = [_is_finite(start) for start in starts]
    if not isinstance(fields, Mapping):
        fields = {start.name: field for start, field in zip(starts, fields, strict=True)}
    moving = [start for start, fine in zip(starts, sound, strict=True) if fine]
    names = {start.name for start, fine in zip(starts, sound, strict=True) if not fine}
    results: dict[str, SnakeResult] = {}
    if moving:
        joints = [joint for joint in _without(joints, names) if len(joint.members) > 1]
        orders = [order for order in orders if not {order.above, order.below} & names]
        system, state = init(moving, fields, settings, joints, orders)
        outcome = None
        while outcome is None:
            state = step(state, system)
            outcome = done(state, system)
            if on_step is not None:
                on_step(state)
        results = {result.name: result for result in _results(state, system, outcome)}
    return [results.get(start.name) or _stay(start) for start in starts]


_NO_FIELD = ForceField(
    InkLines.none(),
    (0, 0), np.zeros((1, 1), dtype=np.int32), 1.0, 1.0,
)  # fmt: skip


def _is_finite(start: SnakeStart) -> bool:
    """Return whether all points and weights are finite."""
    weights = start.weight is None or np.isfinite(start.weight).all()
    return bool(np.isfinite(start.points).all() and weights)


def _without(joints: Sequence[Joint], names: set[str]) -> list[Joint]:
    """Leave snakes out of joints; a joint that loses all but one member goes."""
    if not names:
        return list(joints)
    kept = (tuple(m for m in joint.members if m[0] not in names) for joint in joints)
    return [Joint(members) for members in kept if len(members) > 1]


def _stay(start: SnakeStart) -> SnakeResult:
    """Return the start itself, for a curve that cannot move."""
    none = np.zeros(len(start.points))
    return SnakeResult(
        start.name, start.points, np.zeros_like(start.points), none, np.zeros(0), (), 0,
        Outcome.NOT_FINITE,
    )  # fmt: skip


def _stage_is_over(state: SnakeState, system: SnakeSystem) -> bool:
    """Return whether the present stage has come to rest or used its steps."""
    stage = stages_of(system.settings)[state.stage]
    # Targets stand still while matching: a few steps reach them, the next round refines.
    most = _MATCH_STEPS if stage.name == "match" else system.settings.max_steps
    resting = state.stage_steps > 0 and state.moved_px <= system.settings.tolerance_px
    broken = state.stage_steps > 0 and not np.isfinite(state.moved_px)
    return resting or broken or state.stage_steps >= most


def _enter(state: SnakeState, system: SnakeSystem, number: int) -> SnakeState:
    """Begin a stage: match the curves as they lie now, and see where their ends belong."""
    settings = system.settings
    stage = stages_of(settings)[number]
    points = system.points + state.displacement
    reach = system.stack.reach_px[system.which] * stage.reach
    tangents = system.tangents(points)
    curves = [(body.nodes, body.start.is_closed, body.spacing_px) for body in system.bodies]
    targets, sure = state.targets, state.sure
    if settings.matching and (stage.name == "match" or settings.slide > 0.0):
        if stage.name != "match":
            reach = np.minimum(reach, settings.polish_reach * settings.unit_px)
        targets, sure = match_curves(
            system.stack, system.which, points, tangents, system.side, curves, reach,
            settings.ink_angle_deg,
        )  # fmt: skip
        sure = sure * system.weight
        pairs = [(above, below) for above, below, *_ in system.orders]
        sure = exclude_shared_ink(system, points, targets, sure, pairs)
    slides, slide_hold = np.zeros_like(points), np.zeros(len(points))
    if settings.matching and settings.slide > 0.0:
        slides, slide_hold = slide_ends(system, points, tangents, targets, sure)
    began = state.began if number == 0 else (*state.began, state.steps)
    return replace(
        state, stage=number, stage_steps=0, moved=np.full(len(points), np.inf),
        targets=targets, sure=sure,
        slides=slides, slide_hold=slide_hold, began=began,
    )  # fmt: skip


def _energies(
    state: SnakeState, system: SnakeSystem, pull: Pull, resistance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the energy per node of each snake (snakes,), px²."""
    settings = system.settings
    shape = state.displacement if settings.is_relative else state.displacement + system.points
    inner = 0.5 * (shape * resistance).sum(axis=1)
    if not settings.is_relative:
        anchored = settings.anchor * state.displacement
        inner += 0.5 * (anchored * state.displacement - anchored * shape).sum(axis=1)
    total = np.bincount(system.owner, inner + pull.energy, len(system.bodies))
    return total / np.bincount(system.owner, minlength=len(system.bodies))


def _results(state: SnakeState, system: SnakeSystem, outcome: Outcome) -> list[SnakeResult]:
    """Carry the nodes' ways over to the points given."""
    points = system.points + state.displacement
    found = system.stack.find(points, system.which)
    fits = agreement(found, system.tangents(points), system.side, system.settings.ink_angle_deg)
    near = line_evidence(found, system.stack.evidence_px[system.which])
    evidence = near * fits * system.weight
    energies = np.array(state.energies)
    names = [stage.name for stage in stages_of(system.settings)]
    stages = tuple(zip(names, state.began, strict=False))
    limit = system.settings.max_displacement * system.settings.unit_px
    results = []
    for number, body in enumerate(system.bodies):
        nodes, start = body.nodes, body.start
        way = state.displacement[nodes]
        if outcome is Outcome.NOT_FINITE or not np.isfinite(way).all():
            results.append(_stay(start))
            continue
        mine = outcome
        if evidence[nodes].max() < _SEEN:
            mine = Outcome.NO_INK
        elif (np.linalg.norm(way, axis=1) >= limit * (1.0 - 1e-6)).any():
            mine = Outcome.AT_LIMIT
        elif state.moved[nodes].max() <= system.settings.tolerance_px:
            mine = Outcome.CONVERGED  # though others may still be on their way
        displacement = body.to_points(way)
        results.append(SnakeResult(
            start.name, start.points + displacement, displacement,
            body.to_points(evidence[nodes]), energies[:, number], stages, state.steps, mine,
        ))  # fmt: skip
    return results
