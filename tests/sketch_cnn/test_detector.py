"""The detector answers a mirrored drawing by the mirrored answer, and says why it cannot answer.

The weights are trained for six steps: these tests are about what holds for any weights. How well
the shipped ones read is measured by `limner evaluate`.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import json
import subprocess
import sys

import numpy as np
import pytest
from limner.errors import ModelError, SketchError
from limner.sketch_cnn import detector as module
from limner.sketch_cnn.detector import Detector
from limner.sketch_cnn.image import sketch_from_grey
from limner.sketch_cnn.labels import AU_LABELS, FEATURES, MIRRORED_AUS, MIRRORED_LANDMARKS
from limner.sketch_cnn.look import FoundFace
from limner.sketch_cnn.model_file import open_network, weights_folder
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 300, 340


@pytest.fixture(scope="module")
def grey():
    """A lopsided face, as its sides must not be confused."""
    picture = Image.new("L", (WIDTH, HEIGHT), 255)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((60, 50, 230, 280), outline=0, width=4)
    pen.ellipse((95, 130, 130, 150), outline=0, width=3)
    pen.line((165, 142, 200, 138), fill=0, width=4)
    pen.arc((110, 190, 190, 240), 10, 120, fill=0, width=4)
    pen.line((150, 150, 140, 190, 155, 192), fill=0, width=3)
    return np.asarray(picture)


@pytest.fixture(scope="module")
def detector(weights):
    return Detector(weights)


@pytest.fixture(scope="module")
def boxed(grey):
    """Return a function that makes a drawing of `grey` with the user's face box."""
    from dataclasses import replace

    def make(picture, box):
        return replace(sketch_from_grey(picture), face_box=box)

    return make


def test_a_mirrored_drawing_gives_the_mirrored_answer(detector, boxed, grey):
    box = (70.0, 95.0, 235.0, 285.0)
    mirrored_box = (WIDTH - box[2], box[1], WIDTH - box[0], box[3])
    straight = detector.detect(boxed(grey, box))
    mirrored = detector.detect(boxed(np.ascontiguousarray(grey[:, ::-1]), mirrored_box))
    for name in ("probability", "intensity", "uncertainty", "visible"):
        found = getattr(mirrored, name)[list(MIRRORED_AUS)]
        np.testing.assert_allclose(found, getattr(straight, name), atol=1e-4)
    swapped = mirrored.landmarks[list(MIRRORED_LANDMARKS)] * [-1, 1] + [WIDTH, 0]
    np.testing.assert_allclose(swapped, straight.landmarks, atol=1e-2)
    np.testing.assert_allclose(mirrored.pose * [1, -1, -1], straight.pose, atol=1e-4)
    np.testing.assert_allclose(
        mirrored.feature_probability[:, :, ::-1], straight.feature_probability, atol=1e-3
    )
    np.testing.assert_allclose(mirrored.attention[:, ::-1], straight.attention, atol=1e-3)


def test_the_finder_finds_the_mirrored_box(detector, grey, monkeypatch):
    monkeypatch.setattr(module, "_DOUBTFUL", 0.0)
    monkeypatch.setattr(Detector, "_face_quality", lambda self, ink, box: (1.0, None))
    best = detector.look(sketch_from_grey(grey)).face
    twin = detector.look(sketch_from_grey(np.ascontiguousarray(grey[:, ::-1]))).face
    # Pillow's box filter takes pixels on its edge from one side only
    assert twin.score == pytest.approx(best.score, abs=1e-3)
    x0, y0, x1, y1 = best.box
    np.testing.assert_allclose(twin.box, (WIDTH - x1, y0, WIDTH - x0, y1), atol=0.1)


def test_the_answer_says_what_it_is_about(detector, boxed, grey):
    found = detector.detect(boxed(grey, (70.0, 95.0, 235.0, 285.0)))
    assert found.au_labels == AU_LABELS
    assert found.features == FEATURES
    np.testing.assert_allclose(found.feature_probability.sum(axis=0), 1.0, atol=1e-4)
    assert ((found.probability > 0.0) & (found.probability < 1.0)).all()
    assert ((found.uncertainty > 0.0) & (found.uncertainty <= 1.0)).all()
    x0, y0, x1, y1 = found.face_box
    assert (found.landmarks >= [x0 - 1e-6, y0 - 1e-6]).all()
    assert (found.landmarks <= [x1 + 1e-6, y1 + 1e-6]).all()


def test_the_same_drawing_gives_the_same_answer(weights, boxed, grey):
    sketch = boxed(grey, (70.0, 95.0, 235.0, 285.0))
    first, second = (Detector(weights).detect(sketch) for _ in range(2))
    np.testing.assert_array_equal(first.probability, second.probability)
    np.testing.assert_array_equal(first.landmarks, second.landmarks)


def test_the_largest_sure_face_is_read_and_the_others_are_named(detector, grey, monkeypatch):
    small, large = (10.0, 10.0, 90.0, 90.0), (60.0, 80.0, 240.0, 290.0)
    doubtful = (0.0, 0.0, 290.0, 330.0)
    faces = [FoundFace(doubtful, 0.2), FoundFace(large, 0.8), FoundFace(small, 0.9)]
    monkeypatch.setattr(module, "is_turned", lambda ink: False)
    monkeypatch.setattr(Detector, "find", lambda self, sketch: faces)
    monkeypatch.setattr(Detector, "_face_quality", lambda self, ink, box: (0.0, None))
    found = detector.detect(sketch_from_grey(grey))
    assert found.face_score == 0.8
    assert found.other_faces == (small,)


@pytest.mark.parametrize(
    ("score", "shift", "is_elsewhere"),
    [(0.9, 0.0, False), (0.9, 30.0, False), (0.9, 400.0, True), (0.2, 400.0, False)],
)
def test_a_face_is_elsewhere_only_where_the_finder_is_sure_of_it(
    detector, grey, monkeypatch, score, shift, is_elsewhere
):
    box = (100.0, 100.0, 200.0, 220.0)
    found = [FoundFace((100.0 + shift, 100.0, 200.0 + shift, 220.0), score)]
    monkeypatch.setattr(detector, "find", lambda sketch: found)
    assert detector.is_elsewhere(sketch_from_grey(grey), box) == is_elsewhere


def test_a_tangle_that_the_reader_makes_nothing_of_is_no_face(detector, grey, monkeypatch):
    tangle, face = FoundFace((0.0, 0.0, 290.0, 330.0), 0.45), FoundFace((60, 80, 240, 290), 0.4)
    quality = {tangle.box: 0.1, face.box: 0.7}
    monkeypatch.setattr(module, "is_turned", lambda ink: False)
    monkeypatch.setattr(Detector, "find", lambda self, sketch: [tangle, face])
    monkeypatch.setattr(
        Detector, "_face_quality", lambda self, ink, box: (quality.get(box, 0.0), None)
    )
    assert detector.detect(sketch_from_grey(grey)).face_score == 0.4
    quality[face.box] = 0.1
    with pytest.raises(SketchError, match="no face found"):
        detector.detect(sketch_from_grey(grey))


def test_a_drawing_without_a_face_is_said_to_have_none(detector, grey, monkeypatch):
    monkeypatch.setattr(Detector, "find", lambda self, sketch: [])
    monkeypatch.setattr(Detector, "_face_quality", lambda self, ink, box: (0.0, None))
    with pytest.raises(SketchError, match="no face found"):
        detector.detect(sketch_from_grey(grey))


def test_onnx_and_torch_agree(weights, checkpoint):
    torch = pytest.importorskip("torch", reason="training needs limner[train]")
    from limner.sketch_cnn.export import load_networks

    networks, _, _ = load_networks(checkpoint)
    ink = np.random.default_rng(0).random((3, 1, 128, 128), dtype=np.float32)
    with torch.no_grad():
        answer = networks.reader(torch.from_numpy(ink))
        maps = networks.finder(torch.from_numpy(ink)).numpy()
        places = networks.placer(torch.from_numpy(ink)).numpy()
    reader = open_network(weights / "reader.onnx")
    names = [output.name for output in reader.session.get_outputs()]
    found = dict(zip(names, reader.run(ink), strict=True))
    for name in ("alpha", "beta", "intensity", "visible", "pose", "embedding", "attention"):
        # the weights are stored as float16
        np.testing.assert_allclose(found[name], answer[name].numpy(), rtol=5e-3, atol=5e-3)
    np.testing.assert_allclose(found["landmarks"], answer["landmarks"].numpy(), atol=0.1)
    mine = open_network(weights / "finder.onnx").run(ink)[0]
    np.testing.assert_allclose(mine, maps, rtol=5e-3, atol=5e-3)
    mine = open_network(weights / "placer.onnx").run(ink)[0]
    np.testing.assert_allclose(mine, places, atol=0.1)
    np.testing.assert_allclose(found["attention"].sum(axis=(1, 2)), 1.0, atol=1e-4)


def test_alone_or_in_a_batch_is_the_same(weights):
    reader = open_network(weights / "reader.onnx")
    ink = np.random.default_rng(1).random((4, 1, 128, 128), dtype=np.float32)
    together = reader.run(ink)
    for row in range(4):
        alone = reader.run(ink[row : row + 1])
        for one, many in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], many[row], atol=1e-4)


def test_the_weights_say_where_they_come_from(weights):
    meta = open_network(weights / "reader.onnx").meta
    assert meta["schema"] == "limner.model/1"
    assert meta["recipe"]["name"] == "tiny"
    assert meta["recipe"]["seed"] == 3
    assert meta["steps"] == 6
    assert meta["drawings_seen"] == 24
    assert len(meta["data_sha256"]) == 64
    assert meta["metrics"] == {"f1": 0.25}
    assert tuple(meta["au_labels"]) == AU_LABELS
    assert np.shape(meta["calibration"]) == (len(AU_LABELS), 2)
    assert np.shape(meta["thresholds"]) == (len(AU_LABELS),)


def test_the_weights_say_nothing_of_the_machine_that_made_them(weights):
    for folder in (weights, weights_folder()):
        for file in folder.glob("*.onnx"):
            assert b"site-packages" not in file.read_bytes()


def test_missing_damaged_and_foreign_weights_are_one_clear_line(tmp_path, weights):
    onnx = pytest.importorskip("onnx", reason="exporting needs limner[train]")
    data = (weights / "reader.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(data[: len(data) // 2])
    (tmp_path / "text.onnx").write_text("no network")
    foreign = onnx.load(str(weights / "finder.onnx"))
    for entry in foreign.metadata_props:
        if entry.key == "schema":
            entry.value = "other/7"
    onnx.save(foreign, str(tmp_path / "foreign.onnx"))
    for name, says in (
        ("missing.onnx", "cannot be read"),
        ("cut.onnx", "not a readable ONNX file"),
        ("text.onnx", "not a readable ONNX file"),
        ("foreign.onnx", "schema other/7, expected limner.model/1"),
    ):
        with pytest.raises(ModelError) as caught:
            open_network(tmp_path / name)
        message = str(caught.value)
        assert name in message
        assert says in message
        assert "\n" not in message


def test_reading_drawings_needs_no_torch_and_no_opencv(weights, tmp_path, grey):
    Image.fromarray(grey).save(tmp_path / "face.png")
    code = f"""
import json, sys
for name in ("torch", "cv2", "bpy"):
    sys.modules[name] = None
from dataclasses import replace
from limner.sketch_cnn.detector import Detector
from limner.sketch_cnn.image import read_sketch
sketch = replace(read_sketch({str(tmp_path / "face.png")!r}), face_box=(70.0, 95.0, 235.0, 285.0))
print(json.dumps(Detector({str(weights)!r}).detect(sketch).probability.tolist()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == len(AU_LABELS)


def test_weights_of_a_stream_say_what_was_streamed(checkpoint, drawings, tmp_path):
    pytest.importorskip("onnxscript", reason="exporting needs limner[train]")
    from limner.addon.drawing_stream import DrawingStream
    from limner.sketch_cnn.export import export
    from limner.synthetic_data.stream import StreamSettings

    stream = DrawingStream(StreamSettings(7)).describe()
    export(checkpoint, tmp_path, drawings, version="0.0", stream=stream)
    meta = Detector(tmp_path).reader.meta
    assert meta["stream"] == stream and stream["seed"] == 7 and len(stream["code_sha256"]) == 64
    assert len(meta["data_sha256"]) == 64
