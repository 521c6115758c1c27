"""Landmarks are found where they are, and what is around them is seen through turned windows."""

# SPDX-License-Identifier: GPL-3.0-or-later

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs limner[train]")

from limner.sketch_cnn.places import (  # noqa: E402
    POINTS,
    face_axis,
    face_frame,
    frame_size,
    rows_at,
    sample_at,
    soft_argmax,
)
from limner.sketch_cnn.reader_net import Sight, Windows  # noqa: E402


def test_a_sharp_heat_map_is_the_middle_of_its_cell():
    heat = torch.full((1, 70, 32, 32), -30.0)
    heat[0, 3, 10, 20] = 30.0
    place, spread = soft_argmax(heat.flatten(2), 32)
    assert place[0, 3].tolist() == pytest.approx([82.0, 42.0], abs=1e-3)
    assert float(spread[0, 3]) == pytest.approx(0.01, abs=1e-3)


def test_two_equal_peaks_give_their_middle_and_half_their_distance():
    heat = torch.full((1, 70, 32, 32), -40.0)
    heat[0, 0, 16, 8], heat[0, 0, 16, 24] = 10.0, 10.0
    place, spread = soft_argmax(heat.flatten(2), 32)
    assert place[0, 0].tolist() == pytest.approx([66.0, 66.0], abs=1e-3)
    assert float(spread[0, 0]) == pytest.approx(32.0 / 2**0.5, rel=1e-3)


def test_features_are_taken_where_the_landmarks_lie():
    maps = torch.rand(2, 5, 32, 32)
    where = 4.0 + 120.0 * torch.rand(2, 70, 2)
    grid = where[:, :, None] * (2.0 / 128.0) - 1.0
    expected = torch.nn.functional.grid_sample(maps, grid, align_corners=False)[..., 0]
    assert torch.allclose(sample_at(maps, where), expected.transpose(1, 2), atol=1e-4)


def test_rows_are_taken_up_to_the_very_edge_of_a_map_that_is_no_square():
    maps = torch.rand(2, 5, 12, 20)
    x, y = 19.0 * torch.rand(2, 40), 11.0 * torch.rand(2, 40)
    x[:, 0], y[:, 1] = 19.0, 11.0
    at = torch.stack([(x + 0.5) * 0.1 - 1.0, (y + 0.5) / 6.0 - 1.0], 2)
    expected = torch.nn.functional.grid_sample(maps, at[:, :, None], align_corners=False)[..., 0]
    assert torch.allclose(rows_at(maps, x, y)[:, 2:], expected.transpose(1, 2)[:, 2:], atol=1e-4)
    corner = rows_at(maps, torch.tensor([[19.0]] * 2), torch.tensor([[11.0]] * 2))
    assert torch.equal(corner[:, 0], maps[:, :, 11, 19])


def test_the_face_frame_forgets_where_how_large_and_how_tilted_a_face_is():
    face = 128.0 * torch.rand(1, POINTS, 2)
    face[:, 42:48, 0] += 200.0  # the left eye lies to the right of the picture
    angle = 0.3
    turn = torch.tensor([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    moved = 0.7 * face @ turn + torch.tensor([30.0, -12.0])
    before, after = face_frame(face), face_frame(moved)
    assert before.shape == (1, frame_size(POINTS))
    assert face_frame(face[:, :70]).shape == (1, frame_size(70))
    assert torch.allclose(before[:, :-3], after[:, :-3], atol=1e-4)
    assert float(after[0, -3] / before[0, -3]) == pytest.approx(0.7, abs=1e-4)
    assert not torch.allclose(before[:, -2], after[:, -2], atol=1e-2), "the roll is kept apart"


def test_windows_turn_and_grow_with_the_face():
    torch.manual_seed(0)
    face = 30.0 + 60.0 * torch.rand(1, 70, 2)
    face[:, 42:48, 0] += 40.0
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    ramp = torch.stack([x, y])[None] * 2.0 + 1.0  # each cell tells where it is, in crop pixels
    windows = Windows(Sight(70, 5, 0.075, 24), 2, 0)
    with torch.no_grad():
        windows.weight.zero_()
        windows.weight[:, :50, 0] = 0.0
        windows.bias.fill_(0.0)
        # one output for the x of the first sample, one for that of the last
        windows.weight[:, 0, 0] = 1.0
        windows.weight[:, 48, 1] = 1.0
        windows.shift[:, 1] = torch.tensor([0.5, 0.0])
        seen, moved, spread = windows(
            ramp, torch.zeros(1, 70, 0), face, torch.ones(1, 70), face_axis(face)
        )
    across = seen[0, :, 1] - seen[0, :, 0]
    size = math.sqrt(
        float((face[:, :68] - face[:, :68].mean(1, keepdim=True)).square().sum(2).mean())
    )
    axis = face[0, 42:48].mean(0) - face[0, 36:42].mean(0)
    axis = axis / axis.norm()
    expected = 4 * 0.075 * size * float(axis[0] - axis[1])
    inside = ((face[0] > 25.0) & (face[0] < 100.0)).all(1)
    assert across[inside].numpy() == pytest.approx(expected, abs=0.05)
    assert torch.allclose(moved[..., 0], face[..., 0] + 0.5 * seen[..., 1])
    assert torch.equal(moved[..., 1], face[..., 1])
    assert torch.equal(spread, torch.ones(1, 70)), "as wide as before, until it learns"
