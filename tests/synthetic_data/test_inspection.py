"""`dataset inspect` finds what is wrong with a data set, names it, and shows what it holds."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import tarfile

import numpy as np
import pytest
from limner.rig.facs import AU_LABELS
from limner.rig.png import png_bytes
from limner.synthetic_data import dataset
from limner.synthetic_data.inspection import inspect
from limner.synthetic_data.shards import write_shard
from PIL import Image

COUNT, SHARD = 12, "drawings-000001.tar"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "whole"
    dataset.generate(out, COUNT, 5, size=64, shard_samples=6)
    return out


@pytest.fixture
def folder(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "set")


def members(folder):
    """Return the files of the second shard, name → content, in order."""
    with tarfile.open(folder / SHARD) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def store(folder, files, *, known=True):
    """Write the second shard anew; `dataset.json` is told of it, so that only labels can lie."""
    path = folder / SHARD
    path.unlink()
    digest = write_shard(path, files.items())
    for note in folder.glob(".digest-*"):
        note.unlink()
    if known:
        say(folder, lambda stated: stated["shards"].update({SHARD: digest}))


def say(folder, change):
    """Change what `dataset.json` says."""
    path = folder / "dataset.json"
    stated = json.loads(path.read_text())
    change(stated)
    path.write_text(json.dumps(stated))


def first_face(files):
    """Return the key of the shard's first face, and what its JSON says."""
    for name, content in files.items():
        if name.endswith(".json") and json.loads(content)["is_face"]:
            return name.removesuffix(".json"), json.loads(content)
    raise AssertionError("the shard has no face")


def failed(found):
    return {name for name, number in found.findings.number.items() if number}


def test_a_sound_set_passes_and_its_counts_are_those_of_dataset_json(folder, limner):
    status, out, err = limner("dataset", "inspect", folder)
    assert (status, err) == (0, "")
    assert f"{COUNT} drawings" in out and "inspection.html" in out
    found, stated = inspect(folder), json.loads((folder / "dataset.json").read_text())
    assert found.tally.faces == stated["faces"]
    for row, label in enumerate(AU_LABELS):
        assert found.tally.present[row] == stated["au_counts"][label]["present"]
        assert found.tally.visible[row] == stated["au_counts"][label]["visible"]


def change_au(**what):
    def spoil(about):
        about["aus"][5].update(what)

    return spoil


def double_an_au(about):
    about["aus"][1] = about["aus"][0]


def lose_landmarks(about):
    about["landmarks"] = about["landmarks"][:-1]


def leave_the_sheet(about):
    about["landmarks"] = [[x + 200.0, y] for x, y in about["landmarks"]]


def shrink(about):
    about["size"] = 63


def forget_box(about):
    del about["face_box"]


@pytest.mark.parametrize(
    ("spoil", "check", "said"),
    [
        (change_au(intensity=1.25), "aus", "AU4R has the intensity 1.25"),
        (change_au(intensity=-0.1), "aus", "AU4R has the intensity -0.1"),
        (change_au(intensity=float("nan")), "aus", "AU4R has the intensity nan"),
        (change_au(visible=None), "aus", "AU4R is visible: None"),
        (change_au(au=99), "aus", "unknown"),
        (double_an_au, "aus", "doubled AUs (AU1R)"),
        (lose_landmarks, "landmarks", "expected 70 points"),
        (leave_the_sheet, "landmarks", "70 of 70 lie off the sheet"),
        (shrink, "pictures", "is 64 by 64 pixels, not 63"),
        (forget_box, "files", "face_box"),
    ],
)
def test_a_label_that_cannot_be_true_is_named(folder, spoil, check, said):
    files = members(folder)
    key, about = first_face(files)
    spoil(about)
    store(folder, files | {f"{key}.json": json.dumps(about).encode()})
    found = inspect(folder)
    assert failed(found) == {check}
    assert f"{SHARD}, {key}" in found.findings.told[check][0]
    assert said in found.findings.told[check][0]


@pytest.mark.parametrize("kind", ["png", "labels.png", "json"])
def test_a_missing_file_is_named(folder, limner, kind):
    files = members(folder)
    key, _ = first_face(files)
    del files[f"{key}.{kind}"]
    store(folder, files)
    status, _, err = limner("dataset", "inspect", folder)
    assert (status, err) == (1, f"limner: files: {SHARD}, {key}: has no {kind}\n")


def test_a_picture_that_cannot_be_read_is_named_and_the_rest_is_counted(folder):
    files = members(folder)
    key, _ = first_face(files)
    store(folder, files | {f"{key}.png": files[f"{key}.png"][:100]})
    found = inspect(folder)
    assert failed(found) == {"pictures"}
    assert f"{key}: png cannot be read" in found.findings.told["pictures"][0]
    assert found.tally.drawings == COUNT


def test_json_that_is_none_is_named(folder):
    files = members(folder)
    key, _ = first_face(files)
    store(folder, files | {f"{key}.json": b"[1, 2"})
    found = inspect(folder)
    assert failed(found) == {"files"}
    assert f"{key}: its JSON cannot be read" in found.findings.told["files"][0]


def test_the_same_picture_twice_is_named(folder, limner):
    files = members(folder)
    first, second = sorted({name.partition(".")[0] for name in files})[2:4]
    store(folder, files | {f"{second}.png": files[f"{first}.png"]})
    status, _, err = limner("dataset", "inspect", folder)
    said = f"limner: duplicates: {SHARD}, {second}: the same picture as {SHARD}, {first}\n"
    assert (status, err) == (1, said)


def test_an_unknown_class_in_a_label_image_is_named(folder):
    files = members(folder)
    key, _ = first_face(files)
    labels = np.array(Image.open(io.BytesIO(files[f"{key}.labels.png"])))
    labels[3, 4] = 23
    store(folder, files | {f"{key}.labels.png": png_bytes(labels)})
    found = inspect(folder)
    assert failed(found) == {"classes"}
    assert found.findings.told["classes"] == [f"{SHARD}, {key}: names class 23"]


def lie_about_faces(stated):
    stated["faces"] += 1


def lie_about_an_au(stated):
    stated["au_counts"]["AU12L"]["present"] += 2


def lie_about_a_style(stated):
    stated["tallies"]["style"]["cubist"] = 1


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (lie_about_faces, "faces: dataset.json says"),
        (lie_about_an_au, "AU12L present: dataset.json says"),
        (lie_about_a_style, "style cubist: dataset.json says 1, counted 0"),
    ],
)
def test_counts_that_lie_are_named(folder, limner, lie, said):
    say(folder, lie)
    status, _, err = limner("dataset", "inspect", folder)
    assert status == 1
    assert err.startswith(f"limner: counts: {said}") and err.count("\n") == 1


def test_a_sample_too_few_is_found_by_the_counts(folder):
    files = members(folder)
    key, _ = first_face(files)
    store(folder, {name: data for name, data in files.items() if not name.startswith(key)})
    found = inspect(folder)
    assert failed(found) == {"counts"}
    assert found.findings.told["counts"][0] == "count: dataset.json says 12, counted 11"


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:20000])


def overwrite(path):
    path.write_bytes(b"no archive at all" * 100)


@pytest.mark.parametrize("spoil", [flip, cut, overwrite])
def test_a_damaged_shard_is_named_and_the_others_are_shown(folder, limner, spoil):
    spoil(folder / SHARD)
    status, out, err = limner("dataset", "inspect", folder)
    assert status == 1
    assert f"limner: shards: {SHARD}: " in err
    assert "counts" not in err
    assert "inspection.html" in out


def test_shards_missing_or_foreign_are_named(folder):
    (folder / SHARD).rename(folder / "mine.tar")
    found = inspect(folder)
    assert failed(found) == {"shards"}
    assert found.findings.told["shards"] == [
        f"{SHARD}: missing", "mine.tar: dataset.json does not know it",
    ]  # fmt: skip


def test_an_unfinished_set_is_called_so(folder):
    (folder / "dataset.json").unlink()
    found = inspect(folder)
    assert failed(found) == {"counts"}
    assert "not finished" in found.findings.told["counts"][0]


@pytest.mark.parametrize("name", ["empty", "nowhere", "dataset.json"])
def test_what_is_no_data_set_is_one_line(folder, tmp_path, limner, name):
    (tmp_path / "empty").mkdir()
    where = folder / name if name == "dataset.json" else tmp_path / name
    status, out, err = limner("dataset", "inspect", where)
    assert (status, out) == (1, "")
    assert err.startswith(f"limner: {where}: ") and err.count("\n") == 1


def test_a_page_that_cannot_be_written_is_one_line(folder, tmp_path, limner):
    (tmp_path / "file").write_text("mine")
    status, _, err = limner("dataset", "inspect", folder, "-o", tmp_path / "file" / "page.html")
    assert status == 1 and err.count("\n") == 1
    assert "page.html: cannot be written" in err
    assert (tmp_path / "file").read_text() == "mine"


def test_the_page_needs_no_network_and_holds_its_pictures(folder, tmp_path, limner):
    limner("dataset", "inspect", folder, "-o", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "http" not in page and "<script" not in page and "@import" not in page
    assert "<link" not in page and "url(" not in page
    sources = re.findall(r'src="([^"]*)"', page)
    assert len(sources) > COUNT
    for source in sources:
        kind, _, data = source.partition(";base64,")
        assert kind in ("data:image/jpeg", "data:image/png")
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            image.load()
    targets = set(re.findall(r'href="#([^"]*)"', page))
    assert targets <= set(re.findall(r'id="([^"]*)"', page))
    assert set(re.findall(r'href="([^#"])', page)) == set()


def test_the_same_set_gives_the_same_page_and_is_left_as_it_is(folder, tmp_path, limner):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    digests = []
    for name in ("one.html", "two.html"):
        limner("dataset", "inspect", folder, "-o", tmp_path / name)
        digests.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert digests[0] == digests[1]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_a_data_set_says_is_text_on_the_page(folder, tmp_path, limner):
    say(folder, lambda stated: stated["licences"].update({"<b>x": "<script>alert(1)</script>"}))
    limner("dataset", "inspect", folder, "-o", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "<script" not in page and "&lt;script&gt;" in page


@pytest.fixture(scope="module")
def whole_clips(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "clips"
    dataset.generate(out, 12, 5, size=64, shard_samples=6, frames=3)
    return out


@pytest.fixture
def clips(whole_clips, tmp_path):
    return shutil.copytree(whole_clips, tmp_path / "clips")


def test_clips_pass_and_are_shown_frame_by_frame(clips, tmp_path, limner):
    status, _, err = limner("dataset", "inspect", clips, "-o", tmp_path / "page.html")
    assert (status, err) == (0, "")
    found = inspect(clips)
    assert found.strips.count == 4
    assert [len(strip.pictures) for strip in found.strips.kept] == [3] * 4
    page = (tmp_path / "page.html").read_text()
    assert 'id="clips"' in page and page.count('class="sheet strip"') == 4


def test_a_set_of_stills_has_no_section_of_clips(folder, tmp_path, limner):
    limner("dataset", "inspect", folder, "-o", tmp_path / "page.html")
    assert "clips" not in re.findall(r'id="([^"]*)"', (tmp_path / "page.html").read_text())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda about: about["clip"].update(frame=2), "frame 2, expected 1"),
        (lambda about: about.update(identity_id="x"), "another identity_id than the clip's first"),
        (lambda about: about["clip"].update(frame="1"), "does not say which frame"),
        (lambda about: about.update(clip=[]), "does not say which frame"),
    ],
)
def test_a_frame_out_of_place_is_named(clips, change, said):
    files = members(clips)
    key = sorted({name.partition(".")[0] for name in files})[1]
    about = json.loads(files[f"{key}.json"])
    change(about)
    store(clips, files | {f"{key}.json": json.dumps(about).encode()})
    found = inspect(clips)
    assert failed(found) == {"clips"}
    assert found.findings.told["clips"][0].startswith(f"{SHARD}, {key}: ")
    assert said in found.findings.told["clips"][0]


def test_a_frame_that_cannot_be_read_is_one_fault_and_not_shown(clips):
    files = members(clips)
    key = sorted({name.partition(".")[0] for name in files})[1]
    store(clips, files | {f"{key}.png": b"nothing"})
    found = inspect(clips)
    assert failed(found) == {"pictures"}
    assert [len(strip.pictures) for strip in found.strips.kept] == [3, 3, 2, 3]


def test_a_clip_that_ends_too_early_is_named(clips):
    files = members(clips)
    last = sorted({name.partition(".")[0] for name in files})[-1]
    store(clips, {name: data for name, data in files.items() if not name.startswith(last)})
    found = inspect(clips)
    assert found.findings.told["clips"] == ["clip 5-3: 2 of 3 frames"]
    assert failed(found) == {"clips", "counts"}
