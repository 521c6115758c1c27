#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The tests inside Blender: with Blender as a module of the Python $1, then the extension in real
# Blenders. What cannot run here says why and is skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
"$1" -m pytest -q -m blender
bash tests/blender/run.sh "$1"
