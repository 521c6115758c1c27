"""Pictures of every kind give the same ink; broken ones give one clear line."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.errors import SketchError
from limner.sketch_cnn import normalise
from limner.sketch_cnn.image import MAX_SIDE_PX, read_sketch, sketch_from_grey
from PIL import Image, ImageDraw


def drawing(size=(160, 200), mode="L", paper=255, ink=0):
    """A ring and a stroke, off-centre, so that every flip and turn shows."""
    picture = Image.new("L", size, paper)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((30, 40, 110, 150), outline=ink, width=4)
    pen.line((20, 20, 90, 20), fill=ink, width=4)
    return picture if mode == "L" else picture.convert(mode)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "plain.png"
    drawing().save(path)
    return read_sketch(path).ink


def same_lines(ink, expected, share=0.97):
    """Compare where the lines are, not their exact grey."""
    mine, theirs = ink > 0.5, expected > 0.5
    assert mine.shape == theirs.shape
    assert (mine & theirs).sum() >= share * max(mine.sum(), theirs.sum())


def test_sixteen_bits_palette_cmyk_and_one_bit_are_understood(tmp_path, plain):
    grey = np.asarray(drawing(), dtype=np.uint16) * 257
    Image.fromarray(grey).save(tmp_path / "16.png")
    drawing().convert("P").save(tmp_path / "palette.png")
    drawing(mode="CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    drawing().convert("1").save(tmp_path / "one.png")
    for name in ("16.png", "palette.png", "cmyk.jpg", "one.png"):
        same_lines(read_sketch(tmp_path / name).ink, plain, share=0.93)


def test_black_ink_on_transparency_lies_on_white_paper(tmp_path, plain):
    ink = np.asarray(drawing())
    rgba = np.zeros((*ink.shape, 4), np.uint8)
    rgba[..., 3] = 255 - ink
    Image.fromarray(rgba).save(tmp_path / "alpha.png")
    same_lines(read_sketch(tmp_path / "alpha.png").ink, plain)


def test_white_on_black_is_turned_round(tmp_path, plain):
    drawing(paper=0, ink=255).save(tmp_path / "chalk.png")
    same_lines(read_sketch(tmp_path / "chalk.png").ink, plain)


def test_coloured_paper_and_uneven_light_are_taken_away(tmp_path, plain):
    grey = np.asarray(drawing(), dtype=np.float64) / 255.0
    light = np.linspace(0.45, 0.95, grey.shape[1])[None, :]
    colour = np.stack([grey * light * tint for tint in (0.95, 0.85, 0.6)], axis=2)
    Image.fromarray((255 * colour).astype(np.uint8)).save(tmp_path / "photo.png")
    same_lines(read_sketch(tmp_path / "photo.png").ink, plain, share=0.9)


def test_exif_rotation_is_followed(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the picture must be turned by 90° clockwise
    drawing().save(tmp_path / "turned.jpg", exif=exif, quality=95)
    sketch = read_sketch(tmp_path / "turned.jpg")
    assert sketch.original_size == (200, 160)
    upright = np.rot90(np.asarray(drawing()), k=-1) < 128
    assert ((sketch.ink > 0.5) & upright).sum() > 0.9 * upright.sum()


def test_large_pictures_are_brought_to_working_size(tmp_path):
    drawing().resize((4000, 5000)).save(tmp_path / "large.png")
    sketch = read_sketch(tmp_path / "large.png")
    assert max(sketch.ink.shape) == MAX_SIDE_PX
    assert sketch.original_size == (4000, 5000)
    assert sketch.scale == pytest.approx(MAX_SIDE_PX / 5000, rel=1e-3)


def test_names_with_spaces_and_other_letters_are_read(tmp_path, plain):
    path = tmp_path / "mein Bild – 笑顔.png"
    drawing().save(path)
    np.testing.assert_array_equal(read_sketch(path).ink, plain)


def bad_files(folder):
    drawing().save(folder / "whole.png")
    drawing().save(folder / "whole.jpg")
    for name in ("png", "jpg"):
        data = (folder / f"whole.{name}").read_bytes()
        (folder / f"cut.{name}").write_bytes(data[: len(data) // 2])
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_text("This is not a picture.")
    (folder / "folder.png").mkdir()
    Image.new("L", (1, 1)).save(folder / "tiny.png")
    Image.new("L", (200, 200), 255).save(folder / "white.png")
    Image.new("L", (200, 200), 0).save(folder / "black.png")
    return folder


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing.png", "no such file"),
        ("folder.png", "is a folder"),
        ("empty.png", "empty"),
        ("text.png", "not a picture"),
        ("cut.png", "damaged"),
        ("cut.jpg", "damaged"),
        ("tiny.png", "1×1 pixels"),
        ("white.png", "blank"),
        ("black.png", "black"),
    ],
)
def test_a_bad_file_gives_one_line_with_a_remedy(tmp_path, name, says):
    with pytest.raises(SketchError) as caught:
        read_sketch(bad_files(tmp_path) / name)
    message = str(caught.value)
    assert says in message
    assert "\n" not in message
    assert ";" in message, "a fault comes with its remedy"


def test_the_ink_does_not_depend_on_the_paper_s_tone():
    grey = np.asarray(drawing(), dtype=np.float64)
    inks = [sketch_from_grey((60 + grey * share).astype(np.uint8)).ink for share in (0.3, 0.7)]
    same_lines(inks[0], inks[1])


def test_the_ends_of_a_picture_are_its_percentiles():
    rng = np.random.default_rng(2)
    for grey in (
        rng.integers(3, 250, (67, 91), dtype=np.uint8),
        np.full((30, 40), 255, np.uint8),
        np.arange(64 * 64).reshape(64, 64).astype(np.uint8),
        (rng.random((200, 300)) < 0.0007).astype(np.uint8) * 200,
    ):
        told = normalise.tone_quantiles(grey, (0.0005, 0.9995))
        assert told == pytest.approx(np.percentile(grey, [0.05, 99.95]), abs=1e-9)


@pytest.mark.parametrize("size", [(300, 257), (640, 489), (97, 64)])
def test_a_picture_its_mirror_image_and_its_negative_have_the_same_ink_to_the_last_bit(size):
    rng = np.random.default_rng(sum(size))
    paper = 180.0 + 60.0 * np.linspace(0.0, 1.0, size[1]) + rng.normal(0.0, 3.0, size)
    grey = np.where(rng.random(size) < 0.05, 30.0, paper).clip(0, 255).astype(np.uint8)
    ink = sketch_from_grey(grey).ink
    np.testing.assert_array_equal(sketch_from_grey(grey[:, ::-1]).ink, ink[:, ::-1])
    np.testing.assert_array_equal(sketch_from_grey(255 - grey).ink, ink)


def test_ink_does_not_depend_on_the_last_bits_of_sums(monkeypatch):
    rng = np.random.default_rng(8)
    grey = rng.choice([30, 200, 210, 220], (200, 180), p=[0.1, 0.3, 0.3, 0.3]).astype(np.uint8)
    ink = sketch_from_grey(grey).ink
    smooth = normalise.ndimage.gaussian_filter
    monkeypatch.setattr(
        normalise.ndimage,
        "gaussian_filter",
        lambda values, *how, **more: smooth(values, *how, **more) * (1.0 + 4e-16),
    )
    np.testing.assert_array_equal(sketch_from_grey(grey).ink, ink)
