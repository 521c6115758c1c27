"""What the tests of the command line share: a process of its own, a small disk, and the weights."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import pytest
from limner.sketch_cnn.model_file import NETWORK_FILES, weights_folder


@pytest.fixture
def needs_weights():
    """Skip where the network's weights are not there."""
    folder = weights_folder()
    if not all((folder / name).is_file() for name in NETWORK_FILES):
        pytest.skip(f"the network's weights are not in {folder}")


@pytest.fixture
def program():
    """Return what starts limner as a process of its own."""

    def start(*arguments, **options) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "limner", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            # A shell's background job ignores Ctrl-C, and hands that on to its children.
            preexec_fn=_take_interrupts if os.name == "posix" else None,
            **options,
        )

    return start


def _take_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)
