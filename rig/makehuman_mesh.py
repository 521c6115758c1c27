"""Cutting a head out of the hm08 base mesh: edge loops, what stays, eyeballs, triangles.

hm08's topology is fixed, so the loops that matter are named by one directed edge each and walked
from there: straight on at every vertex with four neighbours.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .makehuman_source import BaseMesh

__all__ = ["EYE_RADIUS_M", "HeadCut", "Loops", "cut_head", "eyeball", "fan"]

EYE_RADIUS_M = 0.0151
"""Eyeball of the mean adult. hm08's own ball has 15.4 mm with its cornea, and its lids' inner rim
lies at 14.4 to 16.1 mm: with 15.1 mm the rim dips in and the margin's edge stays out."""

IRIS_RADIUS_M = 0.0059
"""Human irises measure 11.8 mm across, with little spread."""

_NECK = (1522, 8205)
_MOUTH_BACK = (639, 7372)
_CROWN = 881
_EYE_RINGS_L = (
    7773, 7747, 13352, 6784, 11465, 6786, 6788, 11491, 6859, 6888, 6893, 6898,
)  # fmt: skip
"""One vertex of each ring round the left eye, from inside the socket out to the orbit."""
_MOUTH_RINGS = (
    (5342, 11945), (362, 7118), (455, 7214), (466, 7222), (467, 7223), (509, 7257),
    (468, 7224), (474, 7229), (520, 7267),
)  # fmt: skip
"""A first edge of each ring round the mouth, from the skin to the line where the lips part."""
_BODY_END = 13380
_EYE_ANGLES_DEG = (9.0, np.degrees(np.arcsin(IRIS_RADIUS_M / EYE_RADIUS_M)), 44.0, 66.0, 92.0)
_EYE_SEGMENTS = 18
_HELPERS = ("helper-upper-teeth", "helper-lower-teeth", "helper-tongue")
_PARTS = (3, 4, 5)
_TONGUE_FROM_M = 0.112
"""The root of the tongue, behind this depth of the base mesh, is never seen."""


class Loops:
    """Edge loops of a mesh of quads."""

    def __init__(self, quads: NDArray[np.int64]) -> None:
        self._neighbours: dict[int, set[int]] = defaultdict(set)
        self._around: dict[int, set[int]] = defaultdict(set)
        for quad in quads.tolist():
            for place in range(4):
                first, second = quad[place], quad[(place + 1) % 4]
                self._neighbours[first].add(second)
                self._neighbours[second].add(first)
                self._around[first].update(quad)

        self._edge_side: dict[frozenset[int], set[int]] = defaultdict(set)
        for quad in quads.tolist():
            for place in range(4):
                self._edge_side[frozenset((quad[place], quad[(place + 1) % 4]))].update(quad)

    def walk(self, first: int, second: int) -> list[int]:
        """Go straight on from an edge until the loop closes, and return its vertices."""
        loop = [first, second]
        while True:
            before, here = loop[-2:]
            side = self._edge_side[frozenset((before, here))]
            ahead = self._neighbours[here] - side
            assert len(self._neighbours[here]) == 4 and len(ahead) == 1, "no straight way on"
            step = ahead.pop()
            if step == first:
                return loop
            loop.append(step)

    def ring(self, vertex: int, length: int) -> list[int]:
        """Return the closed loop of a given length through a vertex."""
        for neighbour in sorted(self._neighbours[vertex]):
            try:
                loop = self.walk(vertex, neighbour)
            except AssertionError:
                continue
            if len(loop) == length:
                return loop
        raise AssertionError(f"no loop of {length} through vertex {vertex}")

    def flood(self, start: int, walls: set[int]) -> set[int]:
        """Return all vertices reached from `start`, walls included but not crossed."""
        reached, waiting = set(), [start]
        while waiting:
            vertex = waiting.pop()
            if vertex not in reached:
                reached.add(vertex)
                if vertex not in walls:
                    waiting.extend(self._neighbours[vertex] - reached)
        return reached


@dataclass(frozen=True, slots=True, eq=False)
class HeadCut:
    """Which vertices of the base mesh make the head, and how they hang together.

    Attributes
    ----------
    source : (V,) int64, vertex of the base mesh, or -1 for a vertex of a new eyeball
    polygons : (Q, 4) int32
    part : (V,) uint8, index into `face_rig.PART_NAMES`
    mirror : (V,) int64, the vertex on the other side
    eye_rings : vertices of the rings round the left eye, from inside out, each from the inner
        corner over the upper lid
    mouth_rings : vertices of the rings round the mouth, from the skin inwards, each from the
        middle of the upper lip over the left corner
    """

    source: NDArray[np.int64]
    polygons: NDArray[np.int32]
    part: NDArray[np.uint8]
    mirror: NDArray[np.int64]
    eye_rings: list[list[int]]
    mouth_rings: list[list[int]]


def cut_head(base: BaseMesh) -> HeadCut:
    """Cut head and neck; drop sockets and throat where nobody looks; add smooth eyeballs."""
    body = base.quads[base.group == "body"]
    loops = Loops(body)
    eye_rings = [_from_inner_corner(loops.ring(v, 28), base.vertices) for v in _EYE_RINGS_L]
    mouth_rings = [loops.walk(*edge) for edge in _MOUTH_RINGS]
    throat = loops.walk(*_MOUTH_BACK)
    walls = {*loops.walk(*_NECK), *throat, *eye_rings[0], *base.mirror[eye_rings[0]].tolist()}
    kept = np.zeros(len(base.vertices), dtype=bool)
    kept[list(loops.flood(_CROWN, walls))] = True
    quads = _mirrored_quads(body[kept[body].all(axis=1)], base)
    pieces, parts = [quads, _cap(throat)], np.zeros(len(base.vertices), dtype=np.uint8)
    for helper, part in zip(_HELPERS, _PARTS, strict=True):
        rows = base.quads[base.group == helper]
        if helper == "helper-tongue":
            rows = rows[base.vertices[rows][..., 2].min(axis=1) > _TONGUE_FROM_M]
        rows = _mirrored_quads(rows, base)
        parts[rows] = part
        pieces.append(rows)
    polygons = np.concatenate(pieces)
    source = np.unique(polygons[polygons >= 0])
    new = np.full(len(base.vertices) + 1, -1)
    new[source] = np.arange(len(source))
    polygons, part, mirror = new[polygons], parts[source], new[base.mirror[source]]
    ball, ball_polygons, ball_mirror = eyeball()
    for eye, other in ((1, 1), (2, -1)):  # the left ball, then the right one
        start = len(source)
        rows = np.where(ball_polygons >= 0, ball_polygons + start, -1)
        polygons = np.concatenate([polygons, rows])
        source = np.concatenate([source, np.full(len(ball), -1)])
        part = np.concatenate([part, np.full(len(ball), eye, dtype=np.uint8)])
        mirror = np.concatenate([mirror, ball_mirror + start + other * len(ball)])
    return HeadCut(
        source=source,
        polygons=polygons.astype(np.int32),
        part=part,
        mirror=mirror,
        eye_rings=[new[ring].tolist() for ring in eye_rings],
        mouth_rings=[new[ring].tolist() for ring in mouth_rings],
    )


def eyeball() -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return a unit ball that looks along +Z: (N, 3) vertices, polygons, mirror in x.

    The front pole is vertex 0; the second ring is the iris's edge; the back, which nobody sees,
    is open.
    """
    turn = 2.0 * np.pi * np.arange(_EYE_SEGMENTS) / _EYE_SEGMENTS
    rings = [
        np.stack(
            [
                np.sin(angle) * np.cos(turn),
                np.sin(angle) * np.sin(turn),
                np.full(_EYE_SEGMENTS, np.cos(angle)),
            ],
            axis=1,
        )
        for angle in np.radians(_EYE_ANGLES_DEG)
    ]
    vertices = np.concatenate([[[0.0, 0.0, 1.0]], *rings])
    here = np.arange(_EYE_SEGMENTS)
    after = (here + 1) % _EYE_SEGMENTS
    fans = np.stack([np.zeros_like(here), 1 + here, 1 + after, np.full_like(here, -1)], axis=1)
    bands = [
        np.stack([s + here, s + _EYE_SEGMENTS + here, s + _EYE_SEGMENTS + after, s + after], 1)
        for s in 1 + _EYE_SEGMENTS * np.arange(len(rings) - 1)
    ]
    flipped = (_EYE_SEGMENTS // 2 - here) % _EYE_SEGMENTS
    starts = 1 + _EYE_SEGMENTS * np.arange(len(rings))
    mirror = np.concatenate([[0], *(start + flipped for start in starts)])
    return vertices, np.concatenate([fans, *bands]), mirror


def fan(polygons: NDArray[np.integer]) -> NDArray[np.int32]:
    """Cut (Q, 4) polygons, -1 in the last place of a triangle, into (F, 3) triangles in order."""
    both = np.stack([polygons[:, [0, 1, 2]], polygons[:, [0, 2, 3]]], axis=1).reshape(-1, 3)
    return both[both[:, 2] >= 0].astype(np.int32)


def _mirrored_quads(quads: NDArray[np.int64], base: BaseMesh) -> NDArray[np.int64]:
    """Replace the right half by the left half's mirror image, so that diagonals match too."""
    left = quads[base.vertices[quads][..., 0].mean(axis=1) > 0.0]
    right = base.mirror[left][:, [0, 3, 2, 1]]
    assert len(left) * 2 == len(quads), "the base mesh is not symmetric"
    return np.concatenate([left, right])


def _cap(ring: list[int]) -> NDArray[np.int64]:
    """Close the throat with a ladder between the ring's two halves, facing the mouth."""
    half = len(ring) // 2
    rungs = [(ring[i], ring[-i]) for i in range(1, half)]
    ladder = [(a, b, d, c) for (a, b), (c, d) in itertools.pairwise(rungs)]
    ends = [(ring[0], rungs[0][1], rungs[0][0], -1), (ring[half], *rungs[-1], -1)]
    return np.array([*ladder, *ends])


def _from_inner_corner(ring: list[int], vertices: NDArray[np.float64]) -> list[int]:
    """Turn a ring round the left eye so that it starts at the nose and runs over the top."""
    start = int(np.argmin(vertices[ring, 0]))
    ring = ring[start:] + ring[:start]
    upwards = vertices[ring[len(ring) // 4], 1] > vertices[ring[-(len(ring) // 4)], 1]
    return ring if upwards else [ring[0], *ring[:0:-1]]
