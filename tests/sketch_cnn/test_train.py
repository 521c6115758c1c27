"""What training keeps can be taken up again, whoever makes the drawings and the batches."""

# SPDX-License-Identifier: GPL-3.0-or-later

import csv
import math

import pytest

torch = pytest.importorskip("torch", reason="training needs limner[train]")

from limner.errors import DatasetError, ModelError  # noqa: E402
from limner.sketch_cnn.export import load_networks  # noqa: E402
from limner.sketch_cnn.step import TERMS  # noqa: E402
from limner.sketch_cnn.train import Setting, load_recipe, train  # noqa: E402


def rows_of(log):
    with log.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_term_of_the_recipe_has_its_weight():
    assert set(load_recipe("fifth").weights) == set(TERMS)


def test_an_unknown_recipe_names_the_known_ones():
    with pytest.raises(DatasetError, match="fourth"):
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
    train(drawings, again, longer, Setting("cpu", workers=0), resume=True)
    networks, _, after = load_networks(again)
    assert (before, after) == (6, 8)
    old = load_networks(checkpoint)[0].state_dict()
    moved = [name for name, value in networks.state_dict().items() if (value != old[name]).any()]
    for name in ("reader.head.last.weight", "finder.head.1.weight", "placer.heat.weight"):
        assert name in moved


def test_a_training_begins_with_an_earlier_one_whose_new_parts_are_its_own(
    tmp_path, checkpoint, drawings, recipe
):
    from dataclasses import replace

    saved = torch.load(checkpoint, weights_only=True)
    known = {name: v for name, v in saved["smoothed"].items() if ".close." not in name}
    start, out = tmp_path / "start.pt", tmp_path / "out.pt"
    torch.save({"smoothed": known}, start)
    still = replace(recipe, reader_samples=recipe.batch, learning_rate=0.0)
    train(drawings, out, still, Setting("cpu", workers=0), start=start)
    networks, _, step = load_networks(out)
    assert step == 1
    for name, value in networks.named_parameters():
        if name in known:
            assert torch.equal(value, known[name]), name
    assert networks.reader.close.eye.weight.abs().sum() > 0.0


def test_a_training_begins_with_nothing_but_a_checkpoint(tmp_path, checkpoint, drawings, recipe):
    from dataclasses import replace

    start, out = tmp_path / "start.pt", tmp_path / "out.pt"
    start.write_bytes(b"no checkpoint")
    with pytest.raises(ModelError, match=r"start\.pt: cannot be begun with"):
        train(drawings, out, recipe, start=start)
    wider = replace(recipe, width=recipe.width + 8)
    with pytest.raises(ModelError, match="cannot be begun with"):
        train(drawings, out, wider, start=checkpoint)
    assert not out.exists()


def test_two_trainers_share_a_batch_and_end_with_one_checkpoint(tmp_path, drawings, recipe):
    out = tmp_path / "team.pt"
    train(drawings, out, recipe, Setting("cpu", processes=2, workers=0))
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


def test_workers_prepare_drawings_beside_the_training(tmp_path, drawings, recipe):
    out = tmp_path / "beside.pt"
    train(drawings, out, recipe, Setting("cpu", workers=2))
    assert load_networks(out)[2] == recipe.steps


def test_a_time_limit_ends_the_schedule(tmp_path, drawings, recipe):
    from dataclasses import replace

    endless = replace(recipe, reader_samples=1_000_000_000)
    out = tmp_path / "short.pt"
    train(drawings, out, endless, Setting("cpu", workers=0, time_limit_s=0.5))
    assert load_networks(out)[2] < 1000


def test_drawings_held_out_are_measured_and_not_trained_on(tmp_path, drawings, recipe):
    from dataclasses import replace

    out = tmp_path / "held.pt"
    train(drawings, out, replace(recipe, held_out=12, first=4), Setting("cpu", workers=0))
    last = rows_of(out.with_suffix(".csv"))[-1]
    assert int(last["step"]) == recipe.steps
    assert float(last["held_landmarks_px"]) > 0.0


def test_a_failing_source_is_one_clear_line(tmp_path, recipe):
    with pytest.raises(DatasetError, match="no more paper"):
        train(_Empty(), tmp_path / "out.pt", recipe, Setting("cpu", workers=1))


class _Empty:
    """A source whose drawings cannot be made."""

    def __call__(self, worker, workers):
        raise OSError("no more paper")


def test_only_what_is_measured_stands_in_the_log(tmp_path):
    from limner.sketch_cnn.train import _log

    _log(tmp_path / "log.csv", 100, {"presence": 0.5})
    _log(tmp_path / "log.csv", 200, {"presence": 0.25, "held_f1": math.nan})
    rows = rows_of(tmp_path / "log.csv")
    assert [(row["step"], row["presence"], row["held_f1"]) for row in rows] == [
        ("100", "0.5", ""), ("200", "0.25", ""),
    ]  # fmt: skip


def test_a_foreign_checkpoint_is_refused_in_one_line(tmp_path):
    path = tmp_path / "foreign.pt"
    torch.save({"step": 3}, path)
    with pytest.raises(ModelError, match="no checkpoint"):
        load_networks(path)
