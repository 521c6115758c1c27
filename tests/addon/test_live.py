"""The process that fits while somebody draws answers the newest drawing only, and may die."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import io
import json
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from limner.addon import live_worker
from limner.addon.head_scene import head_scene
from limner.addon.live import Follower
from limner.addon.live_wire import Answer, Job, Reading, Shorthand, receive, send
from limner.addon.strokes import Stroke
from limner.rig.camera import Camera
from limner.rig.contours import visible_lines, visible_pieces
from limner.rig.face_rig import RigState, pose
from limner.rig.head_mesh import HeadMesh
from limner.rig.store import load_rig

from ..tiny_rig import tiny_fit, tiny_rig

PAGE = (512, 640)
PATIENCE_S = 300.0


@st.composite
def drawn(draw):
    count = draw(st.integers(1, 6))
    values = arrays(np.float64, (count, 4), elements=st.floats(-1e6, 1e6))
    rows = draw(values)
    return Stroke(rows[:, :2], rows[:, 2], rows[:, 3], draw(st.booleans()))


@settings(deadline=None, max_examples=30)
@given(strokes=st.lists(drawn(), max_size=4), number=st.integers(0, 10**9))
def test_a_job_arrives_as_it_was_sent(strokes, number):
    stream = io.BytesIO()
    send(stream, Job(number, tuple(strokes), (640, 480), {"AU12L": 0.5}).pack())
    stream.seek(0)
    job = Job.unpack(receive(stream))
    assert job.pins == {"AU12L": 0.5}
    assert (job.number, job.size_px, len(job.strokes)) == (number, (640, 480), len(strokes))
    for sent, got in zip(strokes, job.strokes, strict=True):
        assert sent.is_closed == got.is_closed
        for name in ("points", "radius", "opacity"):
            np.testing.assert_array_equal(getattr(sent, name), getattr(got, name))


def test_an_answer_arrives_as_it_was_sent():
    fit = tiny_fit(tiny_rig())
    scene = head_scene(fit, {"gap": {"placed": 0.1}}, with_pictures=False)
    reading = Reading(*(getattr(fit.detection, name) for name in Reading.__slots__))
    stream = io.BytesIO()
    send(stream, Shorthand().pack(Answer(7, "", reading, scene, 0.5, 0.4, is_preview=True)))
    stream.seek(0)
    answer = Shorthand().unpack(receive(stream))
    assert (answer.number, answer.is_preview, answer.is_late) == (7, True, False)
    assert (answer.elapsed_s, answer.worked_s) == (0.5, 0.4)
    assert answer.reading.au_labels == fit.detection.au_labels
    np.testing.assert_array_equal(answer.reading.present, fit.detection.present)
    np.testing.assert_array_equal(answer.scene.mesh.targets, scene.mesh.targets)
    assert answer.scene.record == scene.record
    assert answer.scene.paper_png == b""


def test_what_has_not_changed_since_the_last_answer_is_not_sent_again():
    """Yet each answer is whole on the other side, whatever lies between two with a head."""
    fit = tiny_fit(tiny_rig())
    here, there = Shorthand(), Shorthand()
    moved = replace(fit, correction=fit.correction + 0.001)
    sizes, answers = [], [Answer(n, "", None, head_scene(f, {"n": n}, with_pictures=False))
                          for n, f in enumerate((fit, moved, moved, fit), start=1)]  # fmt: skip
    for sent in (*answers[:2], Answer(9, "no face found in it"), *answers[2:]):
        data = here.pack(sent)
        sizes.append(len(data))
        got = there.unpack(data)
        assert got.number == sent.number and got.message == sent.message
        if sent.scene is None:
            assert got.scene is None
            continue
        assert got.scene.record == sent.scene.record and got.scene.lines == sent.scene.lines
        for name in HeadMesh.__slots__:
            np.testing.assert_array_equal(
                getattr(got.scene.mesh, name), getattr(sent.scene.mesh, name), name
            )
        np.testing.assert_array_equal(got.scene.regions, sent.scene.regions)
    assert max(sizes[1:]) < 0.5 * sizes[0]


def test_the_shapes_of_a_real_head_go_once():
    fit = tiny_fit(load_rig("makehuman"))
    words = Shorthand()
    first, second = (
        len(words.pack(Answer(n, "", None, head_scene(f, {}, with_pictures=False))))
        for n, f in enumerate((fit, replace(fit, correction=fit.correction + 0.001)))
    )
    assert first > 2_500_000 and second < 100_000


class Counting:
    """Fits nothing: says which job it was asked for, and lets others come meanwhile."""

    def __init__(self, newest, comes=()):
        self.newest, self.comes, self.settled = newest, dict(comes), []

    def follow(self, job):
        if job.number in self.comes:
            self.newest.put(self.comes[job.number])
        return Answer(job.number, is_preview=True)

    def settle(self, job):
        self.settled.append(job.number)
        return Answer(job.number)


def job(number):
    return Job(number, (), PAGE)


@pytest.fixture
def told(monkeypatch):
    """Answer one job after another, as long as there are any; return what is told."""
    monkeypatch.setattr(live_worker, "REST_S", 0.05)
    monkeypatch.setattr(live_worker._thread, "interrupt_main", lambda: None)

    def answer(newest, fitter):
        found, is_told = [], True
        while newest._job is not None:
            tell = found.append
            is_told = live_worker._answer_job(newest.take(), newest, fitter, tell, not is_told)
        return [(one.number, one.is_preview, one.is_late) for one in found]

    return answer


def test_a_fit_in_full_follows_when_the_pen_rests(told):
    newest = live_worker._Newest()
    newest.put(job(1))
    assert told(newest, Counting(newest)) == [(1, True, False), (1, False, False)]


def test_a_stroke_before_the_pen_has_rested_takes_the_fit_in_fulls_place(told, monkeypatch):
    monkeypatch.setattr(live_worker, "REST_S", 5.0)
    newest = live_worker._Newest()
    fitter = Counting(newest)
    newest.put(job(1))
    soon = threading.Timer(0.1, lambda: newest.put(job(2)))
    soon.start()
    found = []
    started = time.perf_counter()
    live_worker._answer_job(newest.take(), newest, fitter, found.append, False)
    assert time.perf_counter() - started < 4.0
    assert [answer.number for answer in found] == [1]
    assert not fitter.settled and newest.take().number == 2


def test_an_answer_that_is_overtaken_is_not_told_but_never_two_in_a_row(told):
    """A pen that is faster than every fit sees the head move all the same, a stroke late."""
    newest = live_worker._Newest()
    newest.put(job(1))
    faster = Counting(newest, {1: job(2), 2: job(3), 3: job(4), 4: job(5)})
    assert told(newest, faster) == [
        (2, True, True), (4, True, True), (5, True, False), (5, False, False),
    ]  # fmt: skip


def test_a_newer_drawing_ends_the_work_at_the_one_in_hand():
    """The signal comes out in the main thread, which the tests run in."""
    newest = live_worker._Newest()
    before = signal.signal(signal.SIGINT, newest.interrupt)

    class Slow(Counting):
        def follow(self, job):
            threading.Timer(0.1, lambda: newest.put(Job(2, (), PAGE))).start()
            until = time.perf_counter() + 10.0
            while time.perf_counter() < until:
                sum(range(1000))
            return super().follow(job)

    try:
        found, started = [], time.perf_counter()
        is_told = live_worker._answer_job(job(1), newest, Slow(newest), found.append, False)
        assert not is_told and not found
        assert time.perf_counter() - started < 8.0
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_import_is_never_cut_short(tmp_path, monkeypatch):
    """Half a module would stay, and every later fit would fail on it."""
    slow = "import time\nuntil = time.perf_counter() + 0.6\n"
    slow += "while time.perf_counter() < until:\n    sum(range(1000))\nIS_WHOLE = True\n"
    (tmp_path / "slow_to_load.py").write_text(slow)
    monkeypatch.syspath_prepend(tmp_path)
    newest = live_worker._Newest()
    before = signal.signal(signal.SIGINT, newest.interrupt)

    class Loads(Counting):
        def follow(self, job):
            threading.Timer(0.2, lambda: newest.put(Job(2, (), PAGE))).start()
            self.loaded = importlib.import_module("slow_to_load").IS_WHOLE
            return super().follow(job)

    try:
        found, fitter = [], Loads(newest)
        assert not live_worker._answer_job(job(1), newest, fitter, found.append, False)
        assert fitter.loaded and not found
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_preview_says_all_but_how_sound_the_head_is():
    job, fit = Job(1, (), PAGE), tiny_fit(tiny_rig())
    said = []
    for stage in ("first", "update", "fit"):
        answer = live_worker._answer(job, replace(fit, timing_s={stage: 0.1}))
        assert answer.is_preview == (stage != "fit")
        said.append(json.loads(answer.scene.record))
        assert said[-1].pop("timing_s") == {stage: 0.1}
    assert said[2].pop("quality")["turned_triangles"] == 0
    assert said[2].pop("silhouette")["drawn"] == 0.0
    assert said[0] == said[1] == said[2]


def test_an_answer_without_a_head_is_its_message():
    answer = Shorthand().unpack(Shorthand().pack(Answer(3, "no face found in it")))
    assert answer.message == "no face found in it"
    assert answer.scene is None and answer.reading is None


@pytest.mark.parametrize("kept", [0, 5, 8, 20])
def test_a_message_cut_off_is_the_end(kept):
    stream = io.BytesIO()
    send(stream, Shorthand().pack(Answer(1, "whole")))
    assert receive(io.BytesIO(stream.getvalue()[:kept])) is None


def face(smile: float) -> tuple[Stroke, ...]:
    """Return the lines of MakeHuman's head as strokes on the page."""
    rig = load_rig("makehuman")
    weights = np.zeros(len(rig.shape_names))
    for side in ("Left", "Right"):
        weights[rig.shape_names.index(f"mouthSmile{side}")] = smile
    state = RigState(weights, np.zeros(len(rig.identity_names)), np.zeros(3))
    lines = visible_lines(rig, pose(rig, state), Camera(1600.0, np.array([256.0, 300.0]), PAGE))
    pieces = [curve.points[rows] for curve in lines for rows in visible_pieces(curve)]
    return tuple(Stroke(p, np.full(len(p), 1.8), np.ones(len(p))) for p in pieces if len(p) > 1)


@pytest.fixture
def follower(needs_weights):
    started = Follower("makehuman")
    yield started
    started.close()


def answers(follower: Follower) -> list[Answer]:
    """Wait until the newest drawing has its last answer; return all that came."""
    found, until = [], time.monotonic() + PATIENCE_S
    while not found or found[-1].is_preview:
        assert time.monotonic() < until and not follower.failure, follower.failure
        if (answer := follower.latest()) is not None:
            found.append(answer)
        time.sleep(0.01)
    return found


def smile_of(answer: Answer) -> float:
    mesh = answer.scene.mesh
    return float(mesh.weights[mesh.target_names.index("mouthSmileLeft")])


@pytest.mark.slow
def test_a_face_is_answered_in_full_and_only_the_newest_of_several(follower):
    assert follower.latest() is None and not follower.is_busy
    follower.follow(face(0.0), PAGE, {})
    follower.follow(face(0.5), PAGE, {})
    newest = follower.follow(face(0.9), PAGE, {})
    assert follower.is_busy
    last = answers(follower)[-1]
    assert last.number == newest
    assert smile_of(last) > 0.5
    assert not follower.is_busy
    assert follower.latest() is None
    # an older drawing under work gives way to the next one
    follower.follow(face(0.9), PAGE, {})
    time.sleep(0.3)
    follower.follow(face(0.0), PAGE, {})
    last = answers(follower)[-1]
    assert last.number == newest + 2
    assert smile_of(last) < 0.2
    assert last.scene.mesh.weights[-1] == 1.0


@pytest.mark.slow
def test_an_empty_page_is_told_and_the_process_goes_on(follower):
    follower.follow((), PAGE, {})
    assert "no strokes yet" in answers(follower)[-1].message
    follower.follow(face(0.9), PAGE, {})
    assert answers(follower)[-1].scene is not None


@pytest.mark.slow
def test_a_killed_process_is_told_in_one_line(follower):
    follower.follow((), PAGE, {})
    answers(follower)
    follower._process.kill()
    until = time.monotonic() + PATIENCE_S
    while not follower.failure:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert follower.failure == "the process that fits has ended; switch Live on again"
    follower.follow((), PAGE, {})
    assert follower.latest() is None and not follower.is_busy


@pytest.mark.slow
def test_an_unknown_rig_is_told_with_the_answer():
    follower = Follower("nobody")
    try:
        follower.follow(face(0.0), PAGE, {})
        assert "nobody" in answers(follower)[-1].message
    finally:
        follower.close()


@pytest.mark.slow
def test_weights_that_are_not_there_are_told_with_the_answer(tmp_path):
    follower = Follower("makehuman", model_dir=tmp_path / "mine")
    try:
        follower.follow(face(0.0), PAGE, {})
        assert "weights cannot be read" in answers(follower)[-1].message
    finally:
        follower.close()


@pytest.mark.slow
def test_a_closed_follower_leaves_no_process(follower):
    follower.follow((), PAGE, {})
    answers(follower)
    process = follower._process
    follower.close()
    process.wait(PATIENCE_S)
    assert process.returncode is not None
    assert follower.failure == ""
