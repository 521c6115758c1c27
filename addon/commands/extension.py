"""`limner extension`: the zip that Blender installs."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["extension"]

PLATFORMS = ("linux-x64", "windows-x64", "macos-arm64")
PYTHONS = ("3.11", "3.13")


@click.group()
def extension() -> None:
    """Build the extension that Blender installs."""


@extension.command()
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path("dist"),
    show_default=True,
    help="Folder for the zips.",
)
@click.option(
    "--platform",
    "platforms",
    type=click.Choice(PLATFORMS),
    multiple=True,
    help="Where Blender runs; all by default. May be repeated.",
)
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="VERSION",
    help="Blender's Python: 3.11 up to Blender 5.0, 3.13 from 5.1 (both by default), or what a "
    "distribution builds Blender with. May be repeated.",
)
@click.option(
    "--blender-min",
    metavar="VERSION",
    help="First Blender that takes the zip, such as 4.2.0 for distributions with another Python.",
)
def build(
    out: Path, platforms: tuple[str, ...], pythons: tuple[str, ...], blender_min: str | None
) -> None:
    """Build one zip for each platform and Python; needs pip and a checkout of limner."""
    from ..extension import build_extension

    for platform in platforms or PLATFORMS:
        for python in pythons or PYTHONS:
            path = build_extension(out, platform, python, blender_min)
            click.echo(f"{path}  ({path.stat().st_size / 1e6:.0f} MB)")
