#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Real Blenders from Debian in cached chroots: trixie = 4.3.2, sid = 5.2. Idempotent; needs root.
set -euo pipefail
CACHE=${BLENDER_CHROOTS:-/opt/blender-chroots}
MIRROR=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 '/debian$' || true)}
[ -n "$MIRROR" ] || { echo "no Debian mirror in apt's sources; set DEBIAN_MIRROR" >&2; exit 2; }
command -v debootstrap >/dev/null || { apt-get update -qq; apt-get install -y -qq --no-install-recommends debootstrap; }
make_one() {  # SUITE EXTRA_PACKAGE...
  local suite=$1 root=$CACHE/$1; shift
  if [ ! -e "$root/.ready" ]; then
    release "$suite"; rm -rf --one-file-system "$root"; mkdir -p "$root"
    debootstrap --variant=minbase "$suite" "$root" "$MIRROR" >"$root.log" 2>&1
  fi
  for fs in proc sys dev; do
    mkdir -p "$root/$fs"; mountpoint -q "$root/$fs" || mount --rbind "/$fs" "$root/$fs" && mount --make-rslave "$root/$fs"
  done
  if [ ! -e "$root/.ready" ]; then
    # the host's apt transport settings (a CA, a proxy) apply inside as well
    for f in /etc/apt/apt.conf.d/*; do [ -f "$f" ] && grep -qE 'Acquire' "$f" && cp "$f" "$root/etc/apt/apt.conf.d/"; done || true
    DEBIAN_FRONTEND=noninteractive chroot "$root" sh -ec '
      echo "path-exclude /usr/share/doc/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
path-include /usr/share/locale/*/LC_MESSAGES/blender.mo
path-include /usr/share/locale/languages" > /etc/dpkg/dpkg.cfg.d/lean; echo force-unsafe-io >> /etc/dpkg/dpkg.cfg.d/lean
      apt-get update -qq; apt-get install -y -qq --no-install-recommends "$@"; apt-get clean' sh \
      blender xvfb xauth libgl1-mesa-dri libegl1 python3-numpy imagemagick xdotool "$@" >>"$root.log" 2>&1
    ln -sf /proc/mounts "$root/etc/mtab"   # else 5.x warns "Could not get a list of mounted file-systems"
    touch "$root/.ready"
  fi
}
release() { for fs in dev sys proc; do mountpoint -q "$CACHE/$1/$fs" && umount -l "$CACHE/$1/$fs" || true; done; }
mkdir -p "$CACHE"; exec 9>"$CACHE/.lock"; flock 9
# 5.x needs python3-requests, or Blender's own extension support fails to register
make_one trixie & a=$!; make_one sid python3-cattr python3-requests & b=$!; wait $a; wait $b
for s in trixie sid; do chroot "$CACHE/$s" blender --version | head -1; done
