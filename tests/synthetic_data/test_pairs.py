"""`--pairs`: beside every face lies the same face at rest, drawn by the same hand."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import tarfile

import numpy as np
import pytest
from limner.errors import DatasetError
from limner.rig.camera import Camera
from limner.rig.face_rig import RigState, pose
from limner.rig.store import load_rig
from limner.synthetic_data import dataset
from limner.synthetic_data.again import Again
from limner.synthetic_data.canvas import Canvas
from limner.synthetic_data.face import RigLines, project_face
from limner.synthetic_data.inspection import inspect
from limner.synthetic_data.pen import Pen
from limner.synthetic_data.proportions import same_errors, sample_warp
from limner.synthetic_data.render import draw_warped
from limner.synthetic_data.shards import write_shard
from limner.synthetic_data.style import load_style, style_names
from limner.synthetic_data.warp import LANDMARK_GROUPS, Warp
from PIL import Image
from scipy import ndimage

PLAN = {"count": 24, "seed": 5, "size": 96, "shard_samples": 12, "pairs": True}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "pairs"
    dataset.generate(out, **PLAN)
    return out


@pytest.fixture(scope="module")
def lines():
    return RigLines.of(load_rig("makehuman"))


def samples(folder):
    found = {}
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as archive:
            for member in archive:
                key, _, kind = member.name.partition(".")
                found.setdefault(key, {})[kind] = archive.extractfile(member).read()
    return found


def faces(folder):
    for parts in samples(folder).values():
        about = json.loads(parts["json"])
        if about["is_face"]:
            yield parts, about


def test_two_workers_write_the_same_pairs(folder, tmp_path):
    dataset.generate(tmp_path / "two", **PLAN, workers=2)
    for path in folder.iterdir():
        assert (tmp_path / "two" / path.name).read_bytes() == path.read_bytes()


def test_every_face_has_its_neutral_and_nothing_else_has(folder):
    for parts in samples(folder).values():
        about = json.loads(parts["json"])
        more = {"neutral.png"} if about["is_face"] else set()
        assert set(parts) == {"png", "json", "labels.png"} | more
        assert ("neutral" in about) == about["is_face"]
        if about["is_face"]:
            picture = np.asarray(Image.open(io.BytesIO(parts["neutral.png"])))
            assert picture.shape == (96, 96)
            assert parts["neutral.png"] != parts["png"]


def test_posing_the_rig_at_rest_gives_the_neutrals_landmarks(folder):
    rig = load_rig("makehuman")
    checked = 0
    for _, about in faces(folder):
        neutral = about["neutral"]
        rest = np.zeros(len(rig.shape_names))
        state = RigState(rest, np.array(about["identity"]), np.array(about["pose"]))
        camera = Camera(**{**about["camera"], "size_px": tuple(about["camera"]["size_px"])})
        flat = camera.project(rig.landmarks.interpolate(pose(rig, state), rig.triangles))
        warp = Warp(neutral["warp"])
        for row in set(range(70)) - set(neutral["landmarks_on_symbols"]):
            point = warp.apply(flat[row : row + 1], {LANDMARK_GROUPS[row]: 1.0})[0]
            assert np.hypot(*(point - neutral["landmarks"][row])) < 0.5
            checked += 1
    assert checked > 1000


def test_a_hand_makes_the_same_errors_in_both(folder):
    """Only the ends of brows and mouth are lifted and dropped by the expression."""
    moved = 0
    for _, about in faces(folder):
        first, second = about["warp"], about["neutral"]["warp"]
        for key in set(first) - {"groups"}:
            assert first[key] == second[key]
        for name, group in first["groups"].items():
            for key in set(group) - {"bend", "tilt"}:
                assert group[key] == second["groups"][name][key]
        moved += first["groups"] != second["groups"]
    assert moved > 5


def test_a_face_that_is_at_rest_anyway_has_its_landmarks_twice(folder):
    found = 0
    for _, about in faces(folder):
        if about["blendshapes"]:
            continue
        found += 1
        gap = np.subtract(about["landmarks"], about["neutral"]["landmarks"])
        assert np.abs(gap).max() < 0.02
    assert found


def test_pairs_leave_the_faces_of_the_set_as_they_are(folder, tmp_path):
    """Same seed, same people, poses and expressions: only the lines run in another way."""
    dataset.generate(tmp_path / "plain", **{**PLAN, "pairs": False})
    plain = samples(tmp_path / "plain")
    for key, parts in samples(folder).items():
        with_pair, alone = json.loads(parts["json"]), json.loads(plain[key]["json"])
        assert "neutral" not in alone and "neutral.png" not in plain[key]
        for name in ("is_face", "style", "identity", "blendshapes", "pose", "warp"):
            assert with_pair.get(name) == alone.get(name)


def test_a_set_of_pairs_is_not_resumed_without(folder, tmp_path):
    with pytest.raises(DatasetError, match="pairs differ"):
        dataset.generate(folder, **{**PLAN, "pairs": False}, resume=True)


def test_a_missing_neutral_is_named(tmp_path):
    out = tmp_path / "set"
    dataset.generate(out, 3, 5, size=64, pairs=True)
    assert inspect(out).findings.is_sound
    files = {f"{key}.{kind}": data for key, kinds in samples(out).items()
             for kind, data in kinds.items()}  # fmt: skip
    lost = next(name for name in files if name.endswith("neutral.png"))
    del files[lost]
    (out / "drawings-000000.tar").unlink()
    digest = write_shard(out / "drawings-000000.tar", files.items())
    stated = json.loads((out / "dataset.json").read_text())
    stated["shards"]["drawings-000000.tar"] = digest
    (out / "dataset.json").write_text(json.dumps(stated))
    found = inspect(out)
    key = lost.partition(".")[0]
    assert found.findings.told["files"] == [f"drawings-000000.tar, {key}: has no neutral.png"]


def drawn(lines, style, aus, take, person=8):
    """Draw one head in one hand, as often as wanted; return ink and the drawing."""
    rng = np.random.default_rng(person)
    hand = load_style(style).hand(rng)
    camera = Camera(0.27 * 128 / lines.rig.interocular_m, np.array([64.0, 64.0]), (128, 128), 0.0)
    faces = {}
    for key, labels in (("rest", {}), ("now", aus)):
        weights = lines.rig.weights_from_aus(labels)
        state = RigState(weights, np.zeros(len(lines.rig.identity_names)), np.zeros(3))
        faces[key] = project_face(lines, state, camera)
    rest = sample_warp(faces["rest"], hand, {}, 128, rng)
    warp = same_errors(rest, faces["rest"], faces["now"], hand, aus)
    pen = Pen(Canvas(128), hand, Again((4, person), take))
    drawing = draw_warped(faces["now"], lines.rig, aus, warp, pen)
    return pen.canvas.ink() > 40, drawing


@pytest.mark.parametrize("style", style_names())
def test_a_hand_that_draws_again_decides_alike_and_wavers_anew(lines, style):
    """The second drawing lies on the first, but it is no copy."""
    first, one = drawn(lines, style, {}, 0)
    second, two = drawn(lines, style, {}, 1)
    np.testing.assert_array_equal(one.landmarks, two.landmarks)
    assert (one.picture != two.picture).any()
    near = ndimage.binary_dilation(first, iterations=2)
    assert (second & near).sum() > 0.85 * second.sum()
    again, _ = drawn(lines, style, {}, 0)
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("style", ["pencil", "ballpoint", "comic_engraving", "fineliner"])
@pytest.mark.parametrize("person", range(4))
def test_an_expression_leaves_hair_and_clothes_where_they_were(lines, style, person):
    """What a part asks of chance must not shift what other parts get."""
    calm, _ = drawn(lines, style, {}, 0, person)
    loud, _ = drawn(lines, style, {"AU9L": 1.0, "AU9R": 1.0, "AU12L": 0.9, "AU12R": 0.9}, 0, person)
    rows, columns = np.flatnonzero(calm.any(1)), np.flatnonzero(calm.any(0))
    away = np.ones_like(calm)
    away[rows[0] + np.ptp(rows) // 3 :, columns[0] + 10 : columns[-1] - 10] = False
    near = ndimage.binary_dilation(calm, iterations=2)
    assert (loud & away & near).sum() > 0.9 * (loud & away).sum()
