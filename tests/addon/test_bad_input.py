"""Whatever people drop on limner: one line that says which file, what is wrong and what to do.

The rest of the batch is finished and kept, the exit status tells, and nobody sees a traceback.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from limner.addon.cli import main
from PIL import Image, ImageDraw

FORMATS = ("--formats", "glb")


def white(path, size=(400, 400)):
    Image.new("L", size, 255).save(path)


def cut_short(path, sketches, form):
    whole = path.with_name("whole")
    Image.open(sketches / "busch_max.png").convert("RGB").save(whole, form)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.unlink()


def house(path):
    """Draw what a child draws first; no face in it."""
    picture = Image.new("L", (500, 500), 255)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((120, 240, 380, 440), outline=0, width=4)
    pen.polygon([(100, 240), (250, 100), (400, 240)], outline=0, width=4)
    pen.rectangle((220, 340, 280, 440), outline=0, width=4)
    picture.save(path)


BAD = {
    "missing": lambda path, _: None,
    "folder": lambda path, _: path.mkdir(),
    "empty": lambda path, _: path.touch(),
    "text": lambda path, _: path.write_text("Dear diary,\n" * 50),
    "truncated png": lambda path, sketches: cut_short(path, sketches, "PNG"),
    "truncated jpeg": lambda path, sketches: cut_short(path, sketches, "JPEG"),
    "one pixel": lambda path, _: white(path, (1, 1)),
    "blank": lambda path, _: white(path),
    "black": lambda path, _: Image.new("L", (400, 400), 0).save(path),
    "brackets [red] in the name": lambda path, _: path.write_text("not a picture"),
    "two\nlines": lambda path, _: path.write_text("not a picture"),
    "Füße und Ohren 耳": lambda path, _: path.write_text("not a picture"),
}


@pytest.mark.parametrize("command", ["fit", "detect"])
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_drawing_costs_one_line(kind, command, limner, sketches, tmp_path):
    path = tmp_path / f"{kind}.png"
    BAD[kind](path, sketches)
    options = ("--out", tmp_path / "out", *FORMATS) if command == "fit" else ("--json",)
    status, out, err = limner(command, path, *options)
    assert status == 1
    shown = str(path).replace("\n", r"\n")
    assert err.startswith(f"limner: {shown}: ")
    assert err.count("\n") == 1, err
    assert ";" in err, "a fault comes with its remedy"
    assert "unexpected" not in err and "Traceback" not in err
    assert out == ""


def test_a_house_is_no_face(limner, tmp_path, needs_weights):
    house(tmp_path / "house.png")
    status, _, err = limner("fit", tmp_path / "house.png", "--out", tmp_path / "out", *FORMATS)
    assert (status, err.count("\n")) == (1, 1)
    assert "face" in err and "unexpected" not in err
    assert not (tmp_path / "out" / "house").exists()


def test_the_others_are_finished_and_kept(limner, sketches, tmp_path, needs_weights):
    (tmp_path / "bad.png").write_text("not a picture")
    good = sketches / "lorelei_smile.png"
    out = tmp_path / "out"
    status, _, err = limner(
        "fit", tmp_path / "no.png", good, tmp_path / "bad.png", "--out", out, *FORMATS
    )
    assert status == 1
    faults = [line for line in err.splitlines() if ": note: " not in line]
    assert len(faults) == 2
    assert json.loads((out / "lorelei_smile" / "fit.json").read_text())["schema"] == "limner.fit/1"
    told = [json.loads(line) for line in (out / "summary.jsonl").read_text().splitlines()]
    assert [line["status"] for line in told] == ["failed", "ok", "failed"]
    assert told[0]["reason"] and not told[1]["reason"]


def test_two_faces_are_noted_and_one_is_taken(limner, sketches, tmp_path, needs_weights):
    """The same face twice, the left one smaller: the larger is taken."""
    face = Image.open(sketches / "lorelei_smile.png").convert("L")
    small = face.resize((face.width // 2, face.height // 2), Image.Resampling.LANCZOS)
    sheet = Image.new("L", (small.width + face.width, face.height), 255)
    sheet.paste(small, (0, face.height // 4))
    sheet.paste(face, (small.width, 0))
    sheet.save(tmp_path / "two.png")
    status, out, err = limner("detect", "--json", tmp_path / "two.png")
    assert status == 0
    assert "2 faces" in err
    assert json.loads(out)["face_box"][0] > small.width * 0.9


@pytest.mark.slow
def test_a_huge_scan_is_read_in_bounded_memory(program, sketches, tmp_path, needs_weights):
    """12,000 × 9,000 pixels of grey: 108 MB of them; the process stays under 1.5 GB."""
    resource = pytest.importorskip("resource", reason="measuring memory needs POSIX")
    page = Image.new("L", (12_000, 9_000), 250)
    face = Image.open(sketches / "lorelei_smile.png").convert("L")
    page.paste(face.resize((face.width * 15, face.height * 15)), (2_000, 100))
    page.save(tmp_path / "huge.png", compress_level=1)
    process = program("detect", "--json", tmp_path / "huge.png")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    left, _, right, _ = json.loads(out)["face_box"]
    assert 2_000 < left < right < 12_000, "places are pixels of the file"
    if os.uname().sysname == "Linux":
        peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        assert peak_kb < 1_500_000


def test_an_output_folder_that_is_a_file_is_said_once(limner, sketches, tmp_path):
    (tmp_path / "out").write_text("a file")
    status, _, err = limner("fit", *sketches.glob("*.png"), "--out", tmp_path / "out", *FORMATS)
    assert (status, err.count("\n")) == (1, 1)
    assert "a file stands where a folder is needed" in err


def test_a_full_disk_is_said_in_one_line_and_leaves_no_half_files(
    limner, sketches, small_disk, needs_weights
):
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(bytes(free - 20_000))
    status, _, err = limner(
        "fit", sketches / "lorelei_smile.png", "--out", small_disk / "out", *FORMATS
    )
    assert status == 1
    faults = [line for line in err.splitlines() if ": note: " not in line]
    assert len(faults) == 1 and "disk is full" in faults[0]
    assert sorted(path.name for path in (small_disk / "out").iterdir()) == ["summary.jsonl"]


@pytest.fixture
def many(sketches, tmp_path):
    """Return a folder with the same drawing twelve times, under names that need care."""
    folder = tmp_path / "in folder"
    folder.mkdir()
    for number in range(12):
        shutil.copy(sketches / "lorelei_smile.png", folder / f"{number:02} Gesicht é.png")
    return folder


def finished(out):
    """Return the names of the drawings whose folders are whole (a hidden one is being written)."""
    return {path.parent.name for path in out.glob("[!.]*/fit.json")}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX does")
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_keeps_what_is_done_and_resume_goes_on(jobs, program, many, tmp_path, needs_weights):
    out = tmp_path / "out"
    arguments = ("fit", many, "--out", out, *FORMATS, "--jobs", jobs)
    process = program(*arguments)
    wait_for(lambda: len(finished(out)) >= 2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    last = err.splitlines()[-1]
    assert "--resume" in last and "Traceback" not in err
    done = finished(out)
    assert 2 <= len(done) < 12
    assert not list(out.glob(".partial-*"))
    assert {path.name for path in out.iterdir()} == done | {"summary.jsonl"}
    before = {name: (out / name / "fit.json").stat().st_mtime_ns for name in done}

    process = program(*arguments, "--resume")
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert len(list(out.glob("*/fit.json"))) == 12
    assert before == {name: (out / name / "fit.json").stat().st_mtime_ns for name in done}
    told = [json.loads(line) for line in (out / "summary.jsonl").read_text().splitlines()]
    assert [line["name"] for line in told] == [f"{number:02} Gesicht é" for number in range(12)]
    assert sum(line["resumed"] for line in told) == len(done)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX does")
def test_a_killed_worker_costs_its_own_drawing_only(program, many, tmp_path, needs_weights):
    out = tmp_path / "out"
    process = program("fit", many, "--out", out, *FORMATS, "--jobs", 2)
    wait_for(lambda: len(finished(out)) >= 2)
    os.kill(children_of(process.pid)[0], signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    faults = [line for line in err.splitlines() if ": note: " not in line]
    assert len(faults) == 1 and "was killed (signal 9)" in faults[0]
    # the killed one may just have been put in its place, whole, and not yet told
    assert len(list(out.glob("*/fit.json"))) in (11, 12)
    assert not list(out.glob(".partial-*"))


def wait_for(is_so, timeout_s=240.0):
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def children_of(pid):
    """Return the processes that a process started."""
    lists = list(Path(f"/proc/{pid}/task").glob("*/children"))
    if not lists:
        pytest.skip("finding a worker's process needs Linux")
    return [int(word) for children in lists for word in children.read_text().split()]


def lines_of(picture):
    """Return a drawing of black lines on white as an array."""
    return np.asarray(picture.convert("L"))


def photographed(picture):
    """Return the drawing as a photo of paper: yellow, darker to one side."""
    grey = lines_of(picture).astype(float) / 255.0
    light = np.linspace(0.95, 0.55, grey.shape[1])[None, :]
    tone = np.array([1.0, 0.94, 0.80])
    paper = (0.15 + 0.85 * grey)[..., None] * light[..., None] * tone
    return Image.fromarray(np.uint8(255 * paper))


def on_yellow_paper(picture):
    tones = [picture.point([value * top // 255 for value in range(256)]) for top in (255, 220, 160)]
    return Image.merge("RGB", tones)


def sixteen_bit(picture):
    return Image.fromarray(lines_of(picture).astype(np.uint16) * 257)


def on_glass(picture):
    """Return black lines on nothing."""
    ink = 255 - lines_of(picture)
    glass = np.zeros((*ink.shape, 4), np.uint8)
    glass[..., 3] = ink
    return Image.fromarray(glass)


UNDERSTOOD = {
    "16 bit.png": sixteen_bit,
    "palette.png": lambda picture: picture.convert("P"),
    "cmyk.jpg": lambda picture: picture.convert("CMYK"),
    "alpha.png": on_glass,
    "white on black.png": lambda picture: Image.fromarray(255 - lines_of(picture)),
    "coloured paper.png": on_yellow_paper,
    "photo.jpg": photographed,
}


@pytest.mark.parametrize("kind", UNDERSTOOD)
def test_what_can_be_understood_is_not_refused(kind, limner, sketches, tmp_path, needs_weights):
    """The same drawing in another coat gives the same face."""
    plain = sketches / "lorelei_smile.png"
    with Image.open(plain) as picture:
        UNDERSTOOD[kind](picture.convert("L")).save(tmp_path / kind)
    status, out, err = limner("detect", "--json", plain, tmp_path / kind)
    assert status == 0, err
    as_is, coated = (json.loads(line) for line in out.splitlines())
    side = as_is["face_box"][2] - as_is["face_box"][0]
    np.testing.assert_allclose(coated["face_box"], as_is["face_box"], atol=0.1 * side)
    sure, also_sure = ([au["probability"] for au in told["aus"]] for told in (as_is, coated))
    assert np.abs(np.subtract(sure, also_sure)).mean() < 0.1


def test_a_turned_photo_stands_upright(limner, sketches, tmp_path, needs_weights):
    """EXIF says "turn me by 90°", as phones do; the places are those of the upright picture."""
    plain = sketches / "lorelei_smile.png"
    with Image.open(plain) as picture:
        exif = picture.getexif()
        exif[274] = 6
        lying = picture.convert("L").transpose(Image.Transpose.ROTATE_90)
        lying.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    _, out, _ = limner("detect", "--json", plain, tmp_path / "turned.jpg")
    as_is, turned = (json.loads(line) for line in out.splitlines())
    side = as_is["face_box"][2] - as_is["face_box"][0]
    np.testing.assert_allclose(turned["face_box"], as_is["face_box"], atol=0.1 * side)


def test_help_and_wrong_usage(limner):
    assert limner("--help")[0] == 0
    status, _, err = limner("fit")
    assert status == 2 and "Traceback" not in err
    assert limner("fit", "a.png", "--out", "o", "--formats", "fbx")[0] == 2
    assert limner("paint")[0] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--region", "beard=0.5"), "none of brows, eyes, nose, mouth, jaw"),
        (("--region", "mouth=2"), "a share from 0 to 1"),
        (("--region", "mouth"), "a share from 0 to 1"),
        (("--region", "mouth=nan"), "a share from 0 to 1"),
        (("--region", "mouth=0.5", "--as", "identity"), "--as identity"),
    ],
)
def test_regions_that_cannot_be_are_wrong_usage(limner, words, said):
    status, _, err = limner("fit", "a.png", "--out", "o", *words)
    assert status == 2 and said in " ".join(err.split())


def test_the_regions_of_the_command_are_the_rigs():
    from limner.addon.commands import fit
    from limner.rig.regions import REGIONS

    assert fit.REGIONS == REGIONS


def test_main_takes_its_words_from_the_caller():
    """As `blender --command limner …` gives them."""
    assert main(["--version"]) == 0
