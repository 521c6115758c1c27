"""Eyes and mouth are seen where they are, turned with the face, and both eyes by one net."""

# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

torch = pytest.importorskip("torch", reason="training needs limner[train]")

from limner.sketch_cnn.close_look import EYE, MOUTH, CloseLooks, _ink_through, _seen_through  # noqa: E402
from limner.sketch_cnn.labels import MIRRORED_LANDMARKS  # noqa: E402
from limner.sketch_cnn.line_points import MIRRORED_LINE_POINTS  # noqa: E402
from limner.sketch_cnn.places import POINTS, face_axis  # noqa: E402

OTHER = torch.tensor((*MIRRORED_LANDMARKS, *(70 + row for row in MIRRORED_LINE_POINTS)))


def face():
    """Return points of which eyes and mouth lie apart, in crop pixels."""
    torch.manual_seed(3)
    points = 40.0 + 48.0 * torch.rand(1, POINTS, 2)
    for rows, x, y in (((36, 42), 45.0, 55.0), ((42, 48), 83.0, 57.0), ((48, 68), 63.0, 92.0)):
        points[:, slice(*rows)] = torch.tensor([x, y]) + 8.0 * torch.rand(1, rows[1] - rows[0], 2)
    return points


def looks(channels=5):
    """Return a net that moves its points by what it sees."""
    torch.manual_seed(5)
    made = CloseLooks(channels)
    for look in (made.eye, made.mouth):
        torch.nn.init.normal_(look.shift, std=2.0)
        torch.nn.init.normal_(look.widen, std=1.0)
    return made.eval()


def test_a_window_shows_what_lies_in_it_turned_with_the_face():
    along = torch.arange(128.0) + 0.5
    y, x = torch.meshgrid(along, along, indexing="ij")
    window = torch.tensor([[[[10.0, 2.0], [-2.0, 10.0], [60.0, 50.0]]]])
    seen = _seen_through(torch.stack([x, y])[None], window, 4, 2)[0]
    assert seen.shape == (2, 2, 4)
    assert torch.allclose(seen[:, 1, 3], torch.tensor([60.0 + 7.5 - 1.0, 50.0 + 1.5 + 5.0]))


def test_two_windows_into_one_map_show_what_two_maps_would():
    """Ink and features alike, and beyond the edge of the map there is nothing."""
    torch.manual_seed(1)
    maps = torch.rand(2, 3, 64, 64)
    window = 20.0 * torch.randn(2, 2, 3, 2)
    window[:, :, 2] = 60.0 * torch.rand(2, 2, 2) + torch.tensor([-20.0, 40.0])
    x, y = ((torch.arange(count) + 0.5) * (2.0 / count) - 1.0 for count in (4, 6))
    at = (
        window[:, :, None, None, 2]
        + x[:, None] * window[:, :, None, None, 0]
        + y[:, None, None] * window[:, :, None, None, 1]
    ).flatten(0, 1)
    grid, twice = at * (2.0 / 128.0) - 1.0, maps.repeat_interleave(2, 0)
    expected = torch.nn.functional.grid_sample(twice, grid, align_corners=False)
    assert 0.1 < (expected == 0.0).float().mean() < 0.9
    assert torch.allclose(_seen_through(maps, window, 4, 6), expected, atol=1e-4)
    seen = torch.stack([_ink_through(maps[:, [row]], window, 4, 6)[:, 0] for row in range(3)], 1)
    assert torch.allclose(seen, expected, atol=1e-4)


def test_parts_do_not_share_points_and_the_eyes_mirror_each_other():
    rows = (*EYE.points, *EYE.mirrored().points, *MOUTH.points)
    assert len(set(rows)) == len(rows)
    assert EYE.mirrored().mirrored() == EYE
    assert {OTHER[row].item() for row in MOUTH.points} == set(MOUTH.points)


def test_a_mirrored_face_moves_its_eyes_the_mirrored_way():
    points, net = face(), looks()
    ink, seen = torch.rand(1, 1, 128, 128), torch.rand(1, 5, 64, 64)
    flipped = torch.tensor([128.0, 0.0]) + points[:, OTHER] * torch.tensor([-1.0, 1.0])
    straight = net(ink, seen, points, face_axis(points))
    mirrored = net(ink.flip(3), seen.flip(3), flipped, face_axis(flipped))
    eyes = [*EYE.points, *EYE.mirrored().points]
    expected = straight.moves[:, OTHER] * torch.tensor([-1.0, 1.0])
    assert straight.moves[:, eyes].abs().max() > 0.1
    assert torch.allclose(mirrored.moves[:, eyes], expected[:, eyes], atol=1e-3)
    assert torch.allclose(mirrored.wider[:, eyes], straight.wider[:, OTHER][:, eyes], atol=1e-3)
    one, two = straight.code.split(80, 1)[:2], mirrored.code.split(80, 1)[:2]
    assert torch.allclose(one[0], two[1], atol=1e-3)
    assert torch.allclose(one[1], two[0], atol=1e-3)


def test_points_that_belong_to_no_part_stay_where_they_are():
    points, net = face(), looks()
    said = net(torch.rand(1, 1, 128, 128), torch.rand(1, 5, 64, 64), points, face_axis(points))
    rows = {*EYE.points, *EYE.mirrored().points, *MOUTH.points}
    rest = [row for row in range(POINTS) if row not in rows]
    assert said.moves[:, rest].abs().max() == 0.0
    assert (said.moves[:, sorted(rows)].abs().sum(2) > 0.0).float().mean() > 0.9


def test_what_is_far_from_eyes_and_mouth_is_not_looked_at():
    points, net = face(), looks()
    ink, seen = torch.zeros(1, 1, 128, 128), torch.rand(1, 5, 64, 64)
    other = ink.clone()
    other[..., 120:, :] = 1.0
    said = [net(some, seen, points, face_axis(points)) for some in (ink, other)]
    assert torch.equal(said[0].moves, said[1].moves)
    assert torch.equal(said[0].code, said[1].code)


def test_every_weight_learns():
    points, net = face(), looks().train()
    ink, seen = torch.rand(3, 1, 128, 128), torch.rand(3, 5, 64, 64)
    points = points.expand(3, -1, -1)
    said = net(ink, seen, points, face_axis(points))
    (said.moves.square().sum() + said.wider.square().sum() + said.code.square().sum()).backward()
    still = [name for name, value in net.named_parameters() if not value.grad.abs().sum() > 0.0]
    assert not still
