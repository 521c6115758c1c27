"""Reading ICT-FaceKit's files: every container gives the same model, every fault one clear line."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from limner.errors import RigError
from limner.rig import ict_source
from limner.rig.ict_source import NEEDED, NEUTRAL, read_model


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Return the files of a model of four vertices, with the reader told to expect four."""
    monkeypatch.setattr(ict_source, "VERTEX_COUNT", 4)
    monkeypatch.setattr(ict_source, "POLYGON_COUNT", 2)
    return {name: mesh(position=float(row)) for row, name in enumerate(NEEDED)}


def mesh(position: float, vertices: int = 4) -> bytes:
    """Return a Wavefront file whose vertices lie at (position, row, -0.5)."""
    lines = ["# a mesh", "mtllib some.mtl"]
    lines += [f"v {position:g} {row} -0.5" for row in range(vertices)]
    lines += ["vt 0.1 0.2", "usemtl M_Face", "f 1/1 2/1 3/1 4/1", "f 1/1 3/1 4/1"]
    return ("\n".join(lines) + "\n").encode()


def write_folder(path: Path, files: dict[str, bytes]) -> Path:
    path.mkdir(parents=True)
    for name, data in files.items():
        (path / f"{name}.obj").write_bytes(data)
    return path


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w:xz") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(f"FaceXModel/{name}.obj")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"ICT-FaceKit-master/FaceXModel/{name}.obj", data)
    return path


def fault(source: Path) -> str:
    """Return the line that a source is refused with."""
    with pytest.raises(RigError) as caught:
        read_model(source)
    line = str(caught.value)
    assert str(source) in line
    assert "\n" not in line
    return line


def test_a_folder_its_parent_a_tar_and_a_zip_give_the_same_model(small, tmp_path):
    """Each file holds its own number, so a mesh under a wrong name would show."""
    sources = [
        write_folder(tmp_path / "kit" / "FaceXModel", small),
        tmp_path / "kit",
        write_tar(tmp_path / "model.tar.xz", small),
        write_tar(tmp_path / "model.tar.gz", small, "w:gz"),
        write_zip(tmp_path / "model.zip", small),
    ]
    for source in sources:
        model = read_model(source)
        np.testing.assert_array_equal(model.neutral, [[0, row, -0.5] for row in range(4)])
        np.testing.assert_array_equal(model.polygons, [[0, 1, 2, 3], [0, 2, 3, -1]])
        for name, moved in model.expressions.items():
            np.testing.assert_array_equal(moved, np.tile([NEEDED.index(name), 0, 0], (4, 1)))
        expected = [NEEDED.index(f"identity{mode:03d}") for mode in range(100)]
        np.testing.assert_array_equal(model.identity[:, 2, 0], expected)


def test_reading_an_archive_writes_nothing(small, tmp_path):
    """A member that climbs out of its folder is read by name, not unpacked."""
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        for name, data in {**{f"x/{n}": d for n, d in small.items()}, "../../evil": b"v 1"}.items():
            member = tarfile.TarInfo(f"{name}.obj")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    before = sorted(tmp_path.parent.rglob("*"))
    read_model(tmp_path / "evil.tar")
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_a_missing_source_says_where_the_model_is_to_be_had(tmp_path):
    line = fault(tmp_path / "nothing.tar.xz")
    assert "no such file" in line
    assert "github.com/USC-ICT/ICT-FaceKit" in line


@pytest.mark.parametrize("content", [b"", b"just some text, no archive", bytes(range(256)) * 50])
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "model.tar.xz"
    path.write_bytes(content)
    assert "not a folder, zip or tar" in fault(path)


@pytest.mark.parametrize("mode", ["w:xz", "w:gz", "w"])
def test_a_truncated_archive_is_refused(small, tmp_path, mode):
    path = write_tar(tmp_path / "model.tar", small, mode)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert re.search(r"damaged|cannot be read to its end|\.obj is missing", fault(path))


def test_a_damaged_zip_is_refused(small, tmp_path):
    path = write_zip(tmp_path / "model.zip", small)
    data = bytearray(path.read_bytes())
    at = data.find(b"v 0 0 -0.5")
    data[at] ^= 0xFF
    path.write_bytes(bytes(data))
    assert "damaged" in fault(path)


@pytest.mark.parametrize("gone", [NEUTRAL, "jawOpen", "identity042"])
def test_the_first_missing_file_is_named(small, tmp_path, gone):
    del small[gone]
    assert f"{gone}.obj is missing (1 of 156" in fault(write_zip(tmp_path / "model.zip", small))


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    assert f"{NEUTRAL}.obj is missing" in fault(tmp_path / "empty")


def test_a_mesh_of_another_topology_is_named_with_both_counts(small, tmp_path):
    small["jawOpen"] = mesh(0.0, vertices=7)
    line = fault(write_folder(tmp_path / "FaceXModel", small))
    assert "jawOpen.obj: holds 7 vertices, the model has 4" in line


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"v 0 0 -0.5", b"v 0 zero -0.5", "damaged"),
        (b"v 0 0 -0.5", b"v 0 -0.5", "damaged"),
        (b"v 0 0 -0.5", b"v nan 0 -0.5", "no numbers"),
        (b"f 1/1 2/1 3/1 4/1", b"f 1/1 2/1 3/1 9/1", "not there"),
        (b"f 1/1 2/1 3/1 4/1", b"f 1/1 2/1 3/1 a/1", "damaged"),
        (b"f 1/1 2/1 3/1 4/1\n", b"", "holds 1 polygons"),
    ],
)
def test_damaged_lines_are_refused(small, tmp_path, old, new, told):
    small[NEUTRAL] = small[NEUTRAL].replace(old, new)
    assert told in fault(write_folder(tmp_path / "FaceXModel", small))
