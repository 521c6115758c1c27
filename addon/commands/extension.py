"""`limner extension`: limner as something that Blender installs."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["extension"]


@click.group()
def extension() -> None:
    """Build limner as a Blender extension."""


@extension.command()
@click.option(
    "-o",
    "--out",
    default="dist",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder.",
)
@click.option("--platform", default="linux-x64", show_default=True, help="Blender's name for it.")
@click.option("--python", default="3.11", show_default=True, help="The Python in the Blender.")
@click.option("--blender-min", help="First Blender that takes the zip.")
@click.option("--blender-max", help="First Blender that does not take it any more.")
def build(
    out: Path, platform: str, python: str, blender_min: str | None, blender_max: str | None
) -> None:
    """Build the zip for one platform and one Python, with all wheels inside."""
    from ..extension import build_extension

    path = build_extension(out, platform, python, blender_min, blender_max)
    click.echo(f"{path}\t{path.stat().st_size / 1e6:.0f} MB")
