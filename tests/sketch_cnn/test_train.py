"""What training keeps can be taken up again, whoever makes the drawings and the batches."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs limner[train]")

from limner.errors import DatasetError, ModelError  # noqa: E402
from limner.sketch_cnn.export import load_networks  # noqa: E402
from limner.sketch_cnn.step import TERMS  # noqa: E402
from limner.sketch_cnn.train import Setting, load_recipe, train  # noqa: E402
from limner.sketch_cnn.train_log import read_log  # noqa: E402

ALONE = Setting("cpu", workers=0)


def curve(checkpoint):
    """Return the rows of a training's log, without what hangs on the machine."""
    rows = read_log(checkpoint.with_suffix(".csv"))
    return [{name: row[name] for name in row if name != "drawings_per_s"} for row in rows]


def test_every_term_of_the_recipe_has_its_weight():
    assert set(load_recipe("fifth").weights) == set(TERMS)


def test_an_unknown_recipe_names_the_known_ones():
    with pytest.raises(DatasetError, match="fourth"):
        load_recipe("none-such")


def test_training_needs_shards(tmp_path, recipe):
    with pytest.raises(DatasetError, match=r"no \.tar shards"):
        train(tmp_path, tmp_path / "out.pt", recipe)


def test_the_same_recipe_gives_the_same_curve(tmp_path, drawings, recipe):
    often = replace(recipe, measure_every=2, held_out=8)
    one, two, other = (tmp_path / f"{name}.pt" for name in ("one", "two", "other"))
    train(drawings, one, often, ALONE)
    train(drawings, two, often, ALONE)
    train(drawings, other, replace(often, seed=4), ALONE)
    assert [row["step"] for row in curve(one)] == ["2", "4", "6"]
    assert curve(one) == curve(two)
    assert curve(one) != curve(other)


def test_a_curve_goes_on_after_a_stop_and_has_no_step_twice(tmp_path, drawings, recipe):
    often, out = replace(recipe, measure_every=2), tmp_path / "out.pt"
    train(drawings, out, replace(often, reader_samples=3 * recipe.batch), ALONE)
    with out.with_suffix(".csv").open("a") as file:
        file.write("4" + ",9" * 14 + "\n")  # made after the last checkpoint, and lost
    train(drawings, out, often, ALONE, resume=True)
    rows = curve(out)
    assert [row["step"] for row in rows] == ["2", "3", "4", "6"]
    losses = [float(row["landmarks"]) for row in rows]
    assert max(losses) < 2.0 * min(losses), "each is a mean of as many steps as there were"


def test_rare_action_units_weigh_more_from_the_first_step_on(drawings, recipe):
    """A training that goes on from step 50 must not wait for step 500."""
    from limner.sketch_cnn.feed import Feed, ShardSource
    from limner.sketch_cnn.larder import Larder, au_weights

    feed = Feed(ShardSource(drawings), 0, recipe.seed)
    larder = Larder.fill(feed, recipe, torch.device("cpu"), 1)
    wanted = au_weights(*larder.store.labels(), recipe.positive_power)
    assert wanted[1].max() > 1.5
    assert torch.equal(larder.balance, wanted)


def test_a_new_training_begins_a_new_log(tmp_path, drawings, recipe):
    out = tmp_path / "out.pt"
    train(drawings, out, recipe, ALONE)
    train(drawings, out, recipe, ALONE)
    assert [row["step"] for row in curve(out)] == ["6"]


def test_ctrl_c_leaves_what_can_be_gone_on_with(tmp_path, drawings, recipe):
    def stop(step, *_):
        raise KeyboardInterrupt

    out = tmp_path / "out.pt"
    often = replace(recipe, measure_every=2)
    with pytest.raises(KeyboardInterrupt):
        train(drawings, out, often, ALONE, on_step=stop)
    assert load_networks(out)[2] == 2
    train(drawings, out, often, ALONE, resume=True)
    assert load_networks(out)[2] == 6


def test_a_training_that_learns_no_more_ends_and_keeps_its_best_networks(
    tmp_path, drawings, recipe
):
    """At a rate of nothing the first measurement stays the best one."""
    still = replace(
        recipe, learning_rate=0.0, held_out=8, measure_every=1, patience=2, warmup_steps=1
    )
    out = tmp_path / "out.pt"
    train(drawings, out, replace(still, reader_samples=40 * recipe.batch), ALONE)
    networks, _, step = load_networks(out)
    stop = torch.load(out, weights_only=True)["stop"]
    assert step == stop["step"] + 2 < 40
    for name, value in networks.state_dict().items():
        assert torch.equal(value, stop["kept"][name]), name
    with pytest.raises(ValueError, match="patience needs held_out"):
        replace(recipe, patience=1)


def test_terms_are_switched_off_by_name(tmp_path, drawings, recipe):
    mute = recipe.without(("pose", "finder"))
    assert {name for name, weight in mute.weights.items() if not weight} == {"pose", "finder"}
    out = tmp_path / "out.pt"
    train(drawings, out, replace(mute, weight_decay=0.0), ALONE)
    torch.manual_seed(recipe.seed)
    from limner.sketch_cnn.step import Networks

    before = Networks(recipe.width, recipe.thin).state_dict()
    after = load_networks(out)[0].state_dict()
    assert torch.equal(before["finder.head.1.weight"], after["finder.head.1.weight"])
    assert not torch.equal(before["placer.heat.weight"], after["placer.heat.weight"])
    with pytest.raises(DatasetError, match=r"no term gaze; there are presence, "):
        recipe.without(("gaze",))


def test_training_goes_on_where_it_stopped(tmp_path, checkpoint, drawings, recipe):
    import shutil

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
    endless = replace(recipe, reader_samples=1_000_000_000)
    out = tmp_path / "short.pt"
    train(drawings, out, endless, Setting("cpu", workers=0, time_limit_s=0.5))
    assert load_networks(out)[2] < 1000


def test_drawings_held_out_are_measured_and_not_trained_on(tmp_path, drawings, recipe):
    out = tmp_path / "held.pt"
    train(drawings, out, replace(recipe, held_out=12, first=4), Setting("cpu", workers=0))
    last = read_log(out.with_suffix(".csv"))[-1]
    assert int(last["step"]) == recipe.steps
    assert float(last["held_landmarks_px"]) > 0.0


def test_a_failing_source_is_one_clear_line(tmp_path, recipe):
    with pytest.raises(DatasetError, match="no more paper"):
        train(_Empty(), tmp_path / "out.pt", recipe, Setting("cpu", workers=1))


class _Empty:
    """A source whose drawings cannot be made."""

    def __call__(self, worker, workers):
        raise OSError("no more paper")


def test_a_foreign_checkpoint_is_refused_in_one_line(tmp_path):
    path = tmp_path / "foreign.pt"
    torch.save({"step": 3}, path)
    with pytest.raises(ModelError, match="no checkpoint"):
        load_networks(path)
