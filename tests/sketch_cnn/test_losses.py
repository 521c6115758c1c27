"""The losses are what their formulas say, and leave out what they must."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.sketch_cnn.labels import AU_LABELS, FEATURES
from limner.sketch_cnn.line_points import MIRRORED_LINE_POINTS
from scipy import integrate, stats

torch = pytest.importorskip("torch", reason="training needs limner[train]")

from limner.sketch_cnn.losses import (  # noqa: E402
    PRESENCE,
    READER_TERMS,
    beta_loss,
    finder_loss,
    reader_losses,
)

COUNT = len(AU_LABELS)
ALONG = len(MIRRORED_LINE_POINTS)


def tensor(value):
    return torch.tensor(value, dtype=torch.float64)


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (4.5, 1.7), (2.0, 9.0)])
def test_presence_costs_the_mean_cross_entropy_under_the_beta(alpha, beta):
    density = stats.beta(alpha, beta).pdf
    for present, cost in ((1.0, lambda p: -np.log(p)), (0.0, lambda p: -np.log1p(-p))):
        expected, _ = integrate.quad(lambda p, cost=cost: density(p) * cost(p), 0.0, 1.0)
        found = beta_loss(tensor(alpha), tensor(beta), tensor(present), kl_weight=0.0)
        assert float(found) == pytest.approx(expected, rel=1e-6)


def test_only_evidence_for_the_wrong_answer_is_pulled_back():
    def pull(alpha, beta, present):
        given = tensor(alpha), tensor(beta), tensor(present)
        return float(beta_loss(*given, 1.0) - beta_loss(*given, 0.0))

    density = stats.beta(1.0, 6.0).pdf
    entropy, _ = integrate.quad(lambda p: density(p) * np.log(density(p)), 0.0, 1.0)
    assert pull(3.0, 6.0, 1.0) == pytest.approx(entropy, rel=1e-6)
    assert pull(6.0, 3.0, 0.0) == pytest.approx(entropy, rel=1e-6)
    assert pull(6.0, 1.0, 1.0) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (4.5, 1.7), (2.0, 9.0)])
def test_the_other_losses_are_what_they_are_named_after(alpha, beta):
    share = alpha / (alpha + beta)
    unlikely = max(share - 0.05, 0.0)
    wanted = {
        "bce": (-np.log(share), -np.log1p(-share)),
        "asymmetric": (-np.log(share), -(unlikely**4) * np.log1p(-unlikely)),
        "asymmetric-beta": (
            float(beta_loss(tensor(alpha), tensor(beta), tensor(1.0), 0.1)),
            unlikely**4 * float(beta_loss(tensor(alpha), tensor(beta), tensor(0.0), 0.1)),
        ),
    }
    for name, costs in wanted.items():
        for present, cost in zip((1.0, 0.0), costs, strict=True):
            found = PRESENCE[name](tensor(alpha), tensor(beta), tensor(present), 0.1)
            assert float(found) == pytest.approx(cost, rel=1e-6), (name, present)


@pytest.mark.parametrize("name", PRESENCE)
def test_every_loss_draws_the_probability_towards_the_truth(name):
    for present, sign in ((1.0, -1.0), (0.0, 1.0)):
        alpha, beta = (tensor(value).requires_grad_() for value in (3.0, 4.0))
        PRESENCE[name](alpha, beta, tensor(present), 0.0).backward()
        assert sign * alpha.grad > 0.0
        assert sign * beta.grad < 0.0


def answer(count=2, requires_grad=False):
    torch.manual_seed(0)
    made = {
        "alpha": 1.0 + torch.rand(count, COUNT),
        "beta": 1.0 + torch.rand(count, COUNT),
        "intensity": torch.rand(count, COUNT),
        "visible": torch.rand(count, COUNT).clamp(0.1, 0.9),
        "landmarks": 128.0 * torch.rand(count, 70, 2),
        "lines": 128.0 * torch.rand(count, ALONG, 2),
        "rough": 60.0 + torch.rand(count, 70 + ALONG, 2),
        "nearer": 61.0 + torch.rand(count, 70 + ALONG, 2),
        "near": 62.0 + torch.rand(count, 70 + ALONG, 2),
        "spread": 1.0 + torch.rand(count, 70),
        "line_spread": 1.0 + torch.rand(count, ALONG),
        "pose": torch.rand(count, 3),
        "features": torch.randn(count, len(FEATURES), 64, 64),
    }
    return {name: value.requires_grad_(requires_grad) for name, value in made.items()}


def truth(count=2):
    return {
        "intensity": torch.zeros(count, COUNT),
        "visible": torch.ones(count, COUNT),
        "landmarks": torch.full((count, 70, 2), 64.0),
        "lines": torch.full((count, ALONG, 2), 64.0),
        "pose": torch.zeros(count, 3),
        "features": torch.full((count, 64, 64), -1),
    }


def test_traces_and_hidden_units_do_not_count_for_presence():
    true = truth()
    true["intensity"][0, 3], true["intensity"][1, 5] = 0.2, 0.8
    true["visible"][1, 5] = 0.0
    true["features"][:] = 2
    given = answer(requires_grad=True)
    reader_losses(given, true, torch.ones(2, COUNT), 0.02)["presence"].backward()
    silent = given["alpha"].grad == 0.0
    assert silent[0, 3]
    assert silent[1, 5]
    assert silent.sum() == 2


def test_a_present_unit_draws_evidence_up_and_an_absent_one_down():
    true = truth(1)
    true["intensity"][0, 4] = 0.7
    given = answer(1, requires_grad=True)
    reader_losses(given, true, torch.ones(2, COUNT), 0.0)["presence"].backward()
    assert given["alpha"].grad[0, 4] < 0.0
    others = torch.arange(COUNT) != 4
    assert (given["alpha"].grad[0, others] > 0.0).all()


def test_rare_units_weigh_more_where_they_are_present():
    true = truth(1)
    true["intensity"][0, 4] = 0.7
    plain, weighted = torch.ones(2, COUNT), torch.ones(2, COUNT)
    weighted[1, 4] = 3.0
    given = answer(1)
    each = beta_loss(given["alpha"], given["beta"], (true["intensity"] > 0.5).float(), 0.0)[0]
    found = [
        float(reader_losses(given, true, weight, 0.0)["presence"]) for weight in (plain, weighted)
    ]
    assert found[0] == pytest.approx(float(each.mean()), rel=1e-5)
    expected = (float(each.sum()) + 2.0 * float(each[4])) / (COUNT + 2.0)
    assert found[1] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", PRESENCE)
def test_presence_is_the_loss_that_was_named(loss):
    given, true = answer(), truth()
    each = PRESENCE[loss](given["alpha"], given["beta"], torch.zeros(2, COUNT), 0.02)
    found = reader_losses(given, true, torch.ones(2, COUNT), 0.02, loss)["presence"]
    assert float(found) == pytest.approx(float(each.mean()), rel=1e-5)


@pytest.mark.parametrize("term", READER_TERMS)
def test_every_term_reaches_the_answer_it_is_named_after(term):
    given, true = answer(requires_grad=True), truth()
    true["features"][:, 10] = 3
    reader_losses(given, true, torch.ones(2, COUNT), 0.02)[term].backward()
    source = {"presence": "alpha", "early": "rough"}.get(term, term)
    assert given[source].grad.abs().sum() > 0.0


TRAINS = {
    "presence": "head.last",
    "intensity": "head.last",
    "visible": "head.last",
    "landmarks": "windows",
    "lines": "line_windows",
    "early": "heat",
    "spread": "line_windows",
    "pose": "head.last",
    "features": "features",
}
"""Term → the module of the reader that it claims to train, beside the trunk."""


@pytest.mark.parametrize("term", READER_TERMS)
def test_every_term_trains_the_module_that_it_claims_to_and_the_trunk(term):
    """Through the whole network: a `detach` in its way would show here."""
    from limner.sketch_cnn.reader_net import Reader

    torch.manual_seed(0)
    net, true = Reader(16, 8).train(), truth()
    true["features"][:, 10] = 3
    said = net(torch.rand(2, 1, 128, 128))
    reader_losses(said, true, torch.ones(2, COUNT), torch.tensor(0.02))[term].backward()

    def reached(module):
        grads = [value.grad for value in net.get_submodule(module).parameters()]
        return sum(float(grad.abs().sum()) for grad in grads if grad is not None) > 0.0

    assert reached(TRAINS[term])
    assert reached("down1")
    if term == "pose":  # it says nothing of labels, and the labels' layer hears nothing of it
        assert not reached("features")
    if term == "landmarks":
        assert not reached("head.last")


def test_finder_and_placer_are_trained_by_their_own_terms_alone():
    from limner.sketch_cnn.finder_net import Finder, Placer
    from limner.sketch_cnn.losses import placer_loss

    torch.manual_seed(0)
    finder, placer = Finder().train(), Placer().train()
    heat = torch.zeros(2, 16, 16)
    heat[:, 5, 7] = 1.0
    finder_loss(finder(torch.rand(2, 1, 128, 128)), heat, torch.zeros(2, 4, 16, 16)).backward()
    placer_loss(placer(torch.rand(2, 1, 64, 64)), torch.full((2, 70, 2), 64.0)).backward()
    for net in (finder, placer):
        unreached = [
            name
            for name, value in net.named_parameters()
            if value.grad is None or not value.grad.abs().sum() > 0.0
        ]
        assert not unreached


def test_paper_is_not_asked_for_a_class():
    true, given = truth(1), answer(1, requires_grad=True)
    true["features"][0, 7, 9] = 4
    reader_losses(given, true, torch.ones(2, COUNT), 0.0)["features"].backward()
    touched = given["features"].grad.abs().sum(1)[0] > 0.0
    assert touched[7, 9]
    assert touched.sum() == 1


def test_the_best_spread_of_a_landmark_grows_with_its_error():
    given, true = answer(1), truth(1)
    given["landmarks"] = true["landmarks"] + torch.tensor([6.0, 0.0])
    given["lines"] = true["lines"] + torch.tensor([6.0, 0.0])
    costs = {}
    for spread in (2.0, 6.0, 18.0):
        given["spread"] = torch.full((1, 70), spread)
        given["line_spread"] = torch.full((1, ALONG), spread)
        costs[spread] = float(reader_losses(given, true, torch.ones(2, COUNT), 0.0)["spread"])
    assert min(costs, key=costs.__getitem__) == 6.0


def test_the_finder_is_content_with_the_truth_only():
    heat, box = torch.zeros(1, 16, 16), torch.zeros(1, 4, 16, 16)
    heat[0, 5, 9], box[0, :, 5, 9] = 1.0, torch.tensor([0.3, 0.6, 0.1, -0.2])
    right = torch.full((1, 5, 16, 16), 0.0)
    right[0, 0], right[0, 0, 5, 9], right[0, 1:] = -12.0, 12.0, box[0]
    swapped = right.transpose(2, 3)
    assert float(finder_loss(right, heat, box)) < 1e-3
    assert float(finder_loss(swapped, heat, box)) > 5.0


def test_the_jaw_counts_half():
    true, given = truth(1), answer(1)
    given["landmarks"] = true["landmarks"].clone()
    costs = []
    for row in (3, 50):
        moved = {**given, "landmarks": given["landmarks"].clone()}
        moved["landmarks"][0, row, 0] += 5.0
        losses = reader_losses(moved, true, torch.ones(2, COUNT), 0.0)
        costs.append(float(losses["landmarks"]))
    assert costs[0] == pytest.approx(0.5 * costs[1], rel=1e-5)
