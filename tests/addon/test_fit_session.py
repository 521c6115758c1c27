"""A fit that follows a drawing ends where a fit in full would, and stays while nothing changes."""

# SPDX-License-Identifier: GPL-3.0-or-later

import itertools
from dataclasses import replace

import numpy as np
import pytest
from limner.addon.bench_live import replay
from limner.addon.carrier import Carrier
from limner.addon.changed_lines import changed_features, lines_after_change
from limner.addon.fit_session import FitSession, FollowSettings
from limner.addon.hints import Hints
from limner.addon.live_frame import in_live_frame
from limner.addon.pipeline import Session
from limner.rig.face_rig import RigState, unposed
from limner.rig.repair import turned_triangles
from limner.rig.store import load_rig
from limner.sketch_cnn.cut import overlap
from limner.snakes.lines import find_ink_lines

from .drawn_faces import draw, face_camera, perfect_detection

SMILE = {"AU12L": 0.7, "AU12R": 0.7, "AU25": 0.4}


class Reader:
    """A detector that knows the truth, and tells how often it was asked to seek the face."""

    def __init__(self):
        self.detection, self.sought = None, 0

    def detect(self, sketch, rest=None, looks=None):
        self.sought += 1
        return self.detection

    def is_elsewhere(self, sketch, box):
        return overlap(self.detection.face_box, box) < 0.3

    def follow(self, sketch, last, rest=None):
        return self.detection


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


@pytest.fixture
def following(rig):
    session = Session(rig)
    session.detector = Reader()
    return FitSession(session)


def page(rig, following, aus, shift=(0.0, 0.0), size=1.0):
    """Draw somebody with an expression, and let the reader know."""
    identity = 0.5 * np.random.default_rng(3).standard_normal(len(rig.identity_names))
    truth = RigState(rig.weights_from_aus(aus), identity, np.array([0.05, 0.2, 0.0]))
    camera = face_camera(rig)
    camera = replace(
        camera, scale_px=size * camera.scale_px, centre_px=camera.centre_px + np.array(shift)
    )
    sketch, labels = draw(rig, truth, camera)
    detection = perfect_detection(rig, truth, camera, labels, aus, noise_px=1.0)
    following.session.detector.detection = detection
    return sketch


def smile_of(fit):
    return fit.state.weights[fit.rig.shape_names.index("mouthSmileLeft")]


def test_a_face_in_a_box_set_by_hand_is_followed_after_a_full_fit(rig, following):
    sketch = page(rig, following, {})
    x0, y0, x1, y1 = following.session.detector.detection.face_box
    box = (x0 / sketch.scale, y0 / sketch.scale, x1 / sketch.scale, y1 / sketch.scale)
    hints = Hints(face_box=box)
    following.update(sketch, hints=hints)
    following.fit(sketch, hints=hints)
    assert "update" in following.update(page(rig, following, SMILE), hints=hints).timing_s


def test_a_changed_mouth_is_followed_without_seeking_the_face_again(rig, following):
    first = following.update(page(rig, following, {}))
    assert "first" in first.timing_s and smile_of(first) < 0.1
    second = following.update(page(rig, following, SMILE))
    assert "update" in second.timing_s and following.session.detector.sought == 1
    assert smile_of(second) > 0.45


def test_what_was_followed_is_about_as_near_as_a_fit_in_full(rig, following):
    following.update(page(rig, following, {}))
    sketch = page(rig, following, SMILE)
    followed = following.update(sketch)
    full = following.session.fit(sketch)
    assert followed.gap.snakes < full.gap.snakes + 0.004
    assert followed.gap.closed > 0.7
    base = unposed(rig, followed.state)
    assert not turned_triangles(base, rig.triangles, followed.correction).any()


def test_the_head_stays_while_the_drawing_does(rig, following):
    sketch = page(rig, following, SMILE)
    following.update(sketch)
    fits = [following.update(sketch) for _ in range(4)]
    heads = [unposed(rig, fit.state) + fit.correction for fit in fits]
    face = rig.neutral[:, 2] > rig.pivot[2] + 0.03
    moved = np.linalg.norm(heads[-1] - heads[-2], axis=1)[face].mean() / rig.interocular_m
    assert moved < 0.006


def test_a_face_that_outgrows_its_frame_is_framed_anew_and_goes_on(rig, following):
    following.settings = FollowSettings(other_ink=10.0)
    following.update(page(rig, following, SMILE, size=0.7))
    before = following._last.face.frame
    fit = following.update(page(rig, following, SMILE, size=0.95, shift=(10.0, 5.0)))
    assert "update" in fit.timing_s
    assert following._last.face.frame.scale < 0.85 * before.scale
    assert fit.gap.closed > 0.5


def test_a_face_that_was_sought_in_the_wrong_place_is_fitted_in_full(rig, following):
    following.update(page(rig, following, SMILE))
    reader, there = following.session.detector, following.session.detector.detection
    dim = replace(there, landmark_spread=np.full(70, 0.5 * np.ptp(there.landmarks[:, 0])))
    reader.follow = lambda sketch, last, rest: dim
    near = following.update(page(rig, following, SMILE))
    assert "update" in near.timing_s and reader.sought == 1, "it is where it was"
    wrong = np.array(there.face_box) + np.ptp(there.landmarks[:, 0])
    face = following._last.face
    placed = replace(face, detection=replace(face.detection, face_box=tuple(wrong)))
    following._last = replace(following._last, face=placed)
    assert "first" in following.update(page(rig, following, SMILE)).timing_s


def test_another_drawing_is_fitted_in_full(rig, following):
    following.update(page(rig, following, {}))
    fit = following.update(page(rig, following, SMILE, shift=(40.0, 30.0)))
    assert "first" in fit.timing_s and following.session.detector.sought == 2


def test_pins_hold_while_following(rig, following):
    following.update(page(rig, following, SMILE))
    fit = following.update(page(rig, following, SMILE), {"AU12L": 0.1, "AU12R": 0.1})
    assert smile_of(fit) == pytest.approx(0.1, abs=0.03)


def test_lines_found_where_the_ink_changed_are_those_found_everywhere(rig, following):
    before, after = (page(rig, following, aus).ink for aus in ({}, SMILE))
    old = find_ink_lines(before)
    found, _ = lines_after_change(old, before, after, 14.0)
    whole = find_ink_lines(after, max_stroke_px=14.0)
    away = np.linalg.norm(whole.points[:, None] - found.points[None], axis=2)
    assert np.quantile(away.min(axis=1), 0.995) < 0.5
    assert np.quantile(away.min(axis=0), 0.995) < 0.5
    assert abs(len(found.points) - len(whole.points)) < 0.01 * len(whole.points)


def test_nothing_changed_leaves_the_lines_alone(rig, following):
    ink = page(rig, following, {}).ink
    lines = find_ink_lines(ink)
    assert lines_after_change(lines, ink, ink, 14.0)[0] is lines


def test_paler_ink_all_over_is_no_change_until_it_adds_up(rig, following):
    ink = page(rig, following, {}).ink
    lines, paler = find_ink_lines(ink), 0.9 * ink
    same, known = lines_after_change(lines, ink, paler, 14.0)
    assert same is lines
    np.testing.assert_array_equal(known, ink)
    assert lines_after_change(lines, known, 0.8 * ink, 14.0)[0] is not lines


def test_a_feature_has_changed_where_more_than_a_tenth_of_its_points_did():
    rng = np.random.default_rng(2)
    jaw, brow, ear = (rng.uniform(0.0, 99.0, (40, 2)) for _ in range(3))
    before = {"jaw": jaw, "brow": brow, "ear": ear}
    assert changed_features(before, {**before, "jaw": jaw[rng.permutation(40)]}) == set()
    assert changed_features(before, {**before, "jaw": jaw[3:]}) == set()
    after = {"jaw": jaw[5:], "brow": brow + 0.01, "iris": ear}
    assert changed_features(before, after) == {"jaw", "brow", "ear", "iris"}


def test_lines_whose_ink_is_as_it_was_rest_where_they_came_to(rig, following):
    def goals():
        came_to = following._last.corrected.crawled.came_to
        return {
            curve.name: result.points
            for curve, result in zip(came_to.curves, came_to.results, strict=True)
            if curve.name in rig.curves
        }

    drawn = page(rig, following, SMILE)
    following.update(drawn)
    before = goals()
    following.update(drawn)
    for name, points in goals().items():
        np.testing.assert_array_equal(points, before[name])
    mouth = following.session.detector.detection.landmarks[48:68]
    (left, top), (right, low) = (
        (mouth.min(axis=0) - 3).astype(int),
        (mouth.max(axis=0) + 4).astype(int),
    )
    erased = drawn.ink.copy()
    erased[top:low, left:right] = 0.0
    following.update(replace(drawn, ink=erased))
    after = goals()
    np.testing.assert_array_equal(after["upper_lid_L"], before["upper_lid_L"])
    lip = "upper_lip_outer"
    assert lip not in after or not np.array_equal(after[lip], before[lip])


def test_what_hides_the_lines_is_looked_at_again_only_once_the_head_has_changed_much(
    rig, following, monkeypatch
):
    looks, lines = [], Carrier.lines
    monkeypatch.setattr(Carrier, "lines", lambda self, way: looks.append(1) or lines(self, way))
    following.update(page(rig, following, SMILE))
    in_full = len(looks)
    still = following.update(page(rig, following, {**SMILE, "AU12L": 0.6}))
    assert len(looks) == in_full
    carried = following._last.corrected.crawled
    kept = [curve.visible for curve in carried.seen]
    assert all(map(np.array_equal, [curve.visible for curve in carried.curves], kept))
    assert still.gap.closed > 0.5
    following.update(page(rig, following, {"AU26": 1.0, "AU25": 1.0}))
    assert len(looks) > in_full


def test_a_replayed_drawing_only_grows_and_ends_whole(rig, following):
    picture = page(rig, following, SMILE).grey
    pages = list(replay(picture, 6))
    assert len(pages) > 3
    assert all((later <= earlier).all() for earlier, later in itertools.pairwise(pages))
    np.testing.assert_array_equal(pages[-1], picture)
    assert (pages[0] < 128).sum() < 0.5 * (picture < 128).sum()


def test_a_fit_goes_into_a_coarser_frame_and_stays_where_it_is_in_the_drawing(rig, following):
    sketch = page(rig, following, SMILE)
    following.settings = FollowSettings(eyes_apart_px=1000.0)
    following.update(sketch)
    fine = following._last
    assert in_live_frame(rig, fine, 1000.0) is fine
    coarse = in_live_frame(rig, fine, 64.0)
    assert coarse.face.frame.iod_px == pytest.approx(64.0)
    assert coarse.face.frame.ink.size < 0.5 * fine.face.frame.ink.size
    one, other = fine.as_fit(rig), coarse.as_fit(rig)
    np.testing.assert_array_equal(one.correction, other.correction)
    assert one.camera.scale_px == pytest.approx(other.camera.scale_px)
    np.testing.assert_allclose(one.camera.centre_px, other.camera.centre_px)
    for stage in ("placed", "parametric", "final"):
        for here, there in zip(getattr(one, stage), getattr(other, stage), strict=True):
            np.testing.assert_allclose(here.points, there.points, atol=1e-6)
    assert len(set(one.drawn) & set(other.drawn)) >= len(one.drawn) - 2
    here, there = (np.concatenate(list(fit.drawn.values())) for fit in (one, other))
    apart = np.linalg.norm(here[:, None] - there[None], axis=2) / one.iod_px
    assert np.quantile(apart.min(axis=0), 0.98) < 0.02
    assert np.quantile(apart.min(axis=1), 0.98) < 0.02
    ways = [
        parts.face.frame.to_ink(result.displacement) - parts.face.frame.origin
        for parts in (fine, coarse)
        for result in parts.corrected.crawled.came_to.results
    ]
    half = len(ways) // 2
    for way, same in zip(ways[:half], ways[half:], strict=True):
        np.testing.assert_allclose(way, same, atol=1e-6)


def test_a_fit_in_full_does_not_know_of_the_coarser_frame(rig, following):
    following.update(page(rig, following, {}))
    sketch = page(rig, following, SMILE)
    assert following._last.face.frame.iod_px == pytest.approx(following.settings.eyes_apart_px)
    following.update(sketch)
    following._last = None
    full, alone = following.fit(sketch), following.session.fit(sketch)
    np.testing.assert_array_equal(full.state.weights, alone.state.weights)
    np.testing.assert_allclose(full.correction, alone.correction, atol=1e-9)
    assert full.gap.snakes == pytest.approx(alone.gap.snakes, abs=1e-9)
