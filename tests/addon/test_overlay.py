"""The overlay shows drawing, lines and head at the places where they are."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from limner.addon.fit import Fit, Gap
from limner.addon.overlay import draw_overlay
from limner.rig.camera import Camera
from limner.rig.contours import FeatureCurve
from limner.rig.face_rig import RigState, SurfacePoints
from limner.rig.facs import AU_LABELS
from limner.rig.features import FEATURES
from limner.sketch_cnn.detection import Detection
from limner.sketch_cnn.sketch import Sketch

from ..rig.heads import icosphere, make_rig

TEAL, ORANGE = np.array([0, 150, 136]), np.array([240, 138, 36])
PANEL_W, PANEL_H = 606, 808


def _fit(width: int = 300, height: int = 400, path: Path | None = None) -> Fit:
    """Return a ball of a head whose final line is a horizontal stroke at ink y = 250."""
    vertices, triangles = icosphere(3, 0.1)
    rig = make_rig(vertices, triangles)
    probability, intensity = np.full(len(AU_LABELS), 0.02), np.zeros(len(AU_LABELS))
    row = AU_LABELS.index("AU12L")
    probability[row], intensity[row] = 0.97, 0.8
    count = np.zeros(len(AU_LABELS))
    detection = Detection(
        AU_LABELS, probability, intensity, count, count, (50.0, 60.0, 250.0, 340.0), 0.9, (),
        np.zeros((70, 2)), np.ones(70), np.zeros(3), FEATURES,
        np.zeros((len(FEATURES), 2, 2), np.float32), np.zeros((2, 3)),
    )  # fmt: skip
    surface = SurfacePoints(np.zeros(2, np.int32), np.full((2, 3), 1 / 3, np.float32))

    def stroke(y):
        points = np.array([[80.0, y], [220.0, y]])
        return (FeatureCurve("jaw", points, np.ones(2, bool), surface),)

    ink = np.zeros((height, width), np.float32)
    return Fit(
        sketch=Sketch(ink, np.full(ink.shape, 255, np.uint8), path=path),
        detection=detection,
        rig=rig,
        state=RigState.neutral(rig),
        camera=Camera(1000.0, np.array([150.0, 200.0]), (width, height)),
        correction=np.zeros((len(vertices), 3)),
        gap=Gap(0.08, 0.04, 0.01, {}),
        placed=stroke(100.0),
        parametric=stroke(150.0),
        final=stroke(250.0),
    )  # fmt: skip


def _near(picture, colour):
    return (np.abs(picture.astype(int) - colour).sum(axis=2) < 60).nonzero()


def test_lines_lie_where_the_drawing_has_them():
    picture = np.asarray(draw_overlay(_fit()))
    assert picture.shape == (1000, 1600, 3)
    panel = picture[112 : 112 + PANEL_H, 44 : 44 + PANEL_W]
    zoom = PANEL_H / 400.0
    rows, columns = _near(panel, TEAL)
    assert rows.mean() == pytest.approx(250.0 * zoom, abs=1.0)
    assert columns.min() == pytest.approx(80.0 * zoom, abs=4.0)
    assert columns.max() == pytest.approx(220.0 * zoom, abs=4.0)
    rows, _ = _near(panel, ORANGE)
    assert rows.mean() == pytest.approx(150.0 * zoom, abs=1.0)


def test_the_head_stands_where_the_camera_puts_it():
    fit = _fit()
    moved = replace(fit, camera=Camera(1000.0, np.array([190.0, 160.0]), (300, 400)))
    left = 44 + PANEL_W + 26

    def middle(one):
        panel = np.asarray(draw_overlay(one))[112 : 112 + PANEL_H, left : left + PANEL_W]
        skin = panel[..., 0].astype(int) - panel[..., 2] > 25
        rows, columns = skin.nonzero()
        box = columns.min() + columns.max(), rows.min() + rows.max()
        return np.array(box) / 2.0

    zoom = PANEL_H / 400.0
    np.testing.assert_allclose(middle(fit), np.array([150.0, 200.0]) * zoom, atol=8.0)
    np.testing.assert_allclose(middle(moved) - middle(fit), np.array([40, -40]) * zoom, atol=4.0)


def test_the_correction_is_on_the_head_and_turned_with_it():
    """A shift along the rig's +X of a head turned to show its side moves it in depth only."""
    fit = _fit()
    shift = np.tile([0.03, 0.0, 0.0], (len(fit.correction), 1))
    rest = np.asarray(draw_overlay(fit)).astype(int)
    shifted = np.asarray(draw_overlay(replace(fit, correction=shift))).astype(int)
    aside = RigState(fit.state.weights, fit.state.identity, np.array([0.0, np.pi / 2.0, 0.0]))
    turned = np.asarray(draw_overlay(replace(fit, state=aside))).astype(int)
    both = np.asarray(draw_overlay(replace(fit, state=aside, correction=shift))).astype(int)
    assert np.abs(shifted - rest).mean() > 10.0 * max(np.abs(both - turned).mean(), 0.01)


def test_a_small_face_on_a_large_sheet_is_shown_large():
    fit = _fit(3000, 2000)
    panel = np.asarray(draw_overlay(fit))[112 : 112 + PANEL_H, 44 : 44 + PANEL_W]
    _, columns = _near(panel, TEAL)
    assert columns.max() - columns.min() > 0.25 * PANEL_W


@pytest.mark.parametrize("size", [(40, 900), (900, 40), (8, 8)])
def test_odd_shapes_and_names_draw(size):
    fit = _fit(*size, path=Path("ein sehr " + "langer " * 40 + "Näme 顔\n.png"))
    assert draw_overlay(replace(fit, warnings=("a warning " * 60,))).size == (1600, 1000)


def test_a_fit_without_lines_or_gap_draws():
    empty = replace(_fit(), placed=(), parametric=(), final=(), gap=Gap(0.0, 0.0, 0.0, {}))
    assert not len(_near(np.asarray(draw_overlay(empty))[112:920, 44:650], TEAL)[0])
