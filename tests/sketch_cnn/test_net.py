"""The networks' geometry is right, and what training keeps can be taken up again."""

# SPDX-License-Identifier: GPL-3.0-or-later

import csv
import math

import pytest

torch = pytest.importorskip("torch", reason="training needs limner[train]")

from limner.errors import DatasetError, ModelError  # noqa: E402
from limner.sketch_cnn.export import load_networks  # noqa: E402
from limner.sketch_cnn.labels import AU_LABELS, FEATURES  # noqa: E402
from limner.sketch_cnn.net import (  # noqa: E402
    Finder,
    Reader,
    _sample,
    _soft_argmax,
    face_frame,
)
from limner.sketch_cnn.train import load_recipe, train  # noqa: E402


def test_a_sharp_heat_map_is_the_middle_of_its_cell():
    heat = torch.full((1, 70, 32, 32), -30.0)
    heat[0, 3, 10, 20] = 30.0
    place, spread = _soft_argmax(heat.flatten(2), 32)
    assert place[0, 3].tolist() == pytest.approx([82.0, 42.0], abs=1e-3)
    assert float(spread[0, 3]) == pytest.approx(0.01, abs=1e-3)


def test_two_equal_peaks_give_their_middle_and_half_their_distance():
    heat = torch.full((1, 70, 32, 32), -40.0)
    heat[0, 0, 16, 8], heat[0, 0, 16, 24] = 10.0, 10.0
    place, spread = _soft_argmax(heat.flatten(2), 32)
    assert place[0, 0].tolist() == pytest.approx([66.0, 66.0], abs=1e-3)
    assert float(spread[0, 0]) == pytest.approx(32.0 / 2**0.5, rel=1e-3)


def test_features_are_taken_where_the_landmarks_lie():
    maps = torch.rand(2, 5, 32, 32)
    where = 4.0 + 120.0 * torch.rand(2, 70, 2)
    grid = where[:, :, None] * (2.0 / 128.0) - 1.0
    expected = torch.nn.functional.grid_sample(maps, grid, align_corners=False)[..., 0]
    assert torch.allclose(_sample(maps, where), expected.transpose(1, 2), atol=1e-4)


def test_the_face_frame_forgets_where_how_large_and_how_tilted_a_face_is():
    face = 128.0 * torch.rand(1, 70, 2)
    face[:, 42:48, 0] += 200.0  # the left eye lies to the right of the picture
    angle = 0.3
    turn = torch.tensor([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    moved = 0.7 * face @ turn + torch.tensor([30.0, -12.0])
    before, after = face_frame(face), face_frame(moved)
    assert torch.allclose(before[:, :-3], after[:, :-3], atol=1e-4)
    assert float(after[0, -3] / before[0, -3]) == pytest.approx(0.7, abs=1e-4)
    assert not torch.allclose(before[:, -2], after[:, -2], atol=1e-2), "the roll is kept apart"


def test_answers_have_their_shapes_and_ranges():
    with torch.no_grad():
        answer = Reader(12).eval()(torch.rand(3, 1, 128, 128))
        maps = Finder().eval()(torch.rand(3, 1, 128, 128))
    assert maps.shape == (3, 5, 16, 16)
    assert answer["alpha"].shape == (3, len(AU_LABELS))
    assert answer["features"].shape == (3, len(FEATURES), 64, 64)
    assert answer["landmarks"].shape == (3, 70, 2)
    for name in ("alpha", "beta"):
        assert (answer[name] >= 1.0).all()
    for name in ("intensity", "visible"):
        assert ((answer[name] >= 0.0) & (answer[name] <= 1.0)).all()


def test_every_term_of_the_recipe_has_its_weight():
    from limner.sketch_cnn.losses import READER_TERMS

    assert set(load_recipe("second").weights) == {*READER_TERMS, "finder"}


def test_an_unknown_recipe_names_the_known_ones():
    with pytest.raises(DatasetError, match="second"):
        load_recipe("none-such")


def test_training_needs_shards(tmp_path, recipe):
    with pytest.raises(DatasetError, match=r"no \.tar shards"):
        train(tmp_path, tmp_path / "out.pt", recipe)


def test_training_goes_on_where_it_stopped(tmp_path, checkpoint, drawings, recipe):
    import shutil
    from dataclasses import replace

    again = tmp_path / "again.pt"
    shutil.copy(checkpoint, again)
    _, _, before = load_networks(again)
    longer = replace(recipe, reader_samples=recipe.reader_samples + 2 * recipe.batch)
    train(drawings, again, longer, resume=True, threads=1, workers=0)
    networks, _, after = load_networks(again)
    assert (before, after) == (6, 8)
    old = load_networks(checkpoint)[0].state_dict()
    moved = [name for name, value in networks.state_dict().items() if (value != old[name]).any()]
    assert "reader.head.last.weight" in moved
    assert "finder.head.1.weight" in moved


def test_two_trainers_share_a_batch_and_end_with_one_checkpoint(tmp_path, drawings, recipe):
    out = tmp_path / "team.pt"
    train(drawings, out, recipe, processes=2, workers=0)
    networks, _, step = load_networks(out)
    assert step == recipe.steps
    assert all(value.isfinite().all() for value in networks.state_dict().values())


def _spread_of_mean(team, results):
    team.join()
    gradient = torch.full((2, 3), float(team.rank))
    team.average([gradient, None])
    results.put(gradient.mean().item())


def test_a_team_averages_its_gradients():
    from limner.sketch_cnn.team import Team

    results = torch.multiprocessing.get_context("spawn").SimpleQueue()
    team = Team.of(2)
    with team.others(_spread_of_mean, results):
        _spread_of_mean(team, results)
    assert [results.get(), results.get()] == [0.5, 0.5]


def test_the_log_has_a_row_every_hundred_steps(tmp_path):
    from limner.sketch_cnn.train import _log

    _log(tmp_path / "log.csv", 100, {"presence": 0.5})
    _log(tmp_path / "log.csv", 200, {"presence": 0.25})
    with (tmp_path / "log.csv").open() as file:
        assert list(csv.reader(file)) == [["step", "presence"], ["100", "0.5"], ["200", "0.25"]]


def test_a_foreign_checkpoint_is_refused_in_one_line(tmp_path):
    path = tmp_path / "foreign.pt"
    torch.save({"step": 3}, path)
    with pytest.raises(ModelError, match="no checkpoint"):
        load_networks(path)
