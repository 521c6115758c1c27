"""The files of one fit: written whole or not at all.

Everything is first written into a folder of its own, `.partial-<name>`, beside the place where it
shall stand. Then it moves there, `fit.json` last: where a readable `fit.json` stands, all is there.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import functools
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import OutputError
from ..rig.face_rig import FaceRig
from ..rig.look import HeadLook, head_look
from .fit import Fit
from .report import SCHEMA, fit_report

__all__ = [
    "FORMATS",
    "PAGE",
    "REPORT",
    "output_files",
    "read_report",
    "remove_partial",
    "write_fit",
    "write_whole",
]

FORMATS = ("blend", "glb", "obj", "json", "png")
REPORT = "fit.json"
PAGE = "report.html"
"""The page of a fit, written where the format `html` is asked for beside `FORMATS`."""

_ALL = (*FORMATS, "html")

_FAULTS = {
    errno.ENOSPC: "the disk is full; free some space, or choose another --out",
    errno.EDQUOT: "the disk quota is used up; free some space, or choose another --out",
    errno.EFBIG: "the file would grow past the allowed size; raise the limit (ulimit -f)",
    errno.EACCES: "no permission to write there; choose another --out, or change its rights",
    errno.EPERM: "no permission to write there; choose another --out, or change its rights",
    errno.EROFS: "the disk is read-only; choose another --out",
    errno.ENOTDIR: "a file stands where a folder is needed; choose another --out",
    errno.EEXIST: "a file stands where a folder is needed; choose another --out",
    errno.ENAMETOOLONG: "the name is too long for the disk; rename the drawing",
}


def output_files(name: str, formats: Sequence[str]) -> dict[str, str]:
    """Return format → file name for a fit called `name`; the report is always among them."""
    names = {"png": "overlay.png", "html": PAGE, "json": REPORT}
    chosen = [*(kind for kind in _ALL if kind in formats and kind != "json"), "json"]
    return {kind: names.get(kind, f"{name}.{kind}") for kind in chosen}


def write_fit(
    fit: Fit,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    detector: Mapping[str, str] | None = None,
    is_animated: bool = False,
) -> dict[str, Path]:
    """Write the files of a fit into `folder`, which names them.

    What an earlier fit left in the folder is replaced; a fault leaves no new file behind.

    Parameters
    ----------
    folder : made if it is missing; its name is the name of the files in it
    formats : some of `FORMATS`, and "html"; `fit.json` is written in any case
    detector : see `report.fit_report`
    is_animated : give the weights in the .blend keyframes, from rest to the fit

    Returns
    -------
    files : format → path

    Raises
    ------
    OutputError
        The folder, the disk, or the rights do not allow it.
    """
    started = time.perf_counter()
    files = output_files(folder.name, formats)
    with saying_what_is_wrong(folder), _partial_folder(folder) as partial:
        record = fit_report(fit, detector)
        record["files"] = files
        for kind, name in files.items():
            if kind != "json":
                _writer(kind, is_animated)(fit, partial / name, record)
        record["timing_s"]["export"] = round(time.perf_counter() - started, 3)
        _write_report(partial / REPORT, record)
        _move_into_place(partial, folder, list(files.values()))
    return {kind: folder / name for kind, name in files.items()}


def read_report(folder: Path) -> dict[str, Any] | None:
    """Return the report of a complete fit in `folder`, or None if there is none."""
    try:
        record = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        return None
    names = record.get("files", {}).values()
    return record if all((folder / name).is_file() for name in names) else None


def remove_partial(folder: Path) -> None:
    """Remove what an interrupted `write_fit(…, folder)` may have left."""
    shutil.rmtree(_partial_path(folder), ignore_errors=True)


@contextmanager
def saying_what_is_wrong(place: Path) -> Iterator[None]:
    """Turn the system's faults in writing to `place` into an `OutputError` with a remedy."""
    try:
        yield
    except OSError as error:
        fault = _FAULTS.get(error.errno or 0)
        if fault is None:
            fault = f"cannot be written ({error.strerror or error}); choose another --out"
        raise OutputError(f"{place}: {fault}") from error


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, that appears whole or not at all, in a folder that is there.

    Raises
    ------
    OutputError
        The folder, the disk, or the rights do not allow it.
    """
    partial = path.with_name(f".partial-{path.name}")
    with saying_what_is_wrong(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "a folder has this name")
        try:
            partial.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def _writer(kind: str, is_animated: bool) -> Callable[[Fit, Path, dict[str, Any]], None]:
    """Return what writes one format; each is loaded only when it is asked for."""
    if kind == "blend":
        from .blend import write_blend

        return functools.partial(write_blend, is_animated=is_animated)
    if kind == "glb":
        from ..rig.gltf import write_glb

        return lambda fit, path, _: write_glb(fit.mesh(), path, look=_look(fit.rig))
    if kind == "obj":
        from ..rig.obj import write_obj

        return lambda fit, path, _: write_obj(fit.mesh(), path)
    if kind == "html":
        from .fit_page import fit_page

        def write_page(fit: Fit, path: Path, record: dict[str, Any]) -> None:
            page = fit_page(fit, record, _look(fit.rig))
            path.write_text(page, encoding="utf-8", errors="replace")

        return write_page
    from .overlay import draw_overlay

    return lambda fit, path, _: draw_overlay(fit, _look(fit.rig)).save(path, "PNG")


@functools.lru_cache(maxsize=2)
def _look(rig: FaceRig) -> HeadLook:
    """Return a rig's paint; a batch fits the same rig again and again."""
    return head_look(rig)


def _write_report(path: Path, record: dict[str, Any]) -> None:
    """Write JSON that any reader takes: UTF-8, no NaN, one entry a line."""
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _partial_path(folder: Path) -> Path:
    return folder.with_name(f".partial-{folder.name}")


@contextmanager
def _partial_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside `folder`; it is gone afterwards, whatever happens."""
    partial = _partial_path(folder)
    remove_partial(folder)
    partial.mkdir(parents=True)
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _move_into_place(partial: Path, folder: Path, names: Sequence[str]) -> None:
    """Move the finished files; the report goes first of the old and last of the new."""
    if not folder.exists():
        os.rename(partial, folder)
        return
    with suppress(FileNotFoundError):
        (folder / REPORT).unlink()
    for stale in set(output_files(folder.name, _ALL).values()) - set(names):
        with suppress(FileNotFoundError):
            (folder / stale).unlink()
    for name in names:  # the report is the last of them
        os.replace(partial / name, folder / name)
