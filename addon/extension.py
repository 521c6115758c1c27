"""The extension's zip: what Blender installs, with all wheels inside, made without Blender.

A zip is for one platform and one Python, because it carries binary wheels. numpy is never among
them: a second numpy would take the place of Blender's own for every add-on.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import OutputError

__all__ = ["PLATFORMS", "WHEELS", "build_extension"]

ROOT = Path(__file__).resolve().parents[1]
MANIFEST = "blender_manifest.toml"

PLATFORMS: dict[str, tuple[str, ...]] = {
    "linux-x64": tuple(
        f"{tag}_x86_64"
        for tag in ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
    ),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_13_0_arm64", "macosx_12_0_arm64", "macosx_11_0_arm64"),
}
"""Blender's platform → the wheel tags that run there; macOS 13 is the oldest we promise."""

WHEELS: tuple[str, ...] = (
    "scipy",
    *("onnxruntime", "flatbuffers", "protobuf", "packaging"),
    *("scikit-image", "imageio", "lazy-loader", "networkx", "tifffile"),
    "pillow",
    "trimesh",
    "click",
    *("rich", "markdown-it-py", "mdurl", "pygments"),
)
"""What limner needs to run, with what that needs; numpy is Blender's."""

OTHER_VERSIONS = {("macos-arm64", "onnxruntime"): "1.23.2"}
"""Where the lock's version asks for more than we do: later ones want macOS 14."""

BLENDERS: dict[str, tuple[str, str | None]] = {"3.11": ("4.2.0", "5.1.0"), "3.13": ("5.1.0", None)}
"""Python → the official Blenders that bring it, from and up to but not including."""

LEFT_OUT = re.compile(r"(^|/)(tests|docs|tools|__pycache__|recipes|\.[^/]+)(/|$)")
TRAINING_IMPORT = re.compile(
    r"^(?:import|from) (?:torch|onnx|cv2|matplotlib|sklearn)\b", re.MULTILINE
)
CARRIED = (
    *("*.py", "LICENSE", "THIRD_PARTY.md"),
    *("rig/data/*.npz", "rig/learned/*.npz", "sketch_cnn/weights/*"),
    *("synthetic_data/styles/*.toml", "synthetic_data/inspection/*.css"),
)
DAWN_OF_ZIP = (1980, 1, 1, 0, 0, 0)


def build_extension(
    out: Path,
    platform: str = "linux-x64",
    python: str = "3.11",
    blender_min: str | None = None,
    blender_max: str | None = None,
) -> Path:
    """Build the zip for one platform and Python; the same files give the same bytes.

    Parameters
    ----------
    out : folder for the zip, made if it is missing
    platform : a key of `PLATFORMS`
    python : version such as "3.13"
    blender_min, blender_max : first Blender that takes the zip, and the first that doesn't any more
        By default the official ones with this Python. Distributions build Blender with others.

    Returns
    -------
    path : the zip

    Raises
    ------
    OutputError
        Not in a checkout, an unknown platform or Python, or pip could not get a wheel.
    """
    if not (ROOT / MANIFEST).is_file():
        raise OutputError(f"{ROOT} has no {MANIFEST}; build the extension in a checkout of limner.")
    if platform not in PLATFORMS:
        raise OutputError(f"No platform {platform}; there are {', '.join(PLATFORMS)}.")
    if not re.fullmatch(r"3\.\d+", python):
        raise OutputError(f"{python} is no Python version; give one such as 3.13.")
    out.mkdir(parents=True, exist_ok=True)
    first, end = BLENDERS.get(python, ("4.2.0", None))
    with tempfile.TemporaryDirectory(prefix="limner-wheels-") as folder:
        wheels = _download(Path(folder), platform, python)
        manifest = _manifest(platform, wheels, blender_min or first, blender_max or end)
        version = tomllib.loads(manifest)["version"]
        path = out / f"limner-{version}-{platform}-py{python.replace('.', '')}.zip"
        _write_zip(path, manifest, wheels)
    return path


def pinned(python: str, platform: str) -> list[str]:
    """Return `name==version` of every wheel, from the lock."""
    minor = int(python.split(".")[1])
    versions: dict[str, str] = {}
    line_form = re.compile(r"^([\w.-]+)==([\w.]+)(?: ; python_full_version (<|>=) '3\.(\d+)')?$")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        found = line_form.match(line.strip())
        if found is None:
            continue
        name, version, sense, bound = found.groups()
        if sense is None or (minor < int(bound)) == (sense == "<"):
            versions[name] = version
    missing = [name for name in WHEELS if name not in versions]
    if missing:
        raise OutputError(f"constraints.txt does not pin {', '.join(missing)}; run `make lock`.")
    return [f"{name}=={OTHER_VERSIONS.get((platform, name), versions[name])}" for name in WHEELS]


def extension_files() -> Iterator[tuple[str, Path]]:
    """Yield (name in the zip, file) of all that users need, in order; training files are not."""
    found = {
        path.relative_to(ROOT).as_posix(): path
        for pattern in CARRIED
        for path in (ROOT.rglob(pattern) if pattern == "*.py" else ROOT.glob(pattern))
    }
    for name, path in sorted(found.items()):
        if LEFT_OUT.search(name) or not path.is_file():
            continue
        if name.endswith(".py") and TRAINING_IMPORT.search(path.read_text(encoding="utf-8")):
            continue
        yield name, path


def _download(folder: Path, platform: str, python: str) -> list[Path]:
    """Let pip fetch the wheels, unchanged; return them by name."""
    abi = f"cp{python.replace('.', '')}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    command += ["--implementation", "cp", "--python-version", python]
    command += [word for tag in (abi, "abi3", "none") for word in ("--abi", tag)]
    command += [word for tag in PLATFORMS[platform] for word in ("--platform", tag)]
    done = subprocess.run(
        [*command, *pinned(python, platform)], capture_output=True, text=True, errors="replace"
    )
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        said = (errors or done.stderr.strip().splitlines() or ["no message"])[-1]
        raise OutputError(f"pip could not get the wheels for {platform}, Python {python}: {said}")
    return sorted(folder.glob("*.whl"))


def _manifest(
    platform: str, wheels: Sequence[Path], blender_min: str, blender_max: str | None
) -> str:
    """Return the manifest of one zip: the checkout's, with wheels, platform and Blenders."""
    text = (ROOT / MANIFEST).read_text(encoding="utf-8")
    head, permissions = text.split("\n[permissions]\n")
    head = re.sub(r"(?m)^blender_version_min = .*\n", "", head)
    lines = [f'blender_version_min = "{blender_min}"']
    if blender_max:
        lines.append(f'blender_version_max = "{blender_max}"')
    lines.append(f'platforms = ["{platform}"]')
    lines += ["wheels = [", *(f'  "./wheels/{wheel.name}",' for wheel in wheels), "]"]
    return head + "\n".join(lines) + "\n\n[permissions]\n" + permissions


def _write_zip(path: Path, manifest: str, wheels: Sequence[Path]) -> None:
    """Write the zip, whole or not at all; no time of day gets into it."""
    partial = path.with_name(f".partial-{path.name}")
    try:
        with zipfile.ZipFile(partial, "w") as archive:
            _add(archive, MANIFEST, manifest.encode(), zipfile.ZIP_DEFLATED)
            for name, source in extension_files():
                _add(archive, name, source.read_bytes(), zipfile.ZIP_DEFLATED)
            for wheel in wheels:  # a wheel is a zip already
                _add(archive, f"wheels/{wheel.name}", wheel.read_bytes(), zipfile.ZIP_STORED)
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}. Check folder and free space.") from error
    finally:
        partial.unlink(missing_ok=True)


def _add(archive: zipfile.ZipFile, name: str, content: bytes, compression: int) -> None:
    """Add one file with fixed date and rights."""
    entry = zipfile.ZipInfo(name, DAWN_OF_ZIP)
    entry.compress_type, entry.external_attr = compression, 0o644 << 16
    archive.writestr(entry, content)
