"""Blender reads our .glb: the same head, the same names, the same weights."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.addon.bridge.axes import to_core
from limner.rig.arkit import ARKIT_NAMES
from limner.rig.gltf import write_glb
from limner.rig.head_mesh import SKETCH_FIT

pytestmark = [
    pytest.mark.blender,
    # Blender's own importer
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def imported(bpy, fit, tmp_path):
    """Write the tiny fit as .glb, let Blender import it, return the objects with shape keys."""
    write_glb(fit.mesh(), tmp_path / "head.glb")
    bpy.ops.import_scene.gltf(filepath=str(tmp_path / "head.glb"))
    heads = [thing for thing in bpy.data.objects if getattr(thing.data, "shape_keys", None)]
    assert heads
    return heads


def test_names_and_weights_come_back(imported, fit):
    wanted = dict(zip(fit.mesh().target_names, fit.mesh().weights.tolist(), strict=True))
    assert list(wanted) == [*ARKIT_NAMES, SKETCH_FIT]
    for head in imported:
        keys = list(head.data.shape_keys.key_blocks)[1:]
        assert [key.name for key in keys] == list(wanted)
        for key in keys:
            assert key.value == pytest.approx(wanted[key.name], abs=1e-6)


def test_the_face_comes_back_in_shape(bpy, imported, fit):
    """Vertex order and copies are the importer's, so points are compared with the nearest."""
    graph = bpy.context.evaluated_depsgraph_get()
    seen = []
    for head in imported:
        shown = head.evaluated_get(graph)
        mesh = shown.to_mesh()
        local = np.array([vertex.co for vertex in mesh.vertices])
        matrix = np.array(shown.matrix_world)
        seen.append(local @ matrix[:3, :3].T + matrix[:3, 3])
    back = to_core(np.concatenate(seen))
    distance = np.linalg.norm(fit.mesh().posed()[:, None] - back, axis=2)
    assert distance.min(axis=1).max() < 1e-5
    assert distance.min(axis=0).max() < 1e-5
