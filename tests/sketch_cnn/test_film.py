"""Films keep their order and their times, and one bad frame costs that frame."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.errors import SketchError
from limner.sketch_cnn.film import open_film
from PIL import Image, ImageDraw


def picture(number):
    """Return a drawing that tells its number: a bar as long as it is high."""
    sheet = Image.new("L", (80, 60), 255)
    ImageDraw.Draw(sheet).rectangle((5, 20, 10 + 5 * number, 40), fill=0)
    return sheet


def lengths(film):
    return [int((frame.ink[30] > 0.5).sum()) for frame in film.frames()]


@pytest.fixture(scope="module")
def wanted():
    return [6 + 5 * number for number in range(12)]


def test_a_folder_is_taken_in_the_order_of_its_numbers(tmp_path, wanted):
    for number in range(12):
        picture(number).save(tmp_path / f"frame{number}.png")
    (tmp_path / "notes.txt").write_text("no frame")
    picture(3).save(tmp_path / ".hidden.png")
    film = open_film(tmp_path, rate=8.0)
    assert lengths(film) == wanted
    assert film.names[2] == "frame2.png" and film.names[10] == "frame10.png"
    np.testing.assert_allclose(film.times_s, np.arange(12) / 8.0)


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_an_animated_file_has_its_own_times(tmp_path, wanted, kind):
    first, *others = (picture(number) for number in range(12))
    path = tmp_path / f"film.{kind}"
    durations = [40 * (1 + number % 3) for number in range(12)]
    first.save(path, save_all=True, append_images=others, duration=durations, lossless=True)
    film = open_film(path)
    assert lengths(film) == wanted
    np.testing.assert_allclose(film.times_s[1:], np.cumsum(durations)[:-1] / 1000.0)


def test_an_apng_may_have_a_picture_that_is_no_frame(tmp_path):
    first, *others = (picture(number) for number in range(4))
    path = tmp_path / "film.png"
    first.save(path, save_all=True, append_images=others, duration=50, default_image=True)
    assert lengths(open_film(path)) == [11, 16, 21]


def test_a_still_is_a_film_of_one_frame(tmp_path):
    picture(2).save(tmp_path / "still.png")
    film = open_film(tmp_path / "still.png")
    assert lengths(film) == [16] and film.times_s.tolist() == [0.0]


def test_a_bad_frame_says_so_and_the_others_are_read(tmp_path):
    for number in range(3):
        picture(number).save(tmp_path / f"{number}.png")
    (tmp_path / "1.png").write_bytes(b"no picture")
    one, two, three = open_film(tmp_path).frames()
    assert isinstance(two, SketchError) and "not a picture" in str(two)
    assert one.ink.shape == three.ink.shape == (60, 80)


def test_what_is_no_film_is_one_clear_line(tmp_path):
    (tmp_path / "text.gif").write_text("no film")
    whole = tmp_path / "whole.gif"
    picture(0).save(whole, save_all=True, append_images=[picture(1)] * 3)
    (tmp_path / "empty").mkdir()
    for path, says in (
        (tmp_path / "nowhere", "no such file or folder"),
        (tmp_path / "text.gif", "not an animated picture"),
        (tmp_path / "empty", "no pictures in this folder"),
    ):
        with pytest.raises(SketchError, match=says) as caught:
            open_film(path)
        assert "\n" not in str(caught.value)
