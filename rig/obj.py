"""Write the posed, corrected head as a Wavefront .obj: quads kept, one group a part."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import numpy as np

from .face_rig import PART_NAMES
from .head_mesh import HeadMesh

__all__ = ["obj_text", "write_obj"]


def obj_text(mesh: HeadMesh, *, name: str = "limner head") -> str:
    """Return a head as the text of an .obj, metres, +Y up, the pivot at the origin.

    An .obj has no shape keys: the shape is the one that the weights give, the head turned as
    drawn. Names and weights stand in comments (`# weight NAME VALUE`), since readers of the file
    have nowhere else to find them.
    """
    lines = ["# limner: metres, +Y up, face along +Z, pivot at the origin"]
    lines += [
        f"# weight {target} {weight:.9g}"
        for target, weight in zip(mesh.target_names, mesh.weights, strict=True)
    ]
    lines.append(f"o {name.replace(' ', '_')}")
    lines += [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in mesh.posed().tolist()]
    part_of = mesh.vertex_part[mesh.polygons[:, 0]]
    for part in np.unique(part_of):
        lines += [f"g {PART_NAMES[part]}", "s 1"]
        for corners in (mesh.polygons[part_of == part] + 1).tolist():
            lines.append("f " + " ".join(str(corner) for corner in corners if corner > 0))
    return "\n".join(lines) + "\n"


def write_obj(mesh: HeadMesh, path: Path | str, *, name: str = "limner head") -> None:
    """Write a head to an .obj file; see `obj_text`."""
    Path(path).write_text(obj_text(mesh, name=name), encoding="utf-8", newline="\n")
