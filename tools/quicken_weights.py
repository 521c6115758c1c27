"""Let finished weights convolve in whole numbers: `quicken_weights.py WEIGHTS DATA OUT`.

`limner train --convolutions int8` does the same with new weights. WEIGHTS is a folder of float32
networks, DATA a data set whose first 200 faces tell the ranges; OUT, a new folder, receives all
networks.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import shutil
import sys
from pathlib import Path

from limner.errors import LimnerError
from limner.sketch_cnn.integer_kernels import quicken
from limner.sketch_cnn.shards import read_folder


def main(weights: Path, data: Path, out: Path) -> int:
    """Copy the networks and quicken the copies; return the exit status."""
    try:
        shutil.copytree(weights, out)
        quicken(out, read_folder(data, limit=400))
    except (LimnerError, OSError) as error:
        print(f"quicken_weights: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*map(Path, sys.argv[1:])))
