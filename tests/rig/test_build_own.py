"""A rig of somebody's own head: its features are found where they are, and nonsense is refused."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from limner.errors import RigError
from limner.rig.arkit import ARKIT_NAMES, mirror_name
from limner.rig.build_own import build_own
from limner.rig.face_rig import PART_NAMES, FaceRig, rotation_matrix
from limner.rig.source_head import SourceHead, welded
from limner.rig.store import load_rig


@pytest.fixture(scope="module")
def makehuman() -> FaceRig:
    return load_rig("makehuman")


def as_somebody_built_it(rig: FaceRig, person: np.ndarray) -> SourceHead:
    """Return another person, in centimetres, turned, off the middle, its vertices shuffled."""
    rng = np.random.default_rng(7)
    order = rng.permutation(len(rig.neutral))
    turn = 100.0 * rotation_matrix(np.array([0.4, 1.9, -0.7]))
    vertices = (rig.neutral + np.tensordot(person, rig.identity, axes=1))[order]
    shapes = dict(zip(ARKIT_NAMES, rig.arkit_shapes()[:, order] @ turn.T, strict=True))
    polygons = np.append(np.argsort(order), -1)[rig.polygons].astype(np.int32)
    return SourceHead(vertices @ turn.T + [3.0, 4.0, 5.0], polygons, shapes)


def relative(rig: FaceRig, points: np.ndarray) -> np.ndarray:
    """Return points in interocular distances from between the irises."""
    irises = rig.landmarks[68:].interpolate(rig.neutral, rig.triangles)
    return (points - irises.mean(axis=0)) / np.linalg.norm(irises[0] - irises[1])


def test_lines_of_another_person_are_found_where_they_are(makehuman):
    person = 0.6 * np.random.default_rng(2).standard_normal(len(makehuman.identity))
    head = as_somebody_built_it(makehuman, person)
    own = build_own(head, makehuman, name="mine", licence="mine", source="mine.blend")
    shifted = makehuman.neutral + np.tensordot(person, makehuman.identity, axes=1)
    truth = replace(makehuman, neutral=shifted.astype(np.float32))
    found, there = (
        relative(r, r.landmarks.interpolate(r.neutral, r.triangles)) for r in (own.rig, truth)
    )
    off = np.linalg.norm(found - there, axis=1)
    assert np.median(off) < 0.03
    assert np.quantile(off, 0.95) < 0.1
    for name in ("upper_lid_L", "lower_lid_R", "upper_lip_inner", "lower_lip_outer"):
        found, there = (
            relative(r, r.curves[name].points.interpolate(r.neutral, r.triangles))
            for r in (own.rig, truth)
        )
        assert np.linalg.norm(found - there, axis=1).mean() < 0.05, name
    counts = np.bincount(own.rig.vertex_part, minlength=len(PART_NAMES))
    np.testing.assert_array_equal(
        counts, np.bincount(makehuman.vertex_part, minlength=len(PART_NAMES))
    )
    moved, wanted = (
        np.stack([r.landmarks.interpolate(mode, r.triangles) for mode in r.identity])
        for r in (own.rig, truth)
    )
    assert own.rig.identity_names == makehuman.identity_names
    off = np.linalg.norm(moved - wanted, axis=2)
    size = np.linalg.norm(wanted, axis=2)
    assert off[:, :68].mean() < 0.15 * size[:, :68].mean(), "the skin"
    assert off[:, 68:].mean() < 0.05 * size[:, 68:].mean(), "the eyes"
    assert own.missing == own.own_eyes == ()
    assert own.rig.interocular_m == pytest.approx(makehuman.interocular_m, rel=1e-4)


def test_shapes_of_the_wrong_side_and_too_few_are_refused(makehuman):
    head = as_somebody_built_it(makehuman, np.zeros(len(makehuman.identity)))
    names = {"name": "mine", "licence": "mine", "source": "mine.blend"}
    swapped = {mirror_name(name): shape for name, shape in head.shapes.items()}
    with pytest.raises(RigError, match="left and right are the subject's own"):
        build_own(replace(head, shapes=swapped), makehuman, **names)
    few = {name: head.shapes[name] for name in ("jawOpen", "eyeBlinkLeft")}
    with pytest.raises(RigError, match=r"only 2 of its shapes .*eyeBlinkLeft, jawOpen"):
        build_own(replace(head, shapes=few), makehuman, **names)


def test_what_makes_it_somebody_else_may_be_given(makehuman):
    head = as_somebody_built_it(makehuman, np.zeros(len(makehuman.identity)))
    wide = np.zeros_like(head.vertices)
    wide[:, 0] = 2.0
    names = {"name": "mine", "licence": "mine", "source": "mine.blend"}
    own = build_own(head, makehuman, identity={"wide": wide}, **names)
    assert own.rig.identity_names == ("wide",)
    length = np.linalg.norm(own.rig.identity[0], axis=1)
    np.testing.assert_allclose(length, 0.02, rtol=0.01)  # of its centimetres, whatever its axes


def test_split_seams_are_welded_but_lips_that_part_are_not():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], float)
    polygons = np.array([[0, 1, 2, -1], [3, 5, 4, -1]], dtype=np.int32)
    moved = np.zeros((6, 3))
    moved[4, 1] = 1.0  # twin of vertex 2 at rest, but it moves
    head = welded(SourceHead(vertices, polygons, {"jawOpen": moved}))
    assert len(head.vertices) == 5
    assert len(head.polygons) == 2
