"""A .blend of limner's first version opens: nothing in it is lost, and work goes on.

`tests/data/blend/first_version.blend` was saved by Blender 4.5 with limner as it was before marks
and strengths: a head of the tiny rig (12 columns, 8 rows), turned down to 0.8 and moved, a list
with AU5 pinned to 0.4, a kept expression, keyframes, and a mesh of somebody's own with one row.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from limner.rig.head_mesh import SKETCH_FIT

from ..tiny_rig import tiny_fit, tiny_rig
from .scene_state import FakeSession

pytestmark = pytest.mark.blender

OLD = Path(__file__).parents[1] / "data" / "blend" / "first_version.blend"


@pytest.fixture
def old(bpy, limner, monkeypatch):
    """Open the file; return the scene's properties."""
    from limner.addon import computing

    if bpy.app.version < (4, 5, 0):
        pytest.skip("the file was saved by Blender 4.5")
    bpy.ops.wm.open_mainfile(filepath=str(OLD))
    same_rig = tiny_fit(tiny_rig(12, 8))
    monkeypatch.setattr(computing, "session", lambda *_: FakeSession(same_rig))
    return bpy.context.scene.limner


def fitted(head):
    """Return the coordinates of Sketch Fit."""
    key = head.data.shape_keys.key_blocks[SKETCH_FIT]
    points = np.empty(3 * len(key.points), dtype=np.float32)
    key.points.foreach_get("co", points)
    return points


def test_all_that_was_kept_is_there(bpy, old):
    from limner.addon.bridge import keeping, stage

    head = bpy.data.objects["Kept Head"]
    assert stage.is_head(head)
    assert head.data.shape_keys.key_blocks[SKETCH_FIT].value == pytest.approx(0.8)
    assert old.sketch_path == "//face.png"
    assert [(row.number, row.left) for row in old.aus if row.is_pinned] == [(5, pytest.approx(0.4))]
    assert [action.name for action in keeping.kept_actions()] == ["Smile"]
    links = old.own.limner_mesh.links
    assert [(row.source, row.target, row.factor) for row in links] == [
        ("mouthSmileLeft", "mouthSmileLeft", 0.5)
    ]


def test_what_is_new_starts_where_it_changes_nothing(bpy, old):
    from limner.addon.kept_marks import hints_of, marks_of

    head = bpy.data.objects["Kept Head"]
    before = fitted(head).tobytes()
    assert marks_of(old) is None
    assert hints_of(old).landmarks == {}
    assert head.limner_strengths.mouth == 1.0
    head.limner_strengths.mouth = 0.5
    assert fitted(head).tobytes() == before


def test_work_goes_on(bpy, old):
    head = bpy.data.objects["Kept Head"]
    bpy.context.view_layer.objects.active = head
    assert bpy.ops.limner.detect() == {"FINISHED"}
    assert next(row.left for row in old.aus if row.number == 5) == pytest.approx(0.4)
    assert bpy.ops.limner.correct(points='{"30": [100, 100]}') == {"FINISHED"}
    assert bpy.ops.limner.wear_asset(action="Smile") == {"FINISHED"}
    assert bpy.ops.limner.fit() == {"FINISHED"}
    assert bpy.data.objects["Kept Head"].location[0] == pytest.approx(0.4)
    whole = fitted(head).tobytes()
    head.limner_strengths.mouth = 0.0
    assert fitted(head).tobytes() != whole
    head.limner_strengths.mouth = 1.0
    assert fitted(head).tobytes() == whole
