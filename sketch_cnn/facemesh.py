"""MediaPipe's FaceMesh, made for photographs, on drawings: how often it sees a face, and where.

References
----------
Kartynnik et al. (2019), Real-time facial surface geometry from monocular video on mobile GPUs,
arXiv:1907.06724.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import struct
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import ModelError
from .facemesh_worker import POINTS
from .shards import Sample

__all__ = ["Features", "mesh_distances", "mesh_features", "read_meshes"]

Features = tuple[NDArray[np.float64], NDArray[np.float64]]

_WORKER = Path(__file__).parent / "facemesh_worker.py"
_BYTES = POINTS * 2 * 4

_KEY_POINTS = (
    # brows, upper and lower edge
    70, 63, 105, 66, 107, 46, 52, 55, 336, 296, 334, 293, 300, 285, 282, 276,
    # eyes: corners, lids, irises
    33, 133, 159, 145, 158, 153, 362, 263, 386, 374, 385, 380, 468, 473,
    # nose and cheeks
    1, 2, 98, 327, 168, 50, 280, 205, 425,
    # lips, chin and jaw
    61, 291, 0, 17, 13, 14, 37, 267, 84, 314, 78, 308, 82, 312, 87, 317, 152, 199, 172, 397,
)  # fmt: skip
"""Points of the mesh around what Action Units move."""


def read_meshes(python: Path, pictures: Iterable[bytes]) -> Iterator[NDArray[np.float32]]:
    """Yield the landmarks (478, 2) of each picture, pixels, NaN where no face was seen.

    Parameters
    ----------
    python : a Python with mediapipe 0.10.21
    pictures : PNG files

    Raises
    ------
    ModelError
        If it cannot be run.
    """
    command = [str(python), str(_WORKER)]
    try:
        worker = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise ModelError(f"{python}: cannot be run ({error.strerror}); give a Python") from None
    assert worker.stdin is not None and worker.stdout is not None
    try:
        for picture in pictures:
            try:
                worker.stdin.write(struct.pack("<Q", len(picture)) + picture)
                worker.stdin.flush()
            except OSError:
                pass  # it has ended; what it did not answer says so
            answer = worker.stdout.read(_BYTES)
            if len(answer) < _BYTES:
                raise ModelError(
                    f"{python}: has no MediaPipe that works; pip install mediapipe==0.10.21 there"
                )
            yield np.frombuffer(answer, np.float32).reshape(POINTS, 2)
    finally:
        worker.kill()
        for pipe in (worker.stdin, worker.stdout):
            pipe.close()
        worker.wait()


def mesh_features(python: Path, samples: Iterable[Sample]) -> tuple[Features, NDArray[np.bool_]]:
    """Return what a classifier may learn from the meshes of all faces, and which were seen.

    Returns
    -------
    features : distances of the faces, and of their mirror images; 0 where none was seen
    seen : (N,) bool
    """
    faces = [sample.png() for sample in samples if sample.is_face]
    straight = np.stack(list(read_meshes(python, faces)))
    mirrored = np.stack(list(read_meshes(python, map(_mirrored, faces))))
    seen = ~np.isnan(straight).any(axis=(1, 2))
    return (mesh_distances(straight), mesh_distances(mirrored)), seen


def _mirrored(picture: bytes) -> bytes:
    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("L")
    image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def mesh_distances(meshes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return all distances between the key points of (N, 478, 2) meshes, over that of the irises.

    Without place, size and tilt; rows of 0 where there is no mesh.
    """
    points = np.asarray(meshes, dtype=np.float64)[:, list(_KEY_POINTS)]
    first, second = np.triu_indices(len(_KEY_POINTS), 1)
    apart = np.linalg.norm(points[:, first] - points[:, second], axis=2)
    eyes = np.linalg.norm(meshes[:, 468] - meshes[:, 473], axis=1)
    return np.nan_to_num(apart / np.maximum(eyes, 1e-6)[:, None])
