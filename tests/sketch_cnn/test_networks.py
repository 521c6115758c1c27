"""What the networks answer has its shape and its range."""

# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

torch = pytest.importorskip("torch", reason="training needs limner[train]")

from limner.sketch_cnn.blocks import BLOCKS, Regions, conv, joined, stage  # noqa: E402
from limner.sketch_cnn.finder_net import Finder, Placer  # noqa: E402
from limner.sketch_cnn.labels import AU_LABELS, FEATURES  # noqa: E402
from limner.sketch_cnn.losses import PRESENCE  # noqa: E402
from limner.sketch_cnn.reader_net import Reader  # noqa: E402
from limner.sketch_cnn.recipe import BACKBONES, LOSSES  # noqa: E402


@pytest.mark.parametrize("backbone", BACKBONES)
def test_answers_have_their_shapes_and_ranges(backbone):
    with torch.no_grad():
        answer = Reader(16, 8, backbone).eval()(torch.rand(3, 1, 128, 128))
        maps = Finder().eval()(torch.rand(3, 1, 128, 128))
        places = Placer().eval()(torch.rand(3, 1, 128, 128))
    assert places.shape == (3, 70, 2)
    assert ((places >= 0.0) & (places <= 128.0)).all()
    assert maps.shape == (3, 5, 16, 16)
    assert answer["alpha"].shape == (3, len(AU_LABELS))
    assert answer["features"].shape == (3, len(FEATURES), 64, 64)
    assert answer["landmarks"].shape == (3, 70, 2)
    for name in ("alpha", "beta"):
        assert (answer[name] >= 1.0).all()
    for name in ("intensity", "visible"):
        assert ((answer[name] >= 0.0) & (answer[name] <= 1.0)).all()


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_backbone_of_any_kind_has_about_the_weights_of_a_residual_one(backbone):
    sizes = [
        sum(value.numel() for value in stage(48, 96, 3, kind).parameters())
        for kind in ("residual", backbone)
    ]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.1)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_weight_of_a_backbone_is_reached(backbone):
    torch.manual_seed(0)
    net = stage(4, 8, 2, backbone)
    (net(torch.rand(2, 4, 16, 16)) * torch.rand(2, 8, 8, 8)).sum().backward()
    for name, value in net.named_parameters():
        assert value.grad.abs().sum() > 0.0, name


def test_regions_carry_what_one_corner_shows_to_the_other():
    """A convolution of 3 × 3 cannot see so far; attention between regions can."""
    torch.manual_seed(0)
    block = Regions(8).eval()
    ink = torch.rand(1, 8, 16, 16)
    other = ink.clone()
    other[0, :, 0, 0] += 3.0
    with torch.no_grad():
        moved = (block(other) - block(ink))[0, :, 15, 15]
    assert moved.abs().max() > 1e-4


@pytest.mark.parametrize("trains", [True, False])
def test_a_coarse_map_is_joined_with_a_finer_one_as_if_it_had_been_enlarged_first(trains):
    torch.manual_seed(0)
    block = conv(5 + 3, 4, kernel=1)
    for value in (block[1].weight, block[1].bias, block[1].running_mean, block[1].running_var):
        torch.nn.init.uniform_(value, 0.2, 2.0)
    block.train(trains)
    coarse, fine = torch.randn(2, 5, 6, 4), torch.randn(2, 3, 12, 8)
    large = torch.nn.functional.interpolate(coarse, scale_factor=2.0)
    expected = block(torch.cat([large, fine], 1))
    assert torch.allclose(joined(block, coarse, fine), expected, atol=1e-5)


def test_backbones_and_losses_that_a_recipe_may_name_are_there():
    assert tuple(BLOCKS) == BACKBONES
    assert tuple(PRESENCE) == LOSSES
