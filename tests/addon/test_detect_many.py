"""A thousand drawings take no more memory than a few, and bad weights are told once."""

# SPDX-License-Identifier: GPL-3.0-or-later

import json
import shutil

import numpy as np
import pytest
from limner.sketch_cnn.model_file import (
    FINDER_FILE,
    NETWORK_FILES,
    READER_FILE,
    weights_folder,
)
from PIL import Image

FEW, MANY = 40, 300


@pytest.fixture
def pages(sketches, tmp_path):
    """Return a function that makes a folder of so many drawings."""
    face = Image.open(sketches / "lavater_smile.png").convert("L").resize((160, 210))

    def make(count):
        folder = tmp_path / f"pages{count}"
        folder.mkdir()
        for number in range(count):
            face.save(folder / f"{number:04d}.png")
        return folder

    return make


@pytest.mark.slow
def test_memory_stays_flat_over_many_drawings(pages, program, needs_weights):
    """The peak after 300 drawings is that after 40: what is read is not kept."""
    resource = pytest.importorskip("resource", reason="peaks of memory are told by Unix")
    peaks = []
    for count in (FEW, MANY):
        run = program("detect", "--json", pages(count))
        out, err = run.communicate(timeout=600)
        assert (run.returncode, err) == (0, "")
        assert len(out.splitlines()) == count
        peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    assert peaks[1] - peaks[0] < 15_000, "kB"


def test_the_same_drawing_is_answered_alike_alone_and_among_others(pages, limner, needs_weights):
    _, alone, _ = limner("detect", "--json", pages(1))
    _, many, _ = limner("detect", "--json", pages(3))
    first = json.loads(alone)
    for line in many.splitlines():
        other = json.loads(line)
        for entry, twin in zip(first["aus"], other["aus"], strict=True):
            assert entry["probability"] == pytest.approx(twin["probability"], abs=1e-4)
        assert other["landmarks"] == first["landmarks"]


def test_doubtful_answers_are_told_as_unsure(pages, limner, needs_weights):
    _, out, _ = limner("detect", "--json", pages(1))
    for entry in json.loads(out)["aus"]:
        sure = entry["probability"] if entry["present"] else 1.0 - entry["probability"]
        assert entry["unsure"] == (sure < 0.72) or abs(sure - 0.72) < 1e-3


def spoil_nothing(folder):
    (folder / READER_FILE).unlink()


def spoil_bytes(folder):
    data = bytearray((folder / READER_FILE).read_bytes())
    data[: len(data) // 2] = np.random.default_rng(0).bytes(len(data) // 2)
    (folder / READER_FILE).write_bytes(data)


def spoil_roles(folder):
    shutil.copyfile(folder / FINDER_FILE, folder / READER_FILE)


def edit(folder, change):
    onnx = pytest.importorskip("onnx", reason="weights are edited with limner[train]")
    model = onnx.load(str(folder / READER_FILE))
    change(model)
    onnx.save(model, str(folder / READER_FILE))


def spoil_schema(folder):
    def change(model):
        for entry in model.metadata_props:
            if entry.key == "schema":
                entry.value = "limner.model/9"

    edit(folder, change)


def spoil_labels(folder):
    def change(model):
        for entry in model.metadata_props:
            if entry.key == "au_labels":
                entry.value = json.dumps(["AU1", "AU2"])

    edit(folder, change)


def spoil_meta(folder):
    def change(model):
        kept = [entry for entry in model.metadata_props if entry.key != "input_px"]
        kept = [(entry.key, entry.value) for entry in kept]
        del model.metadata_props[:]
        for key, value in kept:
            entry = model.metadata_props.add()
            entry.key, entry.value = key, value

    edit(folder, change)


def spoil_maker(folder):
    def change(model):
        del model.metadata_props[:]

    edit(folder, change)


@pytest.mark.parametrize("film", [(), ("--sequence",)])
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_nothing, "weights cannot be read"),
        (spoil_bytes, "not a readable ONNX file"),
        (spoil_roles, "a network without alpha, beta"),
        (spoil_schema, "schema limner.model/9, expected limner.model/1"),
        (spoil_labels, "a network for other Action Units"),
        (spoil_meta, "a network without input_px"),
        (spoil_maker, "schema none, expected limner.model/1"),
    ],
)
def test_weights_that_cannot_be_used_cost_one_line_for_all(
    limner, pages, tmp_path, needs_weights, spoil, says, film
):
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in NETWORK_FILES:
        shutil.copyfile(weights_folder() / name, folder / name)
    spoil(folder)
    status, out, err = limner("detect", "--model", folder, *film, pages(2))
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert says in err and str(folder / READER_FILE) in err
