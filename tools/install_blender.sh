#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Give the environment of the Python $1 Blender as a module, where there is one for it.
set -euo pipefail
python=$1
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $version in
  3.11 | 3.13)
    echo "installing Blender as a Python module (about 350 MB)"
    if "$python" -m pip install -qq --only-binary bpy -c constraints.txt -e '.[blender]'; then
      exit 0
    fi
    reason="it could not be installed here"
    ;;
  *) reason="there is none for Python $version" ;;
esac
if command -v blender >/dev/null; then
  echo "no Blender module ($reason); using $(command -v blender)"
else
  echo "no Blender module ($reason) and no blender on the PATH: .blend files are left out"
fi
