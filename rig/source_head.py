"""A head as its maker built it: any units, any axes, any mesh, with shapes by ARKit's names.

What Blender (or whoever reads a file) hands over, before anybody knows where its features are.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import require_shape
from .normals import face_normals

__all__ = ["SourceHead", "pieces", "vertex_areas", "welded"]


@dataclass(frozen=True, slots=True, eq=False)
class SourceHead:
    """A mesh at rest and how its shapes move it.

    Attributes
    ----------
    vertices : (V, 3) float64, any unit, any axes
    polygons : (Q, 4) int32
        Counter-clockwise from outside; -1 in the last place of a triangle.
    shapes : name → (V, 3) displacement at full strength, in the unit of the vertices
        Names of `RIG_SHAPE_NAMES`, or one without its side (`browInnerUp`) for both sides at once.
    labels : what its maker calls the parts (names of objects and materials)
    label : (V,) int32, index into `labels`; empty where nobody told
    """

    vertices: NDArray[np.float64]
    polygons: NDArray[np.int32]
    shapes: Mapping[str, NDArray[np.floating]]
    labels: tuple[str, ...] = ("",)
    label: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))

    def __post_init__(self) -> None:
        require_shape("vertices", self.vertices, ("V", 3), "Give one position a vertex.")
        require_shape("polygons", self.polygons, ("Q", 4), "Pad triangles with -1.")
        if not len(self.label):
            object.__setattr__(self, "label", np.zeros(len(self.vertices), dtype=np.int32))
        require_shape("label", self.label, (len(self.vertices),), "Give one label a vertex.")
        for name, shape in self.shapes.items():
            hint = "Give one displacement a vertex."
            require_shape(name, shape, self.vertices.shape, hint)

    @property
    def triangles(self) -> NDArray[np.int32]:
        """(F, 3) the polygons cut into fans, in order."""
        fans = self.polygons[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3)
        return fans[(fans >= 0).all(axis=1)]

    def cut(self, kept: NDArray[np.bool_]) -> SourceHead:
        """Return the head on some of its vertices: (V,) flags; their polygons stay."""
        renumber = np.full(len(self.vertices) + 1, -1, dtype=np.int32)
        renumber[:-1][kept] = np.arange(int(kept.sum()))
        whole = (renumber[self.polygons] >= 0) | (self.polygons < 0)
        polygons = renumber[self.polygons[whole.all(axis=1)]]
        shapes = {name: shape[kept] for name, shape in self.shapes.items()}
        return replace(
            self,
            vertices=self.vertices[kept],
            polygons=polygons,
            shapes=shapes,
            label=self.label[kept],
        )

    def moved(
        self, scale: float, turn: NDArray[np.float64], shift: NDArray[np.float64]
    ) -> SourceHead:
        """Return the head as scale · turn · vertex + shift."""
        shapes = {name: scale * shape @ turn.T for name, shape in self.shapes.items()}
        return replace(self, vertices=scale * self.vertices @ turn.T + shift, shapes=shapes)


def welded(head: SourceHead) -> SourceHead:
    """Return the head with vertices that lie at one place and move alike made one.

    Files for games split vertices along the seams of textures; a contour would see an edge there.
    Lips that touch at rest stay two, because they part. Vertices without polygons are left out.
    """
    columns = [head.vertices, *head.shapes.values()]
    flat = np.ascontiguousarray(np.concatenate(columns, axis=1), dtype=np.float32)
    size = float(np.ptp(head.vertices, axis=0).max()) or 1.0
    steps = np.rint(flat / (1e-6 * size)).astype(np.int64)
    _, first, same = np.unique(steps, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)  # the vertices stay in their order
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order))
    new = np.append(rank[same.reshape(-1)], np.int32(-1))
    kept = first[order]
    joined = replace(
        head,
        vertices=head.vertices[kept],
        polygons=_sound(new[head.polygons]),
        shapes={name: shape[kept] for name, shape in head.shapes.items()},
        label=head.label[kept],
    )
    used = np.zeros(len(kept), dtype=bool)
    used[joined.polygons[joined.polygons >= 0]] = True
    return joined.cut(used)


def _sound(polygons: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the polygons that have an area left; a quad with a lost corner is a triangle."""
    out = []
    for corners in polygons.tolist():
        ring = [c for place, c in enumerate(corners) if c >= 0 and c not in corners[:place]]
        if len(ring) >= 3:
            out.append([*ring, -1] if len(ring) == 3 else ring)
    return np.array(out, dtype=np.int32).reshape(-1, 4)


def pieces(triangles: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Return (V,) the number of the loose piece that each of `count` vertices belongs to."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    rows = triangles[:, [0, 1]].ravel()
    columns = triangles[:, [1, 2]].ravel()
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), (count, count))
    numbers: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return numbers


def vertex_areas(
    vertices: NDArray[np.floating], triangles: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return (V,) each vertex's share of the surface, in the unit of the vertices squared."""
    area = np.linalg.norm(face_normals(vertices, triangles), axis=1) / 6.0
    shares: NDArray[np.float64] = np.zeros(len(vertices))
    np.add.at(shares, triangles, area[:, None])
    return shares
