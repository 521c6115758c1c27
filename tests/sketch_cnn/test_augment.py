"""What the networks are shown stays true to its labels, however it is turned, cut and spoilt."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.sketch_cnn.labels import AU_LABELS, MIRRORED_AUS, MIRRORED_LANDMARKS
from limner.sketch_cnn.line_points import MIRRORED_LINE_POINTS

pytest.importorskip("cv2", reason="augmentation needs limner[train]")
torch = pytest.importorskip("torch", reason="training needs limner[train]")

from limner.sketch_cnn import augment  # noqa: E402
from limner.sketch_cnn.augment import Jitter, place_batch, read_batch, sheet_batch  # noqa: E402
from limner.sketch_cnn.feed import Store  # noqa: E402
from limner.sketch_cnn.prepare import prepare  # noqa: E402
from limner.sketch_cnn.shards import Sample  # noqa: E402
from limner.sketch_cnn.spoil import Spoiler  # noqa: E402

SIZE = 200
UNIT = AU_LABELS.index("AU12L")
DOT_RADIUS = 3
DOTS = (0, 16, 8)
WILD = Jitter(turn=0.12, zoom=0.03, shift=0.01)


@pytest.fixture(scope="module")
def dotted():
    """A face of three dots, one of them landmark 8 (chin), in a frame of the others."""
    rng = np.random.default_rng(4)
    landmarks = rng.uniform(50.0, 150.0, (70, 2)).astype(np.float32)
    landmarks[list(DOTS)] = [[45.5, 60.5], [154.5, 70.5], [110.5, 155.5]]
    grey = np.full((SIZE, SIZE), 255, np.uint8)
    classes = np.zeros((SIZE, SIZE), np.uint8)
    y, x = np.mgrid[0:SIZE, 0:SIZE] + 0.5
    for number, row in enumerate(DOTS):
        near = np.hypot(x - landmarks[row, 0], y - landmarks[row, 1]) < DOT_RADIUS
        grey[near], classes[near] = 0, number + 1
    intensity = np.zeros(len(AU_LABELS), np.float32)
    intensity[UNIT] = 0.6
    return Sample(
        key="dots",
        picture=grey,
        labels=classes,
        is_face=True,
        intensity=intensity,
        visible=np.ones(len(AU_LABELS), np.float32),
        landmarks=landmarks,
        lines=np.tile(landmarks[8], (len(MIRRORED_LINE_POINTS), 1))
        + rng.normal(0.0, 9.0, (160, 2)),
        pose=np.array([0.1, 0.3, -0.2], np.float32),
        meta={},
    )


def stored(sample, copies=16):
    """Return a store's rows with so many copies of one sample."""
    torch.manual_seed(3)
    rng = np.random.default_rng(0)
    store = Store(copies, torch.device("cpu"))
    for _ in range(copies):
        store.add(prepare(sample, rng))
    return store.rows(torch.arange(copies))


def nothing(ink):
    """Leave the ink as it is, so that only geometry is seen."""
    return ink


def centre(mask):
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean(), rows.mean()]) + 0.5


def test_landmarks_and_classes_stay_on_their_dots(dotted):
    batch = read_batch(stored(dotted), WILD, nothing)
    for one in range(16):
        flipped = bool(batch["intensity"][one, MIRRORED_AUS[UNIT]])
        for number, row in enumerate(DOTS):
            cells = centre(batch["features"][one].numpy() == number + 1) * 2.0
            place = batch["landmarks"][one, MIRRORED_LANDMARKS[row] if flipped else row].numpy()
            assert np.hypot(*(cells - place)) < 2.0
            column, line = np.floor(place).astype(int)
            assert batch["ink"][one, 0, line, column] > 0.4


def test_half_of_the_drawings_are_mirrored_with_all_their_labels(dotted):
    faces = stored(dotted, 40)
    plain = read_batch(faces, None, None)
    batch = read_batch(faces, Jitter(0.0, 0.0, 0.0), nothing)
    mirrored = batch["intensity"][:, MIRRORED_AUS[UNIT]] > 0.0
    assert 8 < int(mirrored.sum()) < 32
    assert (batch["intensity"][mirrored, UNIT] == 0.0).all()
    for name, turned in (
        ("ink", lambda value: value.flip(-1)),
        ("pose", lambda value: value * torch.tensor([1.0, -1.0, -1.0])),
        ("landmarks", lambda value: value[:, MIRRORED_LANDMARKS] * torch.tensor([-1.0, 1.0])
         + torch.tensor([128.0, 0.0])),
        ("lines", lambda value: value[:, MIRRORED_LINE_POINTS] * torch.tensor([-1.0, 1.0])
         + torch.tensor([128.0, 0.0])),
    ):  # fmt: skip
        expected = turned(plain[name][mirrored])
        np.testing.assert_allclose(batch[name][mirrored], expected, atol=0.02)


def test_a_turned_drawing_is_a_rolled_head(dotted, monkeypatch):
    """A turn clockwise on the page (y down) is a negative roll about +Z, which looks at us."""
    angle = 0.3
    turn = torch.eye(3).repeat(16, 1, 1)
    cos, sin = np.cos(angle), np.sin(angle)
    turn[:, :2, :2] = torch.tensor([[cos, -sin], [sin, cos]])
    monkeypatch.setattr(Jitter, "maps", lambda self, count, size, device: turn)
    batch = read_batch(stored(dotted), WILD, nothing)
    flipped = batch["intensity"][:, MIRRORED_AUS[UNIT]] > 0.0
    rolled = dotted.pose[2] - angle
    np.testing.assert_allclose(batch["pose"][~flipped, 2], rolled, atol=1e-5)
    np.testing.assert_allclose(batch["pose"][flipped, 2], -rolled, atol=1e-5)


def test_the_placer_is_told_where_the_landmarks_went(dotted):
    crops, landmarks = place_batch(stored(dotted), Jitter(0.1, 0.05, 0.03), nothing)
    for one in range(16):
        inks = [
            float(crops[one, 0, int(y), int(x)]) for x, y in landmarks[one, list(DOTS)].tolist()
        ]
        assert min(inks) > 0.4


def test_spoilt_ink_is_still_ink():
    torch.manual_seed(0)
    ink = torch.zeros(200, 1, 64, 64)
    ink[:, :, 20:24] = 1.0
    spoilt = Spoiler(0.5, 64, torch.device("cpu"))(ink)
    assert spoilt.shape == ink.shape
    assert spoilt.min() >= 0.0
    assert spoilt.max() <= 1.0
    untouched = (spoilt == ink).flatten(1).all(1).float().mean()
    assert 0.4 < float(untouched) < 0.7


def test_each_cell_keeps_a_class_that_was_drawn_in_it():
    torch.manual_seed(1)
    classes = torch.randint(0, 4, (3, 1, 32, 32))
    kept = augment.one_class_a_cell(classes)
    cells = classes[:, 0].reshape(3, 16, 2, 16, 2).transpose(2, 3).flatten(3)
    assert ((cells == kept[..., None]).any(-1)).all()
    assert ((kept > 0) == (cells > 0).any(-1)).all(), "ink wins over paper"


def test_the_finder_is_told_where_the_face_went(dotted):
    faces = stored(dotted, 24)
    blank = {
        **faces,
        "sheet": torch.zeros_like(faces["sheet"]),
        "is_face": torch.zeros(24, dtype=torch.bool),
    }
    ink, heat, box = sheet_batch(faces, blank, nothing)
    seen = 0
    for one in range(24):
        rows, columns = np.nonzero(ink[one, 0].numpy() > 0.25)
        middles = np.argwhere(heat[one].numpy() > 0.999)
        if len(rows) == 0 or len(middles) == 0:
            continue
        row, column = middles[0]
        middle = (np.array([column, row]) + box[one, :2, row, column].numpy()) * 8.0
        half = 32.0 * np.exp(box[one, 2:, row, column].numpy())
        dots = np.stack([columns, rows], axis=1) + 0.5
        assert (np.abs(dots - middle) <= half + 3.0).all()
        seen += 1
    assert seen > 12


def test_drawings_of_no_face_give_the_finder_nothing_to_find(dotted):
    from dataclasses import replace

    strangers = stored(replace(dotted, is_face=False))
    _, heat, _ = sheet_batch(strangers, strangers, nothing)
    assert heat.max() == 0.0


def test_a_full_store_forgets_its_oldest_drawings(dotted):
    from dataclasses import replace

    rng = np.random.default_rng(0)
    store = Store(3, torch.device("cpu"))
    for number in range(5):
        intensity = np.full(len(AU_LABELS), number, np.float32)
        store.add(prepare(replace(dotted, intensity=intensity, is_face=number != 3), rng))
    assert (store.count, store.faces, store.added) == (3, 2, 5)
    drawn = store.draw_faces(200)["intensity"][:, 0]
    assert set(drawn.tolist()) == {2.0, 4.0}
