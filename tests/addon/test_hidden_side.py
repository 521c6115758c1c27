"""A turned drawing's head, seen from ahead, has two like sides: what was not drawn follows."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import numpy as np
import pytest
from limner.addon.held import Held
from limner.addon.pipeline import PipelineSettings, Session
from limner.rig.face_rig import RigState, pose, unposed
from limner.rig.other_side import OtherSide
from limner.rig.store import load_rig

from .drawn_faces import draw, face_camera, perfect_detection

TURN = np.array([0.0, -0.6, 0.0])


@pytest.fixture(scope="module")
def session():
    """Return a session whose heads are the mean head: all else is left to the correction."""
    rig = load_rig("makehuman")
    held = Held(identity=np.zeros(len(rig.identity_names)))
    return Session(rig, settings=PipelineSettings(held=held))


@pytest.fixture(scope="module")
def drawn(session):
    """Return the drawing of somebody else, turned to the right, and what is read of it."""
    rig = session.rig
    who = 1.5 * np.random.default_rng(4).standard_normal(len(rig.identity_names))
    truth = RigState(np.zeros(len(rig.shape_names)), who, TURN)
    sketch, labels = draw(rig, truth, face_camera(rig))
    return sketch, perfect_detection(rig, truth, face_camera(rig), labels, {})


def unevenness(rig, state, camera, correction):
    """Return how far hidden skin is from moving as its mirror image, as a share of its way."""
    side = OtherSide.of(rig)
    share = side.hidden(rig, pose(rig, state), camera)
    away = side.rows[share > 0.9]
    even = side.evened(correction, np.ones(len(side.rows)))
    off = np.linalg.norm(correction - even, axis=1)[away].mean()
    return off / np.linalg.norm(even, axis=1)[away].mean()


def test_the_side_that_is_not_drawn_does_as_the_one_that_is(session, drawn):
    sketch, detection = drawn
    fit = session.fit(sketch, detection=detection)
    assert np.linalg.norm(fit.correction, axis=1).max() > 0.01, "there is something to follow"
    assert unevenness(session.rig, fit.state, fit.camera, fit.correction) < 0.05
    assert fit.gap.closed > 0.6


def test_it_still_does_while_somebody_draws_on(session, drawn):
    parts = session.solve(*drawn, {}, lambda _: None)
    again = session.corrector.correct_again(
        parts.face,
        parts.found,
        parts.stages,
        parts.corrected,
        session.settings.crawl,
        unposed(session.rig, parts.found.state),
        is_turned=True,
    )
    found, correction = parts.found, again.crawled.correction
    assert np.abs(correction - parts.corrected.crawled.correction).max() > 1e-5
    assert unevenness(session.rig, found.state, found.camera, correction) < 0.05
