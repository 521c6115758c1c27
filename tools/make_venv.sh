#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Make the virtual environment $1 with the best Python at hand: PYTHON if it is set, else the first
# of 3.11 and 3.13 (which Blender's module is made for), 3.12, 3.14.
set -euo pipefail
venv=$1
usable='import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'
for python in ${PYTHON:-python3.11 python3.13 python3.12 python3.14 python3 python}; do
  if "$python" -c "$usable" >/dev/null 2>&1; then
    echo "making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
    exit 0
  fi
done
echo "limner needs Python 3.11 to 3.14 with venv (on Debian: apt install python3-venv);" \
  "set PYTHON=/path/to/python" >&2
exit 1
