"""Trials of one seed learn from the same views, and read mirrored faces mirrored."""

# SPDX-License-Identifier: GPL-3.0-or-later

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs limner[train]")

from limner.errors import DatasetError  # noqa: E402
from limner.sketch_cnn import trial as module  # noqa: E402
from limner.sketch_cnn.labels import AU_LABELS, MIRRORED_AUS  # noqa: E402
from limner.sketch_cnn.recipe import BACKBONES, LOSSES  # noqa: E402
from limner.sketch_cnn.shards import Sample  # noqa: E402
from limner.sketch_cnn.trial import Trial, load_trial_recipe, read_views, train_trial  # noqa: E402
from limner.sketch_cnn.trial_figures import (  # noqa: E402
    FoundViews,
    LabelledViews,
    trial_figures,
)
from limner.sketch_cnn.trial_views import VIEW_PX, Views  # noqa: E402

COUNT = len(AU_LABELS)
MOUTH = AU_LABELS.index("AU26")


def faces(count, seed=0):
    """Return views in which an open mouth is a dark square, and nothing else is ever there."""
    rng = np.random.default_rng(seed)
    ink = rng.integers(0, 60, (count, VIEW_PX, VIEW_PX)).astype(np.uint8)
    intensity = np.zeros((count, COUNT), np.float32)
    opened = np.arange(count) % 2 == 0
    ink[opened, 60:80, 36:60] = 255
    intensity[opened, MOUTH] = 0.8
    return Views(ink, intensity, np.ones((count, COUNT), np.float32))


def recipe(**changed):
    small = {"views": 96, "batch": 8, "width": 4, "thin": 4, "warmup_steps": 2}
    return replace(load_trial_recipe("trial"), **{**small, **changed})


def test_nets_of_one_seed_see_the_same_views_in_the_same_order(monkeypatch):
    views, seen = faces(24), {}
    honest = module._shown
    for backbone in BACKBONES:
        shown = seen.setdefault(backbone, [])

        def watched(*given, shown=shown):
            shown.append(honest(*given))
            return shown[-1]

        monkeypatch.setattr(module, "_shown", watched)
        train_trial(views, recipe(views=40), backbone, "beta", seed=5)
    first, *others = seen.values()
    assert len(first) == 5
    for other in others:
        for (ink, truth), (same_ink, same_truth) in zip(first, other, strict=True):
            assert torch.equal(ink, same_ink)
            assert all(torch.equal(truth[name], same_truth[name]) for name in truth)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_trial_learns_what_a_few_views_show(loss):
    net = train_trial(faces(48), recipe(views=320), "residual", loss, seed=1)
    said = read_views(net, faces(20, seed=9).ink)
    share = said["alpha"] / (said["alpha"] + said["beta"])
    assert share[::2, MOUTH].min() > share[1::2, MOUTH].max()


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_mirrored_view_gives_swapped_sides(backbone):
    torch.manual_seed(2)
    net, ink = Trial(recipe(), backbone).eval(), faces(3).ink
    straight, mirrored = read_views(net, ink), read_views(net, ink[:, :, ::-1])
    for name, value in straight.items():
        np.testing.assert_allclose(mirrored[name][:, list(MIRRORED_AUS)], value, atol=1e-5)
        assert value.shape == (3, COUNT)


def found(count, seed):
    views = faces(count, seed)
    nothing = np.zeros((70, 2), np.float32)
    samples = [
        Sample(f"face{row}", b"", b"", True, views.intensity[row], views.visible[row], nothing,
               nothing, np.zeros(3, np.float32), {"identity_id": f"{row}"})
        for row in range(count)
    ]  # fmt: skip
    return FoundViews(samples, views.ink, np.arange(count) != 3)


def test_a_trial_is_measured_as_a_detector_is():
    """A face that was not found counts as said to show nothing."""
    net = train_trial(faces(48), recipe(views=320), "residual", "beta", seed=1)
    test = found(40, 7)
    real = LabelledViews(
        test.ink[:4], np.arange(4), np.array([True, False, True, False]), [[MOUTH]] * 4
    )
    figures = trial_figures(net, found(40, 8), test, real)
    assert figures["macro_f1"] == pytest.approx(1.0)  # face 3 is one that shows nothing
    assert figures["real_auc"] == 1.0
    assert 0.0 < figures["log_loss"] < 0.3


def test_a_recipe_for_other_networks_is_refused_in_one_line():
    with pytest.raises(DatasetError, match="recipe small: not for a trial"):
        load_trial_recipe("small")
