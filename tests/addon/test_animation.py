"""The film starts at the placed head, ends at the fitted one, and moves evenly between."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from limner.addon.animation import animation_frames, moments, write_animation
from limner.errors import OutputError
from limner.rig.camera import Camera
from limner.rig.face_rig import RigState
from PIL import Image

from ..tiny_rig import tiny_fit, tiny_rig


@pytest.fixture(scope="module")
def fit():
    """Return a fit whose head was placed smaller, to the left, and unturned."""
    fit = tiny_fit(tiny_rig())
    first = Camera(1000.0, np.array([120.0, 180.0]), fit.camera.size_px)
    return replace(fit, start=(RigState.neutral(fit.rig), first))


def test_it_goes_from_the_placed_head_over_the_parametric_to_the_corrected_one(fit):
    film = moments(fit)
    first, last = film[0], film[-1]
    middle = next(moment for moment in film if moment.progress == 1.0)
    assert first.camera.scale_px == 1000.0 and not first.state.weights.any() and first.share == 0.0
    for moment, share in ((middle, 0.0), (last, 1.0)):
        np.testing.assert_allclose(moment.state.weights, fit.state.weights)
        np.testing.assert_allclose(moment.camera.centre_px, fit.camera.centre_px)
        assert moment.camera.scale_px == pytest.approx(fit.camera.scale_px)
        assert moment.share == share


def test_it_only_goes_forward_gently_and_holds_each_stage(fit):
    film = moments(fit)
    progress = np.array([moment.progress for moment in film])
    steps = np.diff(progress)
    assert (steps > 0.0).all() and steps.max() < 0.15
    assert steps[0] < 0.3 * steps.max() and steps[-1] < 0.3 * steps.max()
    held = [moment.progress for moment in film if moment.shown_ms > 500]
    assert held == [0.0, 1.0, 2.0]
    assert film[-1].shown_ms == max(moment.shown_ms for moment in film)


def test_the_head_stands_where_the_camera_of_the_moment_puts_it(fit):
    """Its middle in the first and the last frame moves as the two cameras say."""
    frames = [np.asarray(frame).astype(int) for frame in animation_frames(fit)]
    zoom = 512.0 / 400.0

    def middle(picture):
        panel = picture[:512, 384:]
        columns = ((panel[..., 0] - panel[..., 2]) > 40).any(axis=0).nonzero()[0]
        return (columns.min() + columns.max()) / 2.0

    moved = middle(frames[-1]) - middle(frames[0])
    cameras = fit.camera.centre_px[0] - fit.start[1].centre_px[0]
    assert moved == pytest.approx(zoom * cameras, abs=0.25 * zoom * cameras)


def test_the_file_is_a_gif_that_loops_with_the_times_of_the_film(fit, tmp_path):
    write_animation(fit, tmp_path / "new" / "face.gif")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["face.gif"]
    assert (tmp_path / "new" / "face.gif").stat().st_size < 3_000_000
    with Image.open(tmp_path / "new" / "face.gif") as film:
        assert film.size == (768, 546)
        assert film.n_frames == len(moments(fit))
        assert film.info["loop"] == 0
        times = []
        for number in range(film.n_frames):
            film.seek(number)
            times.append(film.info["duration"])
    assert times == [moment.shown_ms for moment in moments(fit)]


def test_a_folder_that_cannot_be_is_said_in_one_line(fit, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="a file stands where a folder is needed"):
        write_animation(fit, tmp_path / "file" / "face.gif")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [("film.mp4", (), "does not end in .gif"), ("film.gif", ("b.png",), "give one")],
)
def test_what_cannot_be_a_film_is_wrong_usage(limner, tmp_path, name, more, said):
    status, _, err = limner("fit", "a.png", *more, "--out", tmp_path, "--animate", tmp_path / name)
    assert status == 2 and said in err
    assert list(tmp_path.iterdir()) == []
