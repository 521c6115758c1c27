"""Heat: the colour of a vertex tells how far Sketch Fit moves it, and goes without a trace."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest

from ..tiny_rig import tiny_fit
from .scene_state import FakeSession

pytestmark = pytest.mark.blender


def colours_of(head, name):
    """Return the (V, 4) linear colours of an attribute."""
    layer = head.data.color_attributes[name]
    found = np.empty(4 * len(layer.data), dtype=np.float32)
    layer.data.foreach_get("color", found)
    return found.reshape(-1, 4)


def test_colours_run_from_grey_to_red_with_the_displacement(bpy):
    from limner.rig.heat import HOTTEST_MM, heat_colours

    colours = heat_colours(np.array([0.0, HOTTEST_MM / 2, HOTTEST_MM, 10 * HOTTEST_MM]))
    spread = np.ptp(colours[:, :3], axis=1)
    assert spread[0] < 0.06
    np.testing.assert_array_equal(colours[2], colours[3])
    assert colours[2, 0] > 4 * colours[2, 1]
    assert (colours[:, 3] == 1.0).all()


def test_what_sketch_fit_moves_is_hot_and_all_else_is_grey(bpy, limner):
    from limner.addon.bridge import heat

    bpy.ops.limner.fit()
    head = bpy.context.object
    limner.show_heat = True
    assert head.data.color_attributes.active_color_name == heat.HEAT
    keys = head.data.shape_keys.key_blocks
    basis, fitted = (np.empty(3 * len(head.data.vertices), np.float32) for _ in range(2))
    keys["Basis"].points.foreach_get("co", basis)
    keys["Sketch Fit"].points.foreach_get("co", fitted)
    moved = 1000.0 * np.linalg.norm((fitted - basis).reshape(-1, 3), axis=1)
    np.testing.assert_allclose(colours_of(head, heat.HEAT), heat.heat_colours(moved), atol=1e-6)
    assert heat.largest_mm(head) == pytest.approx(moved.max(), rel=1e-5)
    assert moved.max() > 1.0


def test_the_next_fit_is_coloured_anew(bpy, limner, rig, monkeypatch):
    from limner.addon import computing
    from limner.addon.bridge import heat

    bpy.ops.limner.fit()
    head = bpy.context.object
    limner.show_heat = True
    before = colours_of(head, heat.HEAT)
    other = tiny_fit(rig)
    other.correction[:] *= 3.0
    monkeypatch.setattr(computing, "session", lambda *_: FakeSession(other))
    bpy.ops.limner.fit()
    assert np.abs(colours_of(head, heat.HEAT) - before).max() > 0.1


def test_a_new_head_is_coloured_where_heat_is_on(bpy, limner):
    from limner.addon.bridge import heat

    limner.show_heat = True
    bpy.ops.limner.fit()
    assert heat.is_shown(bpy.context.object)


def test_switched_off_the_head_looks_as_before(bpy, limner):
    bpy.ops.limner.fit()
    head = bpy.context.object
    names = [layer.name for layer in head.data.color_attributes]
    active = head.data.color_attributes.active_color_name
    colours = colours_of(head, active)
    limner.show_heat = True
    limner.show_heat = False
    assert [layer.name for layer in head.data.color_attributes] == names
    assert head.data.color_attributes.active_color_name == active
    np.testing.assert_array_equal(colours_of(head, active), colours)
