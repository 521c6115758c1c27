#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The extension in real Blenders: build its zip, install it, fit by command and in a window, look,
# remove it. Usage: run.sh PYTHON, a Python that has limner. Needs Debian's apt and root for its
# chroots (get_blenders.sh); says why and leaves with status 0 where it cannot run.
# (run.sh PYTHON SUITE is one chroot's part.)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
python=${1:-python3}
cache=${BLENDER_CHROOTS:-/opt/blender-chroots}
out=${OUT:-$root/out/blender}
drawing=$root/tests/data/sketches/lavater_smile.png
shots=$root/out/screenshots

skip() { echo "skipped the tests in real Blenders: $1"; exit 0; }
[ "$(uname -sm)" = "Linux x86_64" ] || skip "they are built for Linux on x86-64"
[ "$(id -u)" = 0 ] || skip "making chroots needs root"
command -v apt-get >/dev/null || skip "Blender comes from Debian's packages, and there is no apt-get"

mkdir -p "$out" "$shots"
[ $# -ge 2 ] || "$here/get_blenders.sh" >"$out/get_blenders.log" 2>&1 ||
  skip "Debian's Blenders could not be had: $(tail -n 1 "$out/get_blenders.log")"

inside() {  # SUITE COMMAND...: run it in a chroot, in a folder of its own, with fresh preferences
  local chroot=$cache/$1; shift
  chroot "$chroot" env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 TMPDIR=/tmp \
    BLENDER_USER_RESOURCES=/limner/resources OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
    sh -c 'cd /limner && exec "$@"' sh "$@"
}

step() { echo "-- $*"; }

says() {  # WORDS COMMAND...: it must fail with status 1 and one line of limner's with these words
  local words=$1 status=0 said; shift
  said=$(inside "$suite" "$@" 2>&1) || status=$?
  [ $status = 1 ] && [ "$(grep -c '^limner:.*'"$words" <<<"$said")" = 1 ] &&
    ! grep -q Traceback <<<"$said" || { echo "status $status: $said"; return 1; }
}

test_one() {  # SUITE
  local suite=$1 place=$cache/$1/limner version tag py zip drawing_name
  umount "$place/fixed" "$place/read-only" 2>/dev/null || true  # of a run that was stopped
  rm -rf --one-file-system "$place"
  mkdir -p "$place/zips"
  version=$(inside "$suite" blender --version | sed -n '1s/Blender //p')
  tag=${version%%[. ]*}.$(cut -d. -f2 <<<"$version" | tr -dc 0-9)
  py=$(inside "$suite" blender -b --factory-startup --python-expr \
    'import sys; print("python=%d.%d" % sys.version_info[:2])' | sed -n 's/^python=//p')
  echo "== Blender $version, Python $py"
  "$python" -m limner extension build --out "$out/dist" --platform linux-x64 --python "$py" \
    --blender-min 4.2.0
  zip=$(ls -t "$out/dist"/limner-*-linux-x64-py"${py/./}".zip | head -n 1)
  cp "$zip" "$place/zips/limner.zip"
  cp "$here"/inside/*.py "$drawing" "$place/"
  mkdir -p "$place/folder"
  cp "$root"/tests/data/sketches/*_{smile,max}.png "$place/folder/"
  echo "not a picture" >"$place/broken.png"
  drawing_name=$(basename "$drawing")


  step validate and install
  inside "$suite" blender -b --command extension validate zips/limner.zip
  inside "$suite" blender -b --command extension install-file -r user_default --enable zips/limner.zip

  step fit by command
  inside "$suite" blender --command limner fit "$drawing_name" --out fits
  inside "$suite" blender -b --factory-startup --python-exit-code 3 --python check_files.py \
    -- "fits/${drawing_name%.*}"
  step "a rig of a head in a .blend"
  local head="fits/${drawing_name%.*}/${drawing_name%.*}.blend"
  inside "$suite" blender --command limner rig build blend --from "$head" -o own.npz
  inside "$suite" blender --command limner fit "$drawing_name" --rig own.npz --out owns --formats json
  test -s "$place/owns/${drawing_name%.*}/fit.json"

  step "a bad file is one line and status 1"
  if inside "$suite" blender --command limner fit broken.png --out fits 2>"$place/bad.txt"; then
    echo "a broken picture must give status 1"; return 1
  fi
  grep -q 'broken\.png' "$place/bad.txt" || { cat "$place/bad.txt"; return 1; }

  step "faults are one line each: unknown head, read-only disk, missing library"
  mkdir -p "$place/read-only"
  mount -t tmpfs -o ro,size=1m tmpfs "$place/read-only"
  says nobody blender --command limner fit "$drawing_name" --out fits --rig nobody
  says "disk is read-only" blender --command limner fit "$drawing_name" --out read-only/fits
  inside "$suite" blender -b --python-exit-code 3 --python faults.py -- "$drawing_name" /limner/read-only
  # nothing can be written at all, not even limner's log
  mkdir -p "$place/fixed" && mount --bind "$place/resources" "$place/fixed"
  mount -o remount,ro,bind "$place/fixed"
  chroot "$cache/$suite" env -i PATH=/usr/bin:/bin HOME=/root TMPDIR=/tmp \
    BLENDER_USER_RESOURCES=/limner/fixed sh -c 'cd /limner && exec "$@"' sh \
    blender -b --python-exit-code 3 --python faults.py -- "$drawing_name" /limner/read-only
  umount "$place/fixed" "$place/read-only"
  libraries=$(echo "$place"/resources/extensions/.local/lib/python*/site-packages)
  for library in onnxruntime scipy click; do
    mv "$libraries/$library" "$place/$library.away"
    says "library $library cannot be loaded" \
      blender --command limner fit "$drawing_name" --out fits
    [ $library = click ] || inside "$suite" blender -b --python-exit-code 3 --python faults.py \
      -- "$drawing_name" none $library
    mv "$place/$library.away" "$libraries/$library"
  done

  step killed and resumed
  inside "$suite" blender -b --command limner fit folder --out killed --formats json >/dev/null 2>&1 &
  for _ in $(seq 600); do
    ls "$place"/killed/*/fit.json >/dev/null 2>&1 && break
    sleep 0.2
  done
  pkill -KILL -P $! blender || kill -KILL $!
  wait $! || true
  before=$(stat -c %Y "$(ls "$place"/killed/*/fit.json | head -n 1)")
  inside "$suite" blender -b --command limner fit folder --out killed --formats json --resume
  [ "$(ls "$place"/killed/*/fit.json | wc -l)" = "$(ls "$place"/folder/*.png | wc -l)" ]
  [ "$(stat -c %Y "$(ls "$place"/killed/*/fit.json | head -n 1)")" = "$before" ]
  ! compgen -G "$place/killed/.partial-*" >/dev/null

  step "the guide's scripts"
  cp "$root"/docs/examples/*.py "$place/"
  mkdir -p "$place/numbered"
  cp "$root/tests/data/sketches/lavater_smile.png" "$place/numbered/pose_010.png"
  cp "$root/tests/data/sketches/busch_max.png" "$place/numbered/pose_024.png"
  inside "$suite" blender -b --python-exit-code 3 --python animate_drawings.py \
    -- numbered film.blend
  inside "$suite" blender -b --python-exit-code 3 film.blend --python make_character.py
  inside "$suite" blender -b --python-exit-code 3 character.blend --python wear_drawings.py \
    -- Character numbered worn
  [ -s "$place/worn/pose_010.glb" ] && [ -s "$place/worn/pose_024.glb" ]

  step all that limner keeps in a .blend
  inside "$suite" blender -b --python-exit-code 3 film.blend --python cross.py -- write cross.blend
  inside "$suite" blender -b --python-exit-code 3 --python cross.py -- read cross.blend
  if [ "$suite" = sid ] && [ -f "$cache/trixie/limner/cross.blend" ]; then
    # the other way Blender itself refuses the file: 5.x has another header
    cp "$cache"/trixie/limner/cross.{blend,json} "$place/"
    inside "$suite" blender -b --python-exit-code 3 --python cross.py -- read cross.blend
  fi

  step "the module's tests in this Blender"
  inside "$suite" python3 -c 'import pytest, hypothesis' 2>/dev/null ||
    chroot "$cache/$suite" apt-get install -y -qq --no-install-recommends \
      python3-pytest python3-hypothesis >"$out/$suite-pytest.log" 2>&1 ||
    echo "skipped: pytest could not be had, see $out/$suite-pytest.log"
  if inside "$suite" python3 -c 'import pytest, hypothesis' 2>/dev/null; then
    mkdir -p "$place/repo"
    cp -r "$root/tests" "$root/docs" "$root/pyproject.toml" "$place/repo/"
    inside "$suite" blender -b --python-exit-code 3 --python run_tests.py -- repo tests/blender
  fi

  step fit in a window
  inside "$suite" xvfb-run -a -s "-screen 0 1600x900x24" blender --window-geometry 0 0 1600 900 \
    --python window.py -- "/limner/$drawing_name" /limner/shot
  step drag box and points in a window
  inside "$suite" xvfb-run -a -s "-screen 0 1280x800x24" blender --window-geometry 0 0 1280 800 \
    --python correct.py -- "/limner/$drawing_name" /limner/shot
  step "Sketch Fit by region in a window"
  inside "$suite" xvfb-run -a -s "-screen 0 1280x1000x24" blender \
    --window-geometry 0 0 1280 1000 --python strengths.py -- "/limner/$drawing_name" /limner/shot
  step draw and fit in a window
  inside "$suite" xvfb-run -a -s "-screen 0 1280x800x24" blender --window-geometry 0 0 1280 800 \
    --python drawing.py -- /limner/shot
  step my own mesh in a window
  inside "$suite" xvfb-run -a -s "-screen 0 1280x1000x24" blender \
    --window-geometry 0 0 1280 1000 --python own_mesh.py -- "/limner/$drawing_name" /limner/shot
  step keep in a window
  inside "$suite" xvfb-run -a -s "-screen 0 1280x1000x24" blender \
    --window-geometry 0 0 1280 1000 --python keep.py -- /limner/folder /limner/shot
  step live, measured
  inside "$suite" blender -b --python-exit-code 3 --python live_stalls.py
  step "live's pauses in a window"
  inside "$suite" xvfb-run -a -s "-screen 0 640x480x24" blender --window-geometry 0 0 640 480 \
    --python live_gaps.py -- /limner/shot
  step live in a window
  inside "$suite" xvfb-run -a -s "-screen 0 1100x700x24" blender --window-geometry 0 0 1100 700 \
    --python live.py -- /limner/shot
  for shot in "$place"/shot-*.png; do
    cp "$shot" "$shots/blender-$tag-$(basename "${shot#*shot-}")"
  done

  step "another add-on brings a newer scipy, and goes again"
  "$python" "$here/make_rival.py" "$zip" "$place/zips/rival.zip"
  inside "$suite" blender -b --command extension install-file -r user_default --enable zips/rival.zip
  [ -d "$(echo "$libraries"/scipy-*.dist-info)" ]
  inside "$suite" blender --command limner fit "$drawing_name" --out rivals --formats glb
  inside "$suite" blender -b --command extension remove rival
  inside "$suite" blender --command limner fit "$drawing_name" --out alone --formats glb
  cmp "$place"/{rivals,alone}/"${drawing_name%.*}/${drawing_name%.*}.glb"

  step remove
  inside "$suite" blender -b --command extension remove limner
  left=$(find "$place/resources/extensions" -iname '*limner*' -o -path '*/site-packages/*')
  [ -z "$left" ] || { echo "still there: $left"; return 1; }
}

if [ $# -ge 2 ]; then
  test_one "$2"
  exit
fi
status=0
for suite in trixie sid; do
  log=$out/$suite.log
  # a process of its own: within `if`, bash would go on after a failed command
  if "$0" "$python" "$suite" >"$log" 2>&1 && ! grep -q Traceback "$log"; then
    echo "$(grep -m1 '^==' "$log" | cut -c4-): passed"
  else
    status=1
    echo "$suite: FAILED, see $log"
    tail -n 25 "$log"
  fi
done
echo "screenshots: $shots"
exit $status
