"""An .obj read back line by line is the posed head."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
from limner.rig.face_rig import RigState
from limner.rig.head_mesh import head_mesh
from limner.rig.obj import obj_text, write_obj

from .heads import make_rig


def _mesh():
    """Return a quad and a triangle of skin and a triangle of tongue."""
    rng = np.random.default_rng(5)
    vertices = rng.normal(0.0, 0.1, (8, 3))
    polygons = np.array([[0, 1, 2, 3], [3, 2, 4, -1], [5, 6, 7, -1]])
    triangles = np.array([[0, 1, 2], [0, 2, 3], [3, 2, 4], [5, 6, 7]])
    part = np.array([0, 0, 0, 0, 0, 5, 5, 5])
    rig = make_rig(vertices, triangles, part, polygons=polygons)
    weights = np.zeros(len(rig.shape_names))
    weights[rig.shape_names.index("jawOpen")] = 1.0 / 3.0
    state = RigState(weights, np.zeros(0), np.array([0.1, 0.7, -0.2]))
    return head_mesh(rig, state, rng.normal(0.0, 0.001, vertices.shape))


def test_points_polygons_and_groups_survive():
    mesh = _mesh()
    points, polygons, groups = [], [], []
    for line in obj_text(mesh).splitlines():
        kind, *rest = line.split()
        if kind == "v":
            points.append([float(value) for value in rest])
        elif kind == "g":
            groups.append((rest[0], len(polygons)))
        elif kind == "f":
            polygons.append([int(value) - 1 for value in rest])
    np.testing.assert_allclose(points, mesh.posed(), rtol=1e-8, atol=1e-11)
    assert polygons == [[0, 1, 2, 3], [3, 2, 4], [5, 6, 7]]
    assert groups == [("skin", 0), ("tongue", 2)]


def test_every_weight_stands_in_a_comment(tmp_path):
    mesh = _mesh()
    write_obj(mesh, tmp_path / "kopf é.obj")
    text = (tmp_path / "kopf é.obj").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        if line.startswith("# weight "):
            name, value = line.removeprefix("# weight ").rsplit(" ", 1)
            found[name] = float(value)
    assert list(found) == list(mesh.target_names)
    np.testing.assert_allclose(list(found.values()), mesh.weights, rtol=1e-7)
