"""Draw one data set several times, also killed again and again, and see that no byte differs.

`python tools/repeat_dataset.py OUT --count 2000`: with two workers twice, with one, and with two
that are killed at ten random moments and resumed. Needs a system that knows SIGKILL.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import time
from pathlib import Path

WORKERS = {"first": 2, "second": 2, "alone": 1}


def main() -> int:
    """Draw, kill, resume, compare; 0 where all sets are equal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="a folder that does not exist yet")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--span", type=float, help="kill within so many seconds of a start")
    given = parser.parse_args()
    given.out.mkdir(parents=True)
    plan = ["--count", str(given.count), "--seed", str(given.seed)]
    digests = {}
    for name, workers in WORKERS.items():
        started = time.monotonic()
        if _start(given.out / name, plan, workers).wait() != 0:
            return 1
        digests[name] = _digest(given.out / name)
        print(f"{name}: {workers} workers, {time.monotonic() - started:.0f} s", flush=True)
    span = given.span or (time.monotonic() - started) / 2.0  # two workers need half of one's time
    if not _killed(given.out / "killed", plan, given.kills, span):
        return 1
    digests["killed"] = _digest(given.out / "killed")
    for name, digest in digests.items():
        print(f"{name}\t{digest}")
    return int(len(set(digests.values())) > 1)


def _start(out: Path, plan: list[str], workers: int) -> subprocess.Popen[bytes]:
    """Begin, or go on, as a user would."""
    words = ["dataset", "generate", "--out", str(out), *plan, "--workers", str(workers)]
    return subprocess.Popen([sys.executable, "-m", "limner", *words, "--resume"])


def _killed(out: Path, plan: list[str], kills: int, span_s: float) -> bool:
    """Kill a run at random moments and let it end at last; tell whether all went well."""
    chance = random.Random(kills)
    for number in range(kills):
        run = _start(out, plan, 2)
        try:
            status = run.wait(chance.uniform(0.0, span_s))
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
        else:
            print(f"kill {number + 1}: came too late, the run had ended with {status}")
            if status != 0:
                return False
            continue
        whole = len(list(out.glob("*.tar"))) if out.exists() else 0
        print(f"kill {number + 1}: {whole} shards were whole", flush=True)
    return _start(out, plan, 2).wait() == 0


def _digest(out: Path) -> str:
    """Return one digest of all names and bytes of a folder."""
    digest = hashlib.sha256()
    for path in sorted(out.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
