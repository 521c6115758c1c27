"""A reader of any backbone, taught by any loss, keeps what all detectors promise."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs limner[train]")
pytest.importorskip("onnxscript", reason="exporting needs limner[train]")

from limner.errors import DatasetError, ModelError  # noqa: E402
from limner.sketch_cnn.crop import CROP_MARGIN  # noqa: E402
from limner.sketch_cnn.detector import Detector  # noqa: E402
from limner.sketch_cnn.export import export_reader  # noqa: E402
from limner.sketch_cnn.labels import AU_LABELS, FEATURES, MIRRORED_AUS  # noqa: E402
from limner.sketch_cnn.losses import PRESENCE, reader_losses  # noqa: E402
from limner.sketch_cnn.model_file import open_network  # noqa: E402
from limner.sketch_cnn.places import POINTS  # noqa: E402
from limner.sketch_cnn.reader_net import Reader  # noqa: E402
from limner.sketch_cnn.recipe import BACKBONES, load_recipe  # noqa: E402
from limner.sketch_cnn.step import Networks, Stepper  # noqa: E402
from limner.sketch_cnn.views import FOUR_LOOKS  # noqa: E402


def chance_reader(backbone):
    torch.manual_seed(3)
    reader = Reader(16, 8, backbone)
    reader(torch.rand(8, 1, 128, 128))  # so that the batch's statistics are some
    return reader.eval()


@pytest.mark.slow
@pytest.mark.parametrize("backbone", [name for name in BACKBONES if name != "residual"])
def test_onnx_and_torch_agree_alone_and_in_a_batch(backbone, tmp_path):
    net, path = chance_reader(backbone), tmp_path / "reader.onnx"
    export_reader(net, path)
    ink = np.random.default_rng(0).random((3, 1, 128, 128), dtype=np.float32)
    with torch.no_grad():
        answer = net(torch.from_numpy(ink))
    reader = open_network(path)
    found = dict(zip(reader.outputs, reader.run(ink), strict=True))
    for name in ("alpha", "beta", "intensity", "visible", "pose", "embedding", "attention"):
        # the weights are stored as float16
        np.testing.assert_allclose(found[name], answer[name].numpy(), rtol=5e-3, atol=5e-3)
    np.testing.assert_allclose(found["landmarks"], answer["landmarks"].numpy(), atol=0.1)
    alone = dict(zip(reader.outputs, reader.run(ink[:1]), strict=True))
    for name, value in alone.items():
        np.testing.assert_allclose(value[0], found[name][0], atol=1e-4)


class InTorch:
    """A reader as the detector asks it, before it is written to a file."""

    meta: ClassVar = {"input_px": 128, "crop_margin": CROP_MARGIN}
    outputs = ("alpha", "beta", "intensity", "visible", "landmarks", "pose")

    def __init__(self, net):
        self.net = net

    def run(self, ink):
        with torch.no_grad():
            answer = self.net(torch.from_numpy(ink))
        return [answer[name].numpy() for name in self.outputs]


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_mirrored_drawing_gives_swapped_sides(backbone):
    detector = Detector(looks=FOUR_LOOKS)
    detector._reader = InTorch(chance_reader(backbone))
    ink = np.random.default_rng(1).random((140, 120), dtype=np.float32)
    ink[:, 60:] *= 0.2
    box, turned = (20.0, 15.0, 90.0, 125.0), (30.0, 15.0, 100.0, 125.0)
    straight = detector.read(ink, box)[0]
    mirrored = detector.read(np.ascontiguousarray(ink[:, ::-1]), turned)[0]
    sides = np.abs(straight["alpha"] - straight["alpha"][list(MIRRORED_AUS)])
    assert sides.max() > 2e-4, "the sides differ"
    for name in ("alpha", "beta", "intensity", "visible"):
        swapped = mirrored[name][list(MIRRORED_AUS)]
        np.testing.assert_allclose(swapped, straight[name], atol=1e-5)
        assert np.array_equal(straight[name], detector.read(ink, box)[0][name])


@pytest.mark.parametrize("loss", PRESENCE)
@pytest.mark.parametrize("backbone", BACKBONES)
def test_what_presence_costs_reaches_every_weight_of_the_trunk(backbone, loss):
    torch.manual_seed(4)
    reader, count = Reader(8, 8, backbone), len(AU_LABELS)
    answer = reader(torch.rand(2, 1, 128, 128))
    truth = {
        "intensity": torch.tensor([0.0, 0.8])[:, None].expand(2, count),
        "visible": torch.ones(2, count),
        "landmarks": torch.full((2, 70, 2), 64.0),
        "lines": torch.full((2, POINTS - 70, 2), 64.0),
        "pose": torch.zeros(2, 3),
        "features": torch.randint(1, len(FEATURES), (2, 64, 64)),
    }
    losses = reader_losses(answer, truth, torch.ones(2, count), torch.tensor(0.02), loss)
    losses["presence"].backward()
    for part in (reader.down2, reader.down3, reader.down4):
        for name, value in part.named_parameters():
            assert value.grad is not None and value.grad.abs().sum() > 0.0, name


def test_a_training_does_not_begin_with_another_backbone(recipe, tmp_path):
    start = tmp_path / "start.pt"
    torch.save({"smoothed": Networks(recipe.width, recipe.thin).state_dict()}, start)
    Stepper.start(recipe, torch.device("cpu")).begin_with(start)
    other = Stepper.start(replace(recipe, backbone="convnext"), torch.device("cpu"))
    with pytest.raises(ModelError, match="cannot be begun with"):
        other.begin_with(start)


@pytest.mark.parametrize("line", ['backbone = "vgg"', 'loss = "hinge"'])
def test_a_recipe_that_names_what_is_not_there_is_refused_in_one_line(tmp_path, line, recipe):
    path = tmp_path / "other.toml"
    text = [f"{name} = {value!r}" for name, value in recipe_numbers(recipe)]
    path.write_text("\n".join([*text, line]).replace("'", '"'))
    with pytest.raises(DatasetError, match=f"cannot be used .no {line.split()[0]}"):
        load_recipe(str(path))


def recipe_numbers(recipe):
    names = [name for name in recipe.__slots__ if name not in ("weights", "backbone", "loss")]
    return [(name, getattr(recipe, name)) for name in names]
