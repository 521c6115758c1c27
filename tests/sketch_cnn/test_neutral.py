"""A face read beside the same face at rest: sides stay sides, and faults are one line."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs limner[train]")
pytest.importorskip("onnxscript", reason="exporting needs limner[train]")

from limner.addon.cli import main  # noqa: E402
from limner.errors import DatasetError, ModelError  # noqa: E402
from limner.sketch_cnn.detector import Detector  # noqa: E402
from limner.sketch_cnn.image import read_sketch  # noqa: E402
from limner.sketch_cnn.labels import AU_LABELS, MIRRORED_AUS, MIRRORED_LANDMARKS  # noqa: E402
from limner.sketch_cnn.line_points import MIRRORED_LINE_POINTS  # noqa: E402
from limner.sketch_cnn.model_file import (  # noqa: E402
    NETWORK_FILES,
    NEUTRAL_FILE,
    weights_folder,
)
from limner.sketch_cnn.neutral import (  # noqa: E402
    MOST_TURN_DEG,
    POINTED,
    READ,
    NeutralHead,
    inputs_of,
    turn_deg,
)
from limner.sketch_cnn.neutral_net import NeutralNet  # noqa: E402
from limner.sketch_cnn.neutral_pairs import Pairs, data_print, read_pairs  # noqa: E402
from limner.sketch_cnn.neutral_train import (  # noqa: E402
    _aside,
    _trained,
    load_neutral_recipe,
    neutral_losses,
    train_neutral,
)

SKETCHES = Path(__file__).parents[1] / "data" / "sketches"
COUNT = len(AU_LABELS)
AUS = list(MIRRORED_AUS)
SIDES = {"landmarks": list(MIRRORED_LANDMARKS), "lines": list(MIRRORED_LINE_POINTS)}


def symmetric_face():
    """Return 230 points that are their own mirror image, crop pixels."""
    points = np.random.default_rng(0).uniform(20.0, 108.0, (230, 2))
    other = points[[*SIDES["landmarks"], *(70 + row for row in SIDES["lines"])]]
    return 0.5 * (points + [128.0, 0.0] + other * [-1.0, 1.0])


FACE = symmetric_face()


def reading(rng, count, odds=None, wobble=2.0):
    """Return what a reader might say of `count` drawings: log odds as given, the rest by chance."""
    odds = rng.normal(size=(count, COUNT)) if odds is None else odds
    total = rng.uniform(4.0, 40.0, (count, COUNT))
    share = 1.0 / (1.0 + np.exp(-odds))
    points = FACE + rng.normal(0.0, wobble, (count, *FACE.shape))
    values = {
        "alpha": 1.0 + total * share,
        "beta": 1.0 + total * (1.0 - share),
        "intensity": rng.uniform(0.05, 0.95, (count, COUNT)),
        "visible": np.ones((count, COUNT)),
        "landmarks": points[:, :70],
        "lines": points[:, 70:],
    }
    return {name: value.astype(np.float32) for name, value in values.items()}


def mirrored(side):
    turned = {name: side[name][:, AUS] for name in READ if name not in POINTED}
    flip, shift = np.float32([-1, 1]), np.float32([128, 0])
    return turned | {name: side[name][:, SIDES[name]] * flip + shift for name in POINTED}


def tensors(side):
    return {name: torch.from_numpy(value) for name, value in side.items()}


@pytest.fixture
def net():
    """Return a network that says something, though nothing that was learnt."""
    torch.manual_seed(1)
    net = NeutralNet(16, 0.5).eval()
    torch.nn.init.normal_(net.last.weight, std=0.3)
    return net


@pytest.fixture(scope="module")
def biased():
    """Return 700 pairs in which what a face wears at rest is added to what the reader says.

    Every third AU of a face is worn alike, and points tell nothing, so that few pairs teach it.
    """
    rng = np.random.default_rng(4)
    built = rng.normal(0.0, 2.0, (700, 3))[:, np.arange(COUNT) % 3]
    there = rng.random((700, COUNT)) < 0.3
    said = np.where(there, 1.5, -1.5) + built + rng.normal(0.0, 0.3, built.shape)
    rest = -1.5 + built + rng.normal(0.0, 0.3, built.shape)
    identity = np.array([f"person {row}" for row in range(700)])
    intensity = np.where(there, 0.6, 0.0).astype(np.float32)
    seen = np.ones_like(intensity)
    sides = (reading(rng, 700, odds, wobble=0.1) for odds in (said, rest))
    return Pairs(identity, intensity, seen, *sides, "x")


@pytest.fixture(scope="module")
def how():
    return replace(load_neutral_recipe("neutral"), hidden=48, dropout=0.1, epochs=16, batch=32)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Return a folder with the shipped networks that read a face by itself."""
    out = tmp_path_factory.mktemp("shipped")
    for name in NETWORK_FILES:
        if not (weights_folder() / name).is_file():
            pytest.skip(f"the network's weights are not in {weights_folder()}")
        (out / name).write_bytes((weights_folder() / name).read_bytes())
    return out


@pytest.fixture(scope="module")
def folder(shipped, biased, how, tmp_path_factory):
    """Return a folder with weights, a `neutral.onnx` of invented pairs beside them."""
    out = tmp_path_factory.mktemp("neutral")
    for file in shipped.glob("*.onnx"):
        (out / file.name).write_bytes(file.read_bytes())
    train_neutral(biased, Detector(out), out, how, version="0.0")
    return out


def test_mirrored_drawings_give_mirrored_answers(net):
    rng = np.random.default_rng(2)
    face, rest = reading(rng, 3), reading(rng, 3)
    with torch.no_grad():
        straight = net(tensors(face), tensors(rest))
        turned = net(tensors(mirrored(face)), tensors(mirrored(rest)))
    for one, two in zip(straight, turned, strict=True):
        assert (one - one[:, AUS]).abs().max() > 0.01, "the sides differ"
        torch.testing.assert_close(two[:, AUS], one, atol=1e-4, rtol=1e-4)


def test_where_and_how_large_a_face_is_drawn_at_rest_says_nothing(net):
    rng = np.random.default_rng(3)
    face, rest = reading(rng, 2), reading(rng, 2)
    small = {name: np.float32(0.4) * rest[name] + np.float32([9, 30]) for name in POINTED}
    moved = {**rest, **small}
    with torch.no_grad():
        one, two = (net(tensors(face), tensors(side))[0] for side in (rest, moved))
    torch.testing.assert_close(two, one, atol=1e-3, rtol=1e-3)


def test_a_new_network_changes_nothing():
    rng = np.random.default_rng(5)
    face, rest = reading(rng, 2), reading(rng, 2)
    with torch.no_grad():
        odds, strength = NeutralNet(8, 0.5).eval()(tensors(face), tensors(rest))
    assert not odds.any()
    np.testing.assert_allclose(strength.numpy(), face["intensity"], atol=1e-5)


@pytest.mark.parametrize(("term", "half"), [("presence", 0), ("intensity", 1)])
def test_each_loss_term_trains_what_it_is_for(net, biased, term, half):
    some = biased.select(np.arange(8))
    net.train()
    odds, strength = net(tensors(some.face), tensors(some.rest))
    truth = {"intensity": torch.from_numpy(some.intensity), "visible": torch.ones(8, COUNT)}
    neutral_losses(odds, strength, truth)[term].backward()
    mine, others = net.last.weight.grad.split(COUNT)[:: 1 if half == 0 else -1]
    assert mine.abs().max() > 0.0 and not others.any()
    assert net.first.weight.grad.abs().max() > 0.0


def test_what_a_face_wears_at_rest_is_learnt_to_be_no_expression(folder, biased):
    head = NeutralHead(folder / NEUTRAL_FILE, Detector(folder).reader)
    told = head.network.meta["metrics"]
    assert told["presence_with_neutral"] < 0.8 * told["presence_alone"]
    face, rest = ({name: part[0] for name, part in side.items()} for side in
                  (biased.face, biased.rest))  # fmt: skip
    odds = np.log(face["alpha"] / face["beta"]).astype(np.float64)
    with_rest, strength = head.read(odds, face, rest)
    with_itself, _ = head.read(odds, face, face)
    assert np.abs(with_rest - with_itself).max() > 0.2, "it looks at the neutral drawing"
    assert ((strength >= 0.0) & (strength <= 1.0)).all()
    assert head.thresholds.shape == (COUNT,)


def test_training_again_gives_the_same_network(shipped, biased, how):
    some, brief = biased.select(np.arange(200)), replace(how, epochs=2)
    one, two = (_trained(some, Detector(shipped), brief, None).state_dict() for _ in range(2))
    assert all((one[name] == two[name]).all() for name in one)
    other = _trained(some, Detector(shipped), replace(brief, seed=18), None).state_dict()
    assert (one["first.weight"] != other["first.weight"]).any()


def test_the_file_says_where_it_comes_from_and_nothing_of_the_machine(folder):
    head = NeutralHead(folder / NEUTRAL_FILE, Detector(folder).reader)
    meta = head.network.meta
    assert meta["recipe"]["seed"] == 17 and meta["data_sha256"] == "x"
    assert meta["pairs"] + meta["metrics"]["pairs"] == 700
    data = (folder / NEUTRAL_FILE).read_bytes()
    assert b"site-packages" not in data and len(data) < 200_000


def test_onnx_and_torch_agree(folder, shipped, biased, how):
    """The same training again, in torch: it gives what the file gives, but for stored weights."""
    rows = np.flatnonzero(~_aside(biased.identity, how))
    net = _trained(biased.select(rows), Detector(shipped), how, None)
    session = NeutralHead(folder / NEUTRAL_FILE, Detector(folder).reader).network.session
    found = session.run(None, inputs_of(biased.face, biased.rest))
    with torch.no_grad():
        expected = net(tensors(biased.face), tensors(biased.rest))
    for one, two, atol in zip(found, expected, (0.2, 0.02), strict=True):
        np.testing.assert_allclose(one, two.numpy(), atol=atol)
    assert np.abs(found[0]).max() > 2.0


def test_alone_or_in_a_batch_is_the_same(folder, biased):
    session = NeutralHead(folder / NEUTRAL_FILE, Detector(folder).reader).network.session
    together = session.run(None, inputs_of(biased.face, biased.rest))
    for row in (0, 5):
        face, rest = ({name: part[row : row + 1] for name, part in side.items()} for side in
                      (biased.face, biased.rest))  # fmt: skip
        for one, many in zip(session.run(None, inputs_of(face, rest)), together, strict=True):
            np.testing.assert_allclose(one[0], many[row], atol=1e-4)


def test_another_reader_or_no_network_is_one_clear_line(folder, shipped):
    with pytest.raises(ModelError, match=r"neutral\.onnx: these weights have no network"):
        Detector(shipped).neutral  # noqa: B018
    reader = Detector(folder).reader
    other = replace(reader, meta={**reader.meta, "calibration": [[2.0, 0.0]] * COUNT})
    with pytest.raises(ModelError, match="made for another reader"):
        NeutralHead(folder / NEUTRAL_FILE, other)


def test_too_few_pairs_and_foreign_files_are_one_clear_line(biased, folder, how, tmp_path):
    few = biased.select(np.arange(20))
    with pytest.raises(DatasetError, match="20 pairs are too few"):
        train_neutral(few, Detector(folder), tmp_path, how, version="0.0")
    (tmp_path / "pairs.npz").write_bytes(b"none")
    with pytest.raises(DatasetError, match=r"pairs\.npz: no file of pairs"):
        Pairs.load(tmp_path / "pairs.npz")
    with pytest.raises(DatasetError, match="recipe fourth: not for a neutral drawing"):
        load_neutral_recipe("fourth")


def test_pairs_come_back_from_their_file(biased, tmp_path):
    biased.save(tmp_path / "pairs.npz")
    back = Pairs.load(tmp_path / "pairs.npz")
    assert back.source == "x" and (back.identity == biased.identity).all()
    for name in READ:
        np.testing.assert_array_equal(back.rest[name], biased.rest[name])


def test_a_neutral_drawing_that_faces_another_way_is_not_used(folder):
    detector = Detector(folder)
    look = detector.look(read_sketch(SKETCHES / "lavater_smile.png"))
    alone, beside = detector.tell(look), detector.tell(look, look)
    pose = look.values["pose"] + [0.0, np.radians(MOST_TURN_DEG + 3.0), 0.0]
    away = detector.tell(look, replace(look, values={**look.values, "pose": pose}))
    assert (alone.reference, beside.reference, away.reference) == ("none", "used", "turned away")
    np.testing.assert_array_equal(away.probability, alone.probability)
    assert np.abs(beside.probability - alone.probability).max() > 0.0


def test_a_quarter_turn_is_ninety_degrees():
    assert turn_deg(np.array([0.0, np.pi / 2, 0.0]), np.zeros(3)) == pytest.approx(90.0)


def test_the_command_trains_from_what_was_read_before(folder, biased, drawings, tmp_path, capsys):
    detector = Detector(folder)
    replace(biased, source=data_print(detector, drawings)).save(tmp_path / "pairs.npz")
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        "name = 'tiny'\nseed = 1\nhidden = 4\ndropout = 0.1\nepochs = 1\nbatch = 32\n"
        "learning_rate = 0.001\nweight_decay = 0.0\ncalibration = 0.2\n"
        "[weights]\npresence = 1.0\nintensity = 0.0\n"
    )
    words = ["train", "--neutral", str(drawings), "--model", str(folder), "--out", str(tmp_path)]
    assert main([*words, "--recipe", str(recipe), "--resume"]) == 0
    assert "neutral.onnx" in capsys.readouterr().out
    assert NeutralHead(tmp_path / NEUTRAL_FILE, detector.reader).network.meta["steps"] == 17


def test_a_neutral_drawing_without_a_face_is_one_line_and_ends_all(folder, tmp_path, capsys):
    from PIL import Image

    Image.new("L", (200, 200), 255).save(tmp_path / "blank.png")
    words = [
        "detect",
        str(SKETCHES / "lavater_smile.png"),
        "--neutral",
        str(tmp_path / "blank.png"),
    ]
    assert main([*words, "--model", str(folder), "--json"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.strip().splitlines()
    assert "blank.png" in line and "nothing is drawn on it" in line


def test_a_data_set_without_pairs_is_one_clear_line(folder, drawings):
    with pytest.raises(DatasetError, match=r"--pairs"):
        read_pairs(Detector(folder), drawings, limit=2)
