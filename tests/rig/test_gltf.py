"""A .glb read back by other readers holds the head that was written."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
from limner.rig.arkit import ARKIT_NAMES
from limner.rig.face_rig import PART_NAMES, RigState
from limner.rig.gltf import glb_bytes, write_glb
from limner.rig.head_mesh import SKETCH_FIT, head_mesh
from limner.rig.look import head_look

from .heads import icosphere, make_rig

KINDS = {5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


def _mesh():
    """Return (rig, mesh): a ball of skin with two eyes in it, posed, turned and corrected."""
    skin, faces = icosphere(3, 0.1)
    ball, ball_faces = icosphere(2, 0.012)
    centres = np.array([[0.03, 0.0, 0.085], [-0.03, 0.0, 0.085]])
    vertices = np.concatenate([skin, ball + centres[0], ball + centres[1]])
    triangles = np.concatenate([faces, ball_faces + len(skin), ball_faces + len(skin) + len(ball)])
    part = np.repeat([0, 1, 2], [len(skin), len(ball), len(ball)])
    rig = make_rig(vertices, triangles, part, eye_centres=centres)
    weights = np.zeros(len(rig.shape_names))
    weights[rig.shape_names.index("jawOpen")] = 0.6
    weights[rig.shape_names.index("mouthSmileLeft")] = 0.25
    state = RigState(weights, np.zeros(0), np.array([0.2, -0.5, 0.1]))
    correction = np.random.default_rng(0).normal(0.0, 0.001, vertices.shape)
    correction[part > 0] = 0.0
    return rig, head_mesh(rig, state, correction)


def _read(data):
    """Split a .glb into its JSON and its buffer, checking the container."""
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON" and size % 4 == 0
    document = json.loads(data[20 : 20 + size])
    binary_size, kind = struct.unpack_from("<I4s", data, 20 + size)
    assert kind == b"BIN\0" and document["buffers"][0]["byteLength"] == binary_size
    return document, data[28 + size :]


def _values(document, binary, accessor):
    """Read an accessor, sparse or not."""
    entry = document["accessors"][accessor]
    width = WIDTHS[entry["type"]]

    def take(view, kind, count):
        start = document["bufferViews"][view]["byteOffset"]
        return np.frombuffer(binary, KINDS[kind], count, start)

    values = np.zeros((entry["count"], width))
    if "bufferView" in entry:
        count = entry["count"] * width
        flat = take(entry["bufferView"], entry["componentType"], count)
        values = flat.reshape(-1, width).astype(np.float64)
    if "sparse" in entry:
        sparse = entry["sparse"]
        index = sparse["indices"]
        rows = take(index["bufferView"], index["componentType"], sparse["count"])
        assert (np.diff(rows.astype(int)) > 0).all()
        flat = take(sparse["values"]["bufferView"], 5126, sparse["count"] * width)
        values[rows] = flat.reshape(-1, width)
    if "min" in entry:
        np.testing.assert_allclose(entry["min"], values.min(axis=0), atol=0)
        np.testing.assert_allclose(entry["max"], values.max(axis=0), atol=0)
    return values


def _rotated(points, quaternion):
    x, y, z, w = quaternion
    axis = np.array([x, y, z])
    return points + 2.0 * np.cross(axis, np.cross(axis, points) + w * points)


def test_names_and_weights_are_those_of_the_mesh():
    _, mesh = _mesh()
    document, _ = _read(glb_bytes(mesh, name="Anna"))
    entry = document["meshes"][0]
    assert entry["extras"]["targetNames"] == [*ARKIT_NAMES, SKETCH_FIT]
    np.testing.assert_array_equal(np.array(entry["weights"], np.float32), mesh.weights)
    assert all(len(primitive["targets"]) == 53 for primitive in entry["primitives"])
    assert document["nodes"][0]["name"] == entry["name"] == "Anna"
    assert document["asset"] == {"version": "2.0", "generator": "limner"}


def test_what_a_viewer_shows_is_the_posed_head():
    """Base + Σ weight · target, turned by the node, triangle by triangle."""
    rig, mesh = _mesh()
    document, binary = _read(glb_bytes(mesh, look=head_look(rig)))
    shown = []
    for primitive in document["meshes"][0]["primitives"]:
        points = _values(document, binary, primitive["attributes"]["POSITION"])
        for weight, target in zip(mesh.weights, primitive["targets"], strict=True):
            points = points + weight * _values(document, binary, target["POSITION"])
        index = _values(document, binary, primitive["indices"]).ravel().astype(int)
        shown.append(_rotated(points, document["nodes"][0]["rotation"])[index])
    expected = mesh.posed()[mesh.triangles]
    order = [mesh.vertex_part[mesh.triangles[:, 0]] == part for part in range(len(PART_NAMES))]
    expected = np.concatenate([expected[rows].reshape(-1, 3) for rows in order])
    np.testing.assert_allclose(np.concatenate(shown), expected, atol=1e-7)


def test_still_parts_cost_nothing_and_few_moving_vertices_are_stored_sparsely():
    _, mesh = _mesh()
    document, _ = _read(glb_bytes(mesh))
    skin, eye, _ = document["meshes"][0]["primitives"]
    accessors = document["accessors"]
    smile = ARKIT_NAMES.index("mouthSmileLeft")
    assert accessors[skin["targets"][smile]["POSITION"]]["sparse"]["count"] == 5
    still = accessors[eye["targets"][smile]["POSITION"]]
    assert "sparse" not in still and "bufferView" not in still
    assert "bufferView" in accessors[skin["targets"][-1]["POSITION"]]  # all of the skin moves


def test_normals_point_outwards_and_have_length_one():
    _, mesh = _mesh()
    document, binary = _read(glb_bytes(mesh))
    attributes = document["meshes"][0]["primitives"][0]["attributes"]
    normals = _values(document, binary, attributes["NORMAL"])
    outwards = _values(document, binary, attributes["POSITION"]) / 0.1
    assert (normals * outwards).sum(axis=1).min() > 0.99


def test_the_middle_of_the_eye_texture_lies_where_the_eye_looks():
    rig, mesh = _mesh()
    document, binary = _read(glb_bytes(mesh, look=head_look(rig)))
    attributes = document["meshes"][0]["primitives"][1]["attributes"]
    uv = _values(document, binary, attributes["TEXCOORD_0"])
    points = _values(document, binary, attributes["POSITION"]) - [0.03, 0.0, 0.085]
    np.testing.assert_allclose(uv[points[:, 2].argmax()], 0.5, atol=0.02)
    left, top = points[:, 0] < -0.008, points[:, 1] > 0.008
    assert (uv[left, 0] < 0.4).all() and (uv[top, 1] < 0.4).all()
    view = document["bufferViews"][document["images"][0]["bufferView"]]
    picture = binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    from PIL import Image

    pixels = np.asarray(Image.open(io.BytesIO(picture)))
    assert pixels[128, 128].max() < 60 < 150 < pixels[128, 20].min()


def test_teeth_alone_shine_a_little_of_themselves():
    ball, faces = icosphere(1, 0.1)
    teeth, rows = icosphere(1, 0.02)
    part = np.repeat([0, PART_NAMES.index("teeth_upper")], [len(ball), len(teeth)])
    rig = make_rig(np.concatenate([ball, teeth]), np.concatenate([faces, rows + len(ball)]), part)
    still = RigState(np.zeros(len(rig.shape_names)), np.zeros(0), np.zeros(3))
    document, _ = _read(glb_bytes(head_mesh(rig, still, np.zeros_like(rig.neutral))))
    glow = {one["name"]: one.get("emissiveFactor", [0.0]) for one in document["materials"]}
    assert max(glow["skin"]) == 0.0
    assert 0.1 < min(glow["teeth"]) <= max(glow["teeth"]) < 0.4


def test_trimesh_reads_the_same_triangles():
    trimesh = pytest.importorskip("trimesh")
    rig, mesh = _mesh()
    file = io.BytesIO()
    write_glb(mesh, file, look=head_look(rig))
    file.seek(0)
    scene = trimesh.load(file, file_type="glb", process=False)
    read = [np.asarray(part.vertices) for part in scene.geometry.values()]
    faces = [np.asarray(part.faces) for part in scene.geometry.values()]
    assert [len(part) for part in faces] == [1280, 320, 320]
    np.testing.assert_allclose(np.concatenate(read), mesh.positions, atol=1e-7)
