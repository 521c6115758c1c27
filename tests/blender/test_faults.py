"""Bad files, a read-only disk, a missing wheel, an unknown rig: a report, and nothing is lost."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import sys
import tempfile

import pytest
from limner.sketch_cnn.model_file import NEUTRAL_FILE, READER_FILE, weights_folder

from .scene_state import everything

pytestmark = pytest.mark.blender


@pytest.fixture
def real(bpy, limner, monkeypatch):
    """Take the real reading of files again."""
    from limner.addon import computing

    monkeypatch.undo()
    computing.session.cache_clear()
    return bpy.context.scene.limner


def holds(bpy, button, match, capfd, **options):
    """Press a button that must end in a report, with the scene as it was and a quiet console."""
    before = everything(bpy)
    capfd.readouterr()
    with pytest.raises(RuntimeError, match=match) as caught:
        getattr(bpy.ops.limner, button)(**options)
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err
    assert len(str(caught.value).strip().splitlines()) == 1
    assert everything(bpy) == before


@pytest.mark.parametrize("button", ["detect", "fit", "correct"])
@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("none.png", None, "no such file"),
        ("empty.png", b"", "empty"),
        ("text.png", b"not a picture", "not a picture"),
    ],
)
def test_bad_files_are_reports(bpy, real, tmp_path, capfd, button, name, content, match):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    real.sketch_path = str(tmp_path / name)
    holds(bpy, button, match, capfd)


@pytest.mark.parametrize("button", ["detect", "fit", "correct"])
def test_a_bad_picture_at_rest_is_a_report(bpy, real, sketches, tmp_path, capfd, button):
    real.sketch_path = str(sketches / "lorelei_smile.png")
    real.rest_path = str(tmp_path / "gone.png")
    holds(bpy, button, r"at rest, gone\.png: no such file", capfd)


def test_what_is_there_at_rest_is_not_listed(bpy, real, sketches):
    if not (weights_folder() / NEUTRAL_FILE).is_file():
        pytest.skip(f"{NEUTRAL_FILE} is not in {weights_folder()}")
    real.sketch_path = str(sketches / "lorelei_smile.png")
    shown = []
    for path in ("", real.sketch_path):
        real.rest_path = path
        assert bpy.ops.limner.detect() == {"FINISHED"}
        shown.append(sum(row.left + row.right for row in real.aus))
    assert shown[1] < 0.5 * shown[0]


def test_a_folder_of_bad_files_is_a_report(bpy, limner, tmp_path, capfd):
    if not (weights_folder() / READER_FILE).is_file():
        pytest.skip(f"the network's weights are not in {weights_folder()}")
    bpy.ops.limner.fit()
    for number in range(3):
        (tmp_path / f"{number}.png").write_text("no picture")
    holds(bpy, "animate_folder", "None of the drawings", capfd, directory=str(tmp_path))


@pytest.mark.parametrize("button", ["detect", "fit", "correct"])
def test_a_head_that_is_not_on_this_machine_is_a_report(
    bpy, real, sketches, capfd, monkeypatch, button
):
    from limner.addon import computing

    real.sketch_path = str(sketches / "busch_max.png")
    monkeypatch.setattr(computing, "rig_source", lambda name: "theirs")
    holds(bpy, button, "theirs", capfd)


@pytest.mark.parametrize("button", ["detect", "fit", "correct"])
def test_a_model_folder_without_weights_is_a_report(
    bpy, real, sketches, capfd, monkeypatch, tmp_path, button
):
    from limner.addon import preferences

    real.sketch_path = str(sketches / "busch_max.png")
    monkeypatch.setattr(preferences._Defaults, "model_folder", str(tmp_path / "mine"))
    holds(bpy, button, "mine.*weights cannot be read", capfd)


def test_a_model_folder_that_was_chosen_is_used(bpy, real, sketches, monkeypatch, tmp_path):
    from limner.addon import computing, preferences

    if not (weights_folder() / READER_FILE).is_file():
        pytest.skip(f"the network's weights are not in {weights_folder()}")
    shutil.copytree(weights_folder(), tmp_path / "mine")
    real.sketch_path = str(sketches / "busch_max.png")
    monkeypatch.setattr(preferences._Defaults, "model_folder", str(tmp_path / "mine"))
    assert bpy.ops.limner.detect() == {"FINISHED"}
    (tmp_path / "mine" / READER_FILE).write_bytes(b"no network")
    computing.session.cache_clear()
    with pytest.raises(RuntimeError, match=r"mine.*not a readable ONNX file"):
        bpy.ops.limner.detect()


def test_a_damaged_head_is_a_report(bpy, real, sketches, capfd, monkeypatch, tmp_path):
    from limner.addon import computing

    path = tmp_path / "broken.npz"
    path.write_bytes(b"PK no rig")
    real.sketch_path = str(sketches / "busch_max.png")
    monkeypatch.setattr(computing, "rig_source", lambda name: str(path))
    holds(bpy, "fit", "broken", capfd)


@pytest.mark.parametrize("button", ["detect", "correct"])
def test_a_wheel_that_is_really_missing_is_a_report(
    bpy, real, sketches, capfd, monkeypatch, button
):
    """Not a stand-in: the import itself fails, where the network is opened."""
    if not (weights_folder() / READER_FILE).is_file():
        pytest.skip(f"the network's weights are not in {weights_folder()}")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    real.sketch_path = str(sketches / "busch_max.png")
    holds(bpy, button, "onnxruntime", capfd)


@pytest.mark.parametrize("button", ["animate_folder", "library_from_folder"])
def test_no_room_for_what_is_under_way_is_a_report(
    bpy, limner, sketches, capfd, monkeypatch, button
):
    """A disk that nothing can be written to: folders are read by way of files."""
    bpy.ops.limner.fit()
    with monkeypatch.context() as full:  # pytest writes such files itself
        full.setattr(tempfile, "tempdir", "/proc/none")
        holds(bpy, button, "none.*check disk", capfd, directory=str(sketches))


def test_a_folder_without_pictures_is_a_report(bpy, limner, capfd, tmp_path):
    bpy.ops.limner.fit()
    (tmp_path / "notes.txt").write_text("no drawing")
    holds(bpy, "animate_folder", "no pictures in it", capfd, directory=str(tmp_path))
    holds(bpy, "library_from_folder", "no such folder", capfd, directory=str(tmp_path / "gone"))


@pytest.mark.parametrize("library", ["onnxruntime", "scipy"])
def test_a_missing_wheel_is_a_report(bpy, limner, capfd, monkeypatch, library):
    from limner.addon import computing

    def missing(*_):
        raise ModuleNotFoundError(f"No module named '{library}'", name=library)

    monkeypatch.setattr(computing, "session", missing)
    holds(bpy, "fit", f"library {library} cannot be loaded.*zip", capfd)


def test_our_own_fault_is_a_report_too(bpy, limner, capfd, monkeypatch):
    from limner.addon import computing

    monkeypatch.setattr(computing, "session", lambda *_: {}["nothing"])
    holds(bpy, "detect", "unexpected KeyError", capfd)


def test_a_disk_that_cannot_be_written_is_a_report(bpy, limner, capfd):
    bpy.ops.limner.fit()
    holds(bpy, "export_glb", "head.glb", capfd, filepath="/proc/head.glb")


def test_the_log_button_is_grey_while_nothing_went_wrong(bpy, limner):
    assert not bpy.ops.limner.show_log.poll()
