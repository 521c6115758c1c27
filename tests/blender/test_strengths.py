"""Sketch Fit region by region: what is turned down comes back exactly, and sculpting is kept."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.rig.head_mesh import SKETCH_FIT
from limner.rig.regions import REGIONS, region_weights

from ..tiny_rig import tiny_fit
from .scene_state import FakeSession, everything

pytestmark = pytest.mark.blender


@pytest.fixture
def head(bpy, limner):
    bpy.ops.limner.fit()
    return bpy.context.object


def points(head, name=SKETCH_FIT):
    """Return the (V, 3) coordinates of a shape key."""
    key = head.data.shape_keys.key_blocks[name]
    found = np.empty(3 * len(key.points), dtype=np.float32)
    key.points.foreach_get("co", found)
    return found.reshape(-1, 3)


def moved(head):
    """Return what the shape key does, (V, 3) metres."""
    return points(head) - points(head, "Basis")


def test_every_region_has_a_slider_that_starts_at_full(head):
    assert [getattr(head.limner_strengths, name) for name in REGIONS] == [1.0] * len(REGIONS)


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_turned_off_loses_its_part_alone(head, rig, region):
    whole, share = moved(head), region_weights(rig)[:, [REGIONS.index(region)]]
    setattr(head.limner_strengths, region, 0.0)
    np.testing.assert_allclose(moved(head), whole * (1.0 - share), atol=1e-7)


def test_back_at_full_it_is_the_same_to_the_last_bit(head):
    before = points(head).tobytes()
    for value in (0.3, 0.0, 0.77):
        head.limner_strengths.brows = head.limner_strengths.mouth = value
        assert points(head).tobytes() != before
    head.limner_strengths.brows = head.limner_strengths.mouth = 1.0
    assert points(head).tobytes() == before


def test_what_was_sculpted_is_kept(head):
    head.limner_strengths.mouth = 0.5
    sculpted = points(head)
    sculpted[40] += [0.01, 0.0, 0.0]
    head.data.shape_keys.key_blocks[SKETCH_FIT].points.foreach_set("co", sculpted.ravel())
    head.limner_strengths.jaw = 0.9
    head.limner_strengths.jaw = 1.0
    np.testing.assert_allclose(points(head), sculpted, atol=2e-7)


def test_the_next_fit_keeps_the_strengths(bpy, limner, head, rig, monkeypatch):
    from limner.addon import computing

    head.limner_strengths.brows = 0.25
    other = tiny_fit(rig, 1.0, (256, 300))
    monkeypatch.setattr(computing, "session", lambda *_: FakeSession(other))
    bpy.ops.limner.fit()
    turned_down = points(head)
    head.limner_strengths.brows = 1.0
    whole = points(head).tobytes()
    assert turned_down.tobytes() != whole
    head.limner_strengths.brows = 0.25
    assert points(head).tobytes() == turned_down.tobytes()


def test_a_new_neutral_moves_the_rest_and_keeps_the_regions(bpy, limner, head):
    head.limner_strengths.nose = 0.0
    before = moved(head)
    bpy.ops.limner.keep_rest()
    head.limner_strengths.jaw = 0.5
    head.limner_strengths.jaw = 1.0
    np.testing.assert_allclose(moved(head), before, atol=1e-6)


def test_undo_and_saving_bring_back_strength_and_shape(bpy, head, tmp_path):
    bpy.ops.ed.undo_push(message="full")
    before = everything(bpy)
    head.limner_strengths.mouth = 0.4
    bpy.ops.ed.undo_push(message="turned down")
    after = everything(bpy)
    assert after != before
    bpy.ops.ed.undo()
    assert everything(bpy) == before
    bpy.ops.ed.redo()
    assert everything(bpy) == after
    path = str(tmp_path / "strengths.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert everything(bpy) == after
    head = bpy.data.objects["Limner Head"]
    assert head.limner_strengths.mouth == pytest.approx(0.4)
    head.limner_strengths.mouth = 1.0
    assert everything(bpy)["Limner Head", SKETCH_FIT] == before["Limner Head", SKETCH_FIT]


def test_a_blend_made_by_command_wears_its_strengths_and_keeps_the_whole(
    bpy, limner, fit, tmp_path
):
    from dataclasses import replace

    from limner.addon import blend
    from limner.addon.report import fit_report

    calm = replace(fit, strengths=(1.0, 1.0, 1.0, 0.25, 0.0))
    for name, one in (("whole", fit), ("calm", calm)):
        blend.write_blend(one, tmp_path / f"{name}.blend", fit_report(one))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "whole.blend"))
    whole = points(bpy.data.objects["Limner Head"]).tobytes()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "calm.blend"))
    head = bpy.data.objects["Limner Head"]
    assert [getattr(head.limner_strengths, name) for name in REGIONS] == [1.0, 1.0, 1.0, 0.25, 0.0]
    np.testing.assert_allclose(moved(head), worn_in_blender(calm), atol=1e-7)
    head.limner_strengths.mouth = head.limner_strengths.jaw = 1.0
    assert points(head).tobytes() == whole


def worn_in_blender(fit):
    """Return what Sketch Fit does, (V, 3) metres in Blender's space."""
    from limner.addon.bridge.axes import to_blender

    return to_blender(fit.mesh().targets[-1])


def test_a_head_of_an_older_file_is_left_as_it_is(bpy, head):
    from limner.addon.bridge import strength

    for name in (strength.WHOLE, *(strength.REGION.format(region) for region in REGIONS)):
        head.data.attributes.remove(head.data.attributes[name])
    before = points(head).tobytes()
    assert not strength.has_regions(head)
    head.limner_strengths.mouth = 0.4
    assert points(head).tobytes() == before
    bpy.ops.limner.fit()
    assert strength.has_regions(head)
    assert points(head).tobytes() != before, "the strength set meanwhile counts from the next fit"


def test_heat_shows_what_is_worn(bpy, limner, head):
    from limner.addon.bridge import heat

    limner.show_heat = True
    for name in REGIONS:
        setattr(head.limner_strengths, name, 0.0)
    layer = head.data.color_attributes[heat.HEAT]
    colours = np.empty(4 * len(layer.data), dtype=np.float32)
    layer.data.foreach_get("color", colours)
    np.testing.assert_allclose(colours.reshape(-1, 4), heat.heat_colours(0.0 * colours[::4]),
                               atol=1e-4)  # fmt: skip
