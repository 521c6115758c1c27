"""`--sequences`: an expression comes and goes on one face, drawn frame by frame in one hand."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import tarfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from limner.errors import DatasetError
from limner.rig.camera import Camera
from limner.rig.face_rig import RigState, pose
from limner.rig.facs import AU_LABELS
from limner.rig.store import load_rig
from limner.synthetic_data import Maker, dataset, make_sample
from limner.synthetic_data.clips import sample_clip
from limner.synthetic_data.sample import posed_state
from limner.synthetic_data.timing import Course, sample_courses
from limner.synthetic_data.warp import LANDMARK_GROUPS, Warp

FRAMES = 8
PLAN = {"count": 6 * FRAMES, "seed": 3, "size": 64, "shard_samples": 20, "frames": FRAMES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "clips"
    dataset.generate(out, **PLAN)
    return out


@pytest.fixture(scope="module")
def many():
    """Return many clips without drawing them."""
    maker = Maker.load(3, 64, {"makehuman": 1.0}, ("pencil", "vector"), frames=FRAMES)
    return [sample_clip(maker, number) for number in range(60)]


def clips(folder):
    """Return the frames of each clip: what their JSON says, and their picture."""
    found = {}
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as archive:
            files = {member.name: archive.extractfile(member).read() for member in archive}
        for name, content in files.items():
            if name.endswith(".json"):
                about = json.loads(content)
                picture = files[name.replace(".json", ".png")]
                found.setdefault(about["clip"]["id"], []).append((about, picture))
    return found


def intensities(about):
    return {f"AU{entry['au']}{entry.get('side', '')}": entry["intensity"] for entry in about["aus"]}


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_workers_and_a_resumed_run_draw_the_same_clips(folder, tmp_path):
    dataset.generate(tmp_path / "two", **PLAN, workers=2)
    assert content(tmp_path / "two") == content(folder)
    (tmp_path / "two" / "drawings-000001.tar").unlink()
    dataset.generate(tmp_path / "two", **PLAN, resume=True)
    assert content(tmp_path / "two") == content(folder)


def test_no_clip_is_cut_in_two(folder):
    for path in folder.glob("*.tar"):
        with tarfile.open(path) as archive:
            names = [name for name in archive.getnames() if name.endswith(".json")]
        assert len(names) == 2 * FRAMES  # 20 samples hold two whole clips
    assert len(clips(folder)) == 6


def test_frames_follow_in_time_on_one_face_in_one_hand(folder):
    for frames in clips(folder).values():
        first = frames[0][0]
        for number, (about, _) in enumerate(frames):
            clip = about["clip"]
            assert clip["frame"] == number and clip["frames"] == FRAMES
            assert clip["time_s"] == pytest.approx(number / clip["rate"], abs=1e-4)
            for name in ("style", "rig", "identity", "identity_id", "gain", "camera"):
                assert about[name] == first[name]
            for name, group in about["warp"]["groups"].items():
                assert group["matrix"] == first["warp"]["groups"][name]["matrix"]
            for name in ("radial", "wave", "unit"):
                assert about["warp"][name] == first["warp"][name]


def test_labels_follow_the_curves_that_the_clip_tells(folder):
    """Minimum jerk up and down: 10 t³ - 15 t⁴ + 6 t⁵."""

    def way(now, begin, end):
        t = np.clip((now - begin) / max(end - begin, 1e-9), 0.0, 1.0)
        return 10.0 * t**3 - 15.0 * t**4 + 6.0 * t**5

    moving = 0
    for frames in clips(folder).values():
        for about, _ in frames:
            clip, levels = about["clip"], intensities(about)
            for label in AU_LABELS:
                wanted = 0.0
                if label in clip["courses"]:
                    course = clip["courses"][label]
                    begin, full, leave, gone = course["times_s"]
                    now = clip["time_s"]
                    wanted = course["apex"] * way(now, begin, full) * (1 - way(now, leave, gone))
                assert levels[label] == pytest.approx(wanted, abs=2e-3)
                moving += wanted > 0.05
    assert moving > 30


def test_every_clip_begins_at_rest_and_reaches_every_apex(many):
    for clip in many:
        assert clip.levels(0.0) == {}
        for label, course in clip.courses.items():
            assert 0.0 < course.times_s[1] <= clip.seconds
            assert list(course.times_s) == sorted(course.times_s)
            assert clip.levels(course.times_s[1])[label] == pytest.approx(course.apex, abs=1e-3)


def test_posing_the_rig_again_from_each_frame_gives_its_landmarks(folder):
    rig = load_rig("makehuman")
    checked = 0
    for frames in clips(folder).values():
        for about, _ in frames[:: FRAMES // 2]:
            weights = np.array([about["blendshapes"].get(name, 0.0) for name in rig.shape_names])
            state = RigState(weights, np.array(about["identity"]), np.array(about["pose"]))
            camera = Camera(**{**about["camera"], "size_px": tuple(about["camera"]["size_px"])})
            vertices = pose(rig, posed_state(rig, state, about["gain"]))
            flat = camera.project(rig.landmarks.interpolate(vertices, rig.triangles))
            warp = Warp(about["warp"])
            for row in set(range(70)) - set(about["landmarks_on_symbols"]):
                point = warp.apply(flat[row : row + 1], {LANDMARK_GROUPS[row]: 1.0})[0]
                assert np.hypot(*(point - about["landmarks"][row])) < 0.5
                checked += 1
    assert checked > 500


def test_lines_boil_even_where_nothing_moves(folder):
    """Every frame is a drawing of its own."""
    for frames in clips(folder).values():
        assert len({picture for _, picture in frames}) == FRAMES


def test_nothing_jumps_between_frames():
    """With many frames a clip, every landmark goes in small steps."""
    maker = Maker.load(3, 96, {"makehuman": 1.0}, ("pencil",), frames=60)
    clip = next(n for n in range(40) if len(sample_clip(maker, n).courses) > 3)
    points, unit = [], 0.0
    for frame in range(0, 60, 2):
        _, about = make_sample(maker, clip * 60 + frame)
        points.append(about["landmarks"])
        unit = unit or float(np.hypot(*np.subtract(points[0][36], points[0][45])))
    steps = np.abs(np.diff(points, axis=0)).max(axis=(1, 2)) / unit
    assert 0.005 < steps.max() < 0.2  # the quickest of 24 clips: 0.16
    assert np.ptp(points, axis=0).max() / unit > steps.max()


def test_weak_clips_are_weak_and_some_of_them_brief(many):
    weak = [clip for clip in many if clip.kind == "weak"]
    assert 6 <= len(weak) <= 28
    apexes = [course.apex for clip in weak for course in clip.courses.values()]
    assert min(apexes) >= 0.1 and max(apexes) <= 0.3
    lengths = [
        (max(c.times_s[3] for c in clip.courses.values())
         - min(c.times_s[0] for c in clip.courses.values())) / clip.seconds
        for clip in weak if clip.courses
    ]  # fmt: skip
    assert min(lengths) < 0.4 < max(lengths)


def test_a_face_that_droops_at_rest_is_labelled_as_at_rest(many):
    """What it wears by its build is no action; a frame alone cannot tell, the change can."""
    resting = [clip for clip in many if clip.kind == "resting"]
    assert len(resting) >= 4
    for clip in resting:
        rig = clip.lines.rig
        assert clip.levels(0.0) == {} and clip.emotion_at({}) == "neutral"
        shown = clip.shown({})
        assert shown == clip.rest and rig.weights_from_aus(shown).max() > 0.1
        for label in clip.rest:
            assert clip.shown({label: 0.1})[label] > clip.rest[label]
    for clip in many:
        assert bool(clip.rest) == (clip.kind == "resting")


def test_the_drawn_face_wears_its_rest(tmp_path):
    maker = Maker.load(3, 64, {"makehuman": 1.0}, ("pencil",), frames=FRAMES)
    number = next(n for n in range(40) if sample_clip(maker, n).rest)
    _, about = make_sample(maker, number * FRAMES)
    assert about["blendshapes"] and about["clip"]["rest"]
    assert set(intensities(about).values()) == {0.0}


def test_twins_show_the_same_actions_in_another_rhythm(many):
    ids = {clip.told["id"]: clip for clip in many}
    twins = [(clip, ids[clip.told["twin"]]) for clip in many if clip.told["twin"]]
    assert 8 <= len(twins) <= 34
    for one, other in twins:
        assert other.told["twin"] == one.told["id"]
        assert one.identity_id == other.identity_id and one.hand == other.hand
        np.testing.assert_array_equal(one.identity, other.identity)
        assert one.rest == other.rest and one.rate == other.rate
        assert {k: c.apex for k, c in one.courses.items()} == {
            k: c.apex for k, c in other.courses.items()
        }
        for label, course in one.courses.items():
            assert course.times_s != other.courses[label].times_s
    alone = [clip for clip in many if not clip.told["twin"]]
    assert len({clip.identity_id for clip in alone}) == len(alone)


def test_twins_are_drawn_in_lines_of_their_own(many):
    maker = Maker.load(3, 64, {"makehuman": 1.0}, ("pencil", "vector"), frames=FRAMES)
    number = next(n for n, clip in enumerate(many) if clip.told["twin"])
    first, one = make_sample(maker, number * FRAMES)
    second, two = make_sample(maker, (number ^ 1) * FRAMES)
    np.testing.assert_array_equal(one["landmarks"], two["landmarks"])
    assert (first.picture != second.picture).any()


def test_heads_turn_in_most_clips_and_start_where_they_are_put(many):
    for clip in many:
        np.testing.assert_allclose(clip.head(0.0), clip.rotation, atol=2e-5)
    turned = [np.abs(clip.head(clip.seconds) - clip.rotation).max() > 0.01 for clip in many]
    assert 0.4 < np.mean(turned) < 0.95


def test_one_side_may_lag_behind_the_other_without_changing_its_course():
    lags = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        courses = sample_courses({"AU12L": 0.8, "AU12R": 0.5}, 2.0, rng, brief=False)
        left, right = courses["AU12L"].times_s, courses["AU12R"].times_s
        np.testing.assert_allclose(np.diff(left), np.diff(right), atol=2e-4)
        lags.append(right[0] - left[0])
    assert 0.2 < np.mean(np.abs(lags) > 1e-3) < 0.7
    assert min(lags) < 0.0 < max(lags)


@given(
    apex=st.floats(0.05, 1.0),
    steps=st.tuples(*[st.floats(0.01, 2.0)] * 4),
    at=st.floats(0.0, 8.0),
)
def test_a_course_rises_stays_and_falls(apex, steps, at):
    begin, full, leave, gone = np.cumsum(steps)
    course = Course(apex, (begin, full, leave, gone))
    level = course.level(at)
    assert 0.0 <= level <= apex
    if at <= begin or at >= gone:
        assert level == pytest.approx(0.0, abs=1e-12)
    if full <= at <= leave:
        assert level == pytest.approx(apex)
    ahead = course.level(at + 1e-4)
    if at + 1e-4 <= full:
        assert ahead >= level - 1e-12
    if at >= leave:
        assert ahead <= level + 1e-12
    assert course.level(0.5 * (begin + full)) == pytest.approx(0.5 * apex)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"frames": 1}, "a clip of 1 frames"),
        ({"frames": -3}, "a clip of -3 frames"),
        ({"frames": 501, "count": 501}, "2 to 500"),
        ({"frames": 5}, "multiple of the 5 frames"),
        ({"frames": 4, "pairs": True}, "choose one"),
    ],
)
def test_a_wrong_wish_for_clips_is_one_line(tmp_path, change, named):
    with pytest.raises(DatasetError) as caught:
        dataset.generate(tmp_path / "x", **{"count": 12, "seed": 1, **change})
    assert named in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "x").exists()
