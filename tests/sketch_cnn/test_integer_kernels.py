"""Networks that convolve in whole numbers say what they said before, but for their rounding."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="exporting needs limner[train]")

from limner.errors import ModelError  # noqa: E402
from limner.sketch_cnn.detector import Detector  # noqa: E402
from limner.sketch_cnn.image import sketch_from_grey  # noqa: E402
from limner.sketch_cnn.integer_kernels import QUICKENED, quicken, shown_to  # noqa: E402
from limner.sketch_cnn.model_file import READER_FILE, weights_folder  # noqa: E402
from limner.sketch_cnn.shards import read_folder  # noqa: E402
from onnx import numpy_helper  # noqa: E402


@pytest.fixture(scope="module")
def faces(drawings):
    return [sample for sample in read_folder(drawings) if sample.is_face]


@pytest.fixture(scope="module")
def quick(weights, faces, tmp_path_factory):
    """Return a folder of the test's weights, quickened; every face in it is taken for one."""
    folder = tmp_path_factory.mktemp("quick") / "weights"
    shutil.copytree(weights, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Detector, "_face_quality", lambda self, ink, box: (1.0, box))
        quicken(folder, faces)
    return folder


def box_of(face):
    return (*map(float, face.landmarks.min(axis=0)), *map(float, face.landmarks.max(axis=0)))


def test_the_detector_hardly_notices(weights, quick, faces):
    plain, whole = Detector(weights), Detector(quick)
    rounded = False
    for face in faces[:6]:
        ink, box = sketch_from_grey(face.grey()).ink, box_of(face)
        (one, _), (two, _) = plain.read(ink, box), whole.read(ink, box)
        for name in ("intensity", "visible"):
            np.testing.assert_allclose(one[name], two[name], atol=0.02)
        np.testing.assert_allclose(one["landmarks"], two["landmarks"], atol=1.0)
        rounded |= bool((one["landmarks"] != two["landmarks"]).any())
    assert rounded


@pytest.mark.parametrize("name", QUICKENED)
def test_weights_of_whole_numbers_take_seven_bits(quick, name):
    model = onnx.load(quick / name)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    widest = [
        np.abs(numpy_helper.to_array(stored[node.input[0]]).astype(int)).max()
        for node in model.graph.node
        if node.op_type == "DequantizeLinear"
        and node.input[0] in stored
        and stored[node.input[0]].data_type == onnx.TensorProto.INT8
    ]
    assert len(widest) > 5
    assert max(widest) <= 64, "two products of bytes must fit into 16 bits"


def test_all_else_that_the_file_says_is_kept(weights, quick):
    before, after = Detector(weights).reader, Detector(quick).reader
    assert after.meta == {**before.meta, "convolutions": "int8"}
    assert after.outputs == before.outputs


def test_what_limner_ships_convolves_in_whole_numbers():
    detector = Detector(weights_folder())
    assert detector.reader.meta["convolutions"] == detector.finder.meta["convolutions"] == "int8"


def test_a_second_time_is_one_clear_line(quick, faces, monkeypatch):
    monkeypatch.setattr(Detector, "_face_quality", lambda self, ink, box: (1.0, box))
    before = (quick / READER_FILE).read_bytes()
    with pytest.raises(ModelError, match=r"finder\.onnx: convolves in whole numbers already"):
        quicken(quick, faces)
    assert (quick / READER_FILE).read_bytes() == before


def test_ranges_need_a_face(weights):
    with pytest.raises(ModelError, match="no face was found in any drawing"):
        shown_to(weights, [])
