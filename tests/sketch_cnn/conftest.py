"""What the tests of the networks share: a small data set, and weights trained on it briefly."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

RECIPE = """
name = "tiny"
seed = 3
width = 16
thin = 8
reader_samples = 24
batch = 4
finder_batch = 2
placer_batch = 2
store = 40
first = 8
held_out = 0
spoiled = 0.5
learning_rate = 1.0e-3
warmup_steps = 2
weight_decay = 0.02
ema = 0.9
kl_weight = 0.02
positive_power = 0.35

[weights]
presence = 1.0
intensity = 1.0
visible = 1.0
landmarks = 1.0
lines = 1.0
early = 1.0
spread = 1.0
pose = 1.0
features = 1.0
finder = 1.0
placer = 1.0
"""


@pytest.fixture(scope="session")
def drawings(tmp_path_factory):
    """Return a folder with a small data set."""
    from limner.synthetic_data.dataset import generate

    folder = tmp_path_factory.mktemp("drawings")
    generate(folder, 24, 11, size=128, shard_samples=12)
    return folder


@pytest.fixture(scope="session")
def recipe(tmp_path_factory):
    """Return a recipe of six steps."""
    pytest.importorskip("torch", reason="training needs limner[train]")
    from limner.sketch_cnn.train import load_recipe

    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(RECIPE)
    return load_recipe(str(path))


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory, drawings, recipe):
    """Return the checkpoint of a short training."""
    from limner.sketch_cnn.train import Setting, train

    out = tmp_path_factory.mktemp("checkpoint") / "tiny.pt"
    return train(drawings, out, recipe, Setting("cpu", workers=0))


@pytest.fixture(scope="session")
def weights(tmp_path_factory, checkpoint, drawings):
    """Return a folder with both networks as ONNX files."""
    pytest.importorskip("onnxscript", reason="exporting needs limner[train]")
    from limner.sketch_cnn.export import export

    out = tmp_path_factory.mktemp("weights")
    export(
        checkpoint,
        out,
        drawings,
        version="0.0",
        data=drawings,
        metrics={"f1": 0.25},
        storage="float16",
    )
    return out
