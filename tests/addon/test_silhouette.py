"""The figure of two outlines is that of the areas which they bound."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from limner.addon.report import fit_report
from limner.addon.silhouette import LEAST_DRAWN, measure_silhouette
from limner.rig.contours import FeatureCurve
from limner.rig.face_rig import rotation_matrix

from ..tiny_rig import tiny_fit, tiny_rig

MIDDLE = np.array([150.0, 170.0])
TURNS = [0.0, 0.6, -1.2]


@pytest.fixture(scope="module")
def rig():
    return tiny_rig()


def arc(radius, first=-180.0, last=180.0):
    """Return points of a circle about the face's middle, degrees from straight down."""
    angle = np.radians(np.arange(first, last, 0.3))
    return radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)


def fit_of(rig, drawn, outlines, turn=0.0):
    """Return a fit with a face leaning by `turn`, its drawn outline and those of three stages."""
    spin = rotation_matrix(np.array([0.0, 0.0, turn]))[:2, :2]
    fit = tiny_fit(rig)
    landmarks = np.zeros((70, 2))
    landmarks[17:27], landmarks[36:48], landmarks[48:68] = (0, -60), (0, -40), (0, 40)
    surface = rig.curves["nose_bridge"].points[np.zeros(len(arc(1.0)), int)]
    lines = [
        FeatureCurve("jaw", points @ spin.T + MIDDLE, np.ones(len(points), bool), surface)
        for points in outlines
    ]
    return replace(
        fit,
        detection=replace(fit.detection, landmarks=landmarks @ spin.T + MIDDLE),
        drawn={"jaw": drawn @ spin.T + MIDDLE},
        placed=lines[:1],
        parametric=lines[1:2],
        final=lines[2:],
    )


@pytest.mark.parametrize("turn", TURNS)
def test_circles_have_the_ratio_of_their_areas(rig, turn):
    found = measure_silhouette(fit_of(rig, arc(100.0), [arc(80.0), arc(110.0), arc(100.0)], turn))
    assert found.placed == pytest.approx(0.8**2, abs=1e-3)
    assert found.parametric == pytest.approx((1 / 1.1) ** 2, abs=1e-3)
    assert found.snakes == pytest.approx(1.0, abs=1e-3)
    assert found.drawn == 1.0


def test_a_head_beside_the_drawn_one_covers_what_its_circle_does(rig):
    """Two circles of one size whose middles lie apart: two segments over what both cover."""
    apart, radius = 30.0, 100.0
    beside = arc(radius, -90.0, 90.0) + np.array([apart, 0.0])
    beside = np.concatenate([beside, np.repeat(beside[-1:], len(arc(1.0)) - len(beside), 0)])
    found = measure_silhouette(fit_of(rig, arc(radius), [arc(radius), arc(radius), beside]))
    half = np.arccos(apart / 2 / radius)
    both = 2 * radius**2 * half - apart * np.sqrt(radius**2 - apart**2 / 4)
    assert found.snakes == pytest.approx(both / (2 * np.pi * radius**2 - both), abs=0.03)


@pytest.mark.parametrize("turn", TURNS)
def test_what_is_not_drawn_does_not_count(rig, turn):
    """The head agrees where the outline is drawn, which is one half and a bit of the other."""
    head = np.concatenate([arc(80.0, -180.0, -20.0), arc(100.0, -20.0, 180.0)])
    found = measure_silhouette(fit_of(rig, arc(100.0, -20.0, 180.0), [head] * 3, turn))
    right, left = (np.degrees(np.arccos(-60.0 / radius)) for radius in (100.0, 80.0))
    assert found.drawn == pytest.approx((right + 20.0) / (right + left), abs=0.02)
    assert found.snakes == pytest.approx(1.0, abs=0.02)


def test_above_the_brows_nothing_counts(rig):
    bald = np.concatenate([arc(300.0, -180.0, -130.0), arc(100.0, -130.0, 130.0)])
    bald = np.concatenate([bald, arc(300.0, 130.0, 180.0)])
    assert measure_silhouette(fit_of(rig, bald, [arc(100.0)] * 3)).snakes == pytest.approx(1.0)


def test_too_little_of_it_is_no_figure(rig):
    short = 0.8 * LEAST_DRAWN * 126.0  # of 126 degrees on each side
    found = measure_silhouette(fit_of(rig, arc(100.0, -short, short), [arc(90.0)] * 3))
    assert (found.placed, found.parametric, found.snakes) == (None, None, None)
    assert 0.3 < found.drawn < LEAST_DRAWN
    nothing = measure_silhouette(tiny_fit(rig))
    assert (nothing.snakes, nothing.drawn) == (None, 0.0)


def test_the_report_tells_it_or_null(rig):
    told = fit_report(fit_of(rig, arc(100.0), [arc(80.0), arc(90.0), arc(100.0)]))["silhouette"]
    assert told["iou"]["placed"] < told["iou"]["parametric"] < told["iou"]["snakes"]
    assert fit_report(tiny_fit(rig))["silhouette"]["iou"]["snakes"] is None
