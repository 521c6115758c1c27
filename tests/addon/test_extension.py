"""The extension's zip holds what users need and nothing else, the same bytes every time."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import tomllib
import zipfile

import limner
import pytest
from limner.addon import extension
from limner.errors import OutputError


@pytest.fixture
def build(monkeypatch, tmp_path):
    """Return a builder that needs no network: two wheels with nothing in them."""

    def download(folder, platform, python):
        wheels = [folder / f"{name}-1.0-py3-none-any.whl" for name in ("pillow", "scipy")]
        for wheel in wheels:
            wheel.write_bytes(b"PK")
        return wheels

    monkeypatch.setattr(extension, "_download", download)
    return lambda *args, **options: extension.build_extension(tmp_path / "dist", *args, **options)


def manifest_in(path):
    with zipfile.ZipFile(path) as archive:
        return tomllib.loads(archive.read("blender_manifest.toml").decode())


def test_the_zip_holds_the_package_and_no_tests_or_training(build):
    with zipfile.ZipFile(build()) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    for wanted in ("__init__.py", "LICENSE", "addon/registration.py", "addon/bridge/worker.py"):
        assert wanted in names
    assert not [name for name in names if name.split("/")[0] in {"tests", "docs", "tools"}]
    assert not [name for name in names if "__pycache__" in name or name.startswith(".")]
    assert "sketch_cnn/train.py" not in names  # it needs torch, which no Blender has
    assert "sketch_cnn/detection.py" in names


def test_the_zip_holds_all_data_that_the_package_reads(build):
    """What `pip install` brings, Blender needs too, except what only training reads."""
    pyproject = tomllib.loads((extension.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    with zipfile.ZipFile(build()) as archive:
        names = set(archive.namelist())
    missing = []
    for package, patterns in pyproject["tool"]["setuptools"]["package-data"].items():
        room = extension.ROOT.joinpath(*package.split(".")[1:])
        for path in (path for pattern in patterns for path in room.glob(pattern)):
            name = path.relative_to(extension.ROOT).as_posix()
            if name not in names and path.parent.name != "recipes":
                missing.append(name)
    assert not missing
    assert "synthetic_data/styles/pencil.toml" in names


def test_the_manifest_lists_exactly_the_wheels_that_are_inside(build):
    path = build("linux-x64", "3.11")
    with zipfile.ZipFile(path) as archive:
        inside = {f"./{name}" for name in archive.namelist() if name.endswith(".whl")}
    manifest = manifest_in(path)
    assert set(manifest["wheels"]) == inside
    assert len(inside) == 2
    assert manifest["platforms"] == ["linux-x64"]
    assert set(manifest["permissions"]) == {"files"}


def test_a_zip_asks_for_the_blenders_that_bring_its_python(build):
    old, new = manifest_in(build(python="3.11")), manifest_in(build(python="3.13"))
    assert (old["blender_version_min"], old["blender_version_max"]) == ("4.2.0", "5.1.0")
    assert new["blender_version_min"] == "5.1.0"
    assert "blender_version_max" not in new
    other = manifest_in(build(python="3.13", blender_min="4.2.0"))
    assert other["blender_version_min"] == "4.2.0"


def test_the_same_files_give_the_same_bytes(build):
    first = build().read_bytes()
    assert build().read_bytes() == first


def test_the_manifest_and_the_package_have_one_version(build):
    assert manifest_in(build())["version"] == limner.__version__


def test_numpy_is_blenders_and_scipy_fits_it():
    old = extension.pinned("3.11", "linux-x64")
    assert not [pin for pin in old if pin.startswith("numpy")]
    assert "scipy==1.15.3" in old  # the last one for Blender 4.2's numpy 1.24
    assert "scipy==1.15.3" not in extension.pinned("3.13", "linux-x64")
    assert "onnxruntime==1.23.2" in extension.pinned("3.13", "macos-arm64")


def test_a_disk_fault_leaves_no_half_zip(build, monkeypatch, tmp_path):
    def fail(archive, name, content, compression):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(extension, "_add", fail)
    with pytest.raises(OutputError, match="No space left on device"):
        build()
    assert not list((tmp_path / "dist").iterdir())


@pytest.mark.parametrize(
    ("platform", "python", "said"),
    [("amiga", "3.11", "linux-x64"), ("linux-x64", "three", r"such as 3\.13")],
)
def test_wrong_words_are_told(build, platform, python, said):
    with pytest.raises(OutputError, match=said):
        build(platform, python)
