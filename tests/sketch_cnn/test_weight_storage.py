"""Weights that lie smaller in their file are the same weights, but for half a step of the scale."""

# SPDX-License-Identifier: GPL-3.0-or-later

import json

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="exporting needs limner[train]")

from limner.errors import ModelError  # noqa: E402
from limner.sketch_cnn.detector import Detector  # noqa: E402
from limner.sketch_cnn.image import sketch_from_grey  # noqa: E402
from limner.sketch_cnn.model_file import NETWORK_FILES, READER_FILE  # noqa: E402
from limner.sketch_cnn.shards import read_folder  # noqa: E402
from limner.sketch_cnn.weight_storage import restore, store_weights, stored_as  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

rng = np.random.default_rng(5)
CONV = rng.normal(size=(48, 80, 3, 3)) * np.logspace(-3, 1, 48)[:, None, None, None]
WINDOWS = rng.normal(size=(7, 200, 24)) * np.logspace(-2, 1, 7 * 24).reshape(7, 1, 24)
DENSE = rng.normal(size=(200, 170)) * np.logspace(-2, 1, 170)
EXACT = rng.normal(size=(200, 170))
GRID = np.stack(np.meshgrid(np.arange(96) - 47.5, np.arange(72) - 35.5)).reshape(2, -1)
SMALL = rng.normal(size=(40, 40))


def model():
    """Return a network that multiplies windows, and holds the other weights beside it."""
    tensors = {
        "conv": CONV,
        "windows": WINDOWS,
        "before": WINDOWS.swapaxes(1, 2),
        "grid": GRID,
        "dense": DENSE,
        "reader.head.last.weight": EXACT,
        "small": SMALL,
    }
    nodes = [
        helper.make_node("MatMul", ["x", "windows"], ["seen"]),
        helper.make_node("MatMul", ["before", "turned"], ["found"]),
        helper.make_node("MatMul", ["flat", "dense"], ["mixed"]),
    ]
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [7, "n", 200]),
        helper.make_tensor_value_info("turned", TensorProto.FLOAT, [7, 200, "n"]),
        helper.make_tensor_value_info("flat", TensorProto.FLOAT, ["n", 200]),
    ]
    outputs = [
        helper.make_tensor_value_info("seen", TensorProto.FLOAT, [7, "n", 24]),
        helper.make_tensor_value_info("found", TensorProto.FLOAT, [7, 24, "n"]),
        helper.make_tensor_value_info("mixed", TensorProto.FLOAT, ["n", 170]),
    ]
    kept = [numpy_helper.from_array(v.astype(np.float32), name) for name, v in tensors.items()]
    graph = helper.make_graph(nodes, "test", inputs, outputs, kept)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def weights_of(network):
    return {t.name: numpy_helper.to_array(t) for t in network.graph.initializer}


def back(storage):
    network = model()
    store_weights(network, storage)
    restore(network)
    return weights_of(network)


@pytest.mark.parametrize("storage", ["float16", "int8"])
def test_where_cells_lie_on_a_grid_is_kept_as_it_is(storage):
    np.testing.assert_array_equal(back(storage)["grid"], weights_of(model())["grid"])


@pytest.mark.parametrize(
    ("name", "over"), [("conv", (1, 2, 3)), ("windows", (1,)), ("before", (2,)), ("dense", (0,))]
)
def test_int8_errs_by_half_a_step_of_its_own_channel(name, over):
    before, after = weights_of(model())[name], back("int8")[name]
    step = np.abs(before).max(axis=over, keepdims=True) / 127.0
    off = np.abs(after - before) / step
    assert off.max() <= 0.5 + 1e-4
    assert 0.2 < off.mean() < 0.3, "rounded to the nearest: a quarter of a step on average"


def test_what_is_small_or_must_be_exact_stays_finer():
    before, after = weights_of(model()), back("int8")
    for name in ("small", "reader.head.last.weight"):
        np.testing.assert_allclose(after[name], before[name], rtol=2.0**-11, atol=1e-7)


def test_a_channel_of_zeros_stays_zeros():
    network = model()
    values = CONV.astype(np.float32).copy()
    values[3] = 0.0
    network.graph.initializer[0].CopyFrom(numpy_helper.from_array(values, "conv"))
    store_weights(network, "int8")
    restore(network)
    assert (weights_of(network)["conv"][3] == 0.0).all()


def test_storing_twice_is_storing_once():
    once = model()
    store_weights(once, "int8")
    twice = onnx.ModelProto()
    twice.CopyFrom(once)
    restore(twice)
    store_weights(twice, "int8")
    for name, values in weights_of(once).items():
        np.testing.assert_allclose(weights_of(twice)[name], values, rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("storage", ["float16", "int8"])
def test_the_file_computes_in_float32_what_its_restored_weights_do(storage):
    import onnxruntime

    small, plain = model(), model()
    store_weights(small, storage)
    plain.CopyFrom(small)
    restore(plain)
    assert len(plain.graph.node) == 3, "nothing is left of how they were stored"
    given = {
        "x": rng.normal(size=(7, 3, 200)).astype(np.float32),
        "turned": rng.normal(size=(7, 200, 3)).astype(np.float32),
        "flat": rng.normal(size=(3, 200)).astype(np.float32),
    }
    answers = [
        onnxruntime.InferenceSession(
            network.SerializeToString(), providers=["CPUExecutionProvider"]
        ).run(None, given)
        for network in (small, plain)
    ]
    for one, two in zip(*answers, strict=True):
        np.testing.assert_array_equal(one, two)


def test_int8_is_half_the_size_and_the_detector_hardly_notices(weights, drawings, tmp_path):
    for name in NETWORK_FILES:
        stored_as(weights / name, tmp_path / name, "int8")
    halves, eighths = Detector(weights), Detector(tmp_path)
    assert eighths.reader.meta["storage"] == "int8"
    assert {**halves.reader.meta, "storage": ""} == {**eighths.reader.meta, "storage": ""}
    assert eighths.reader.size_bytes < 0.7 * halves.reader.size_bytes
    sample = next(face for face in read_folder(drawings) if face.is_face)
    sketch = sketch_from_grey(sample.grey())
    box = (*map(float, sample.landmarks.min(axis=0)), *map(float, sample.landmarks.max(axis=0)))
    (one, _), (two, _) = (part.read(sketch.ink, box) for part in (halves, eighths))
    for name in ("intensity", "visible"):
        np.testing.assert_allclose(one[name], two[name], atol=0.02)
    np.testing.assert_allclose(one["landmarks"], two["landmarks"], atol=1.0)
    assert any((one[name] != two[name]).any() for name in one), "something was rounded"


def test_a_file_says_how_its_weights_are_stored(tmp_path):
    plain = model()
    entry = plain.metadata_props.add()
    entry.key, entry.value = "crop_margin", json.dumps(1.25)
    onnx.save(plain, str(tmp_path / "plain.onnx"))
    stored_as(tmp_path / "plain.onnx", tmp_path / "small.onnx", "int8")
    said = {part.key: part.value for part in onnx.load(tmp_path / "small.onnx").metadata_props}
    assert said == {"crop_margin": "1.25", "storage": "int8"}


def test_wrong_storages_and_files_are_one_clear_line(tmp_path):
    with pytest.raises(ModelError, match="storage int4: not known; there are float16, int8"):
        store_weights(model(), "int4")
    path = tmp_path / READER_FILE
    path.write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"reader\.onnx: not a readable ONNX file"):
        stored_as(path, tmp_path / "out.onnx", "int8")
    assert not (tmp_path / "out.onnx").exists()
