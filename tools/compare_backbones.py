r"""Train the same small net with each backbone and each loss at equal budget, and compare them.

    python tools/compare_backbones.py --train DIR --calibration DIR --test DIR --out DIR \
        [--labelled sketches.csv] [--seeds 2] [--recipe trial] [--measure]

The folders are data sets of `limner dataset generate`, of other seeds each. Nets of one seed see
the same views in the same order, one after the other on one core. What is done is kept in --out, so
that the same command goes on after a stop; --measure only measures what is trained. Prints a
Markdown table; `trials.json` holds the figures of every net. Needs `limner[train]`.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path

import numpy as np
import torch
from limner.sketch_cnn.detector import Detector
from limner.sketch_cnn.recipe import BACKBONES, LOSSES
from limner.sketch_cnn.trial import Trial, load_trial_recipe, train_trial
from limner.sketch_cnn.trial_figures import FoundViews, find_views, label_views, trial_figures
from limner.sketch_cnn.trial_views import Views, training_views

PLANS = (
    *((backbone, LOSSES[0]) for backbone in BACKBONES),
    *((BACKBONES[0], loss) for loss in LOSSES[1:]),
)
COLUMNS = {
    "macro F1": ("macro_f1", 3), "macro AUC": ("macro_auc", 3), "log loss": ("log_loss", 3),
    "ECE": ("ece_all", 4), "before calibration": ("ece_all_uncalibrated", 3),
    "ICC": ("macro_icc", 3), "real AUC": ("real_auc", 3), "real log loss": ("real_log_loss", 3),
    "weights": ("weights", 0), "ms a face": ("read_ms", 2), "ms a view trained": ("train_ms", 2),
}  # fmt: skip


def main() -> None:
    """Train what is not trained yet, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("train", "calibration", "test", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--labelled", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--recipe", default="trial")
    parser.add_argument("--measure", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.out.mkdir(parents=True, exist_ok=True)
    recipe = load_trial_recipe(given.recipe)
    path = given.out / "views.npz"
    if not path.is_file():
        training_views(given.train, recipe.times, recipe.spoiled, seed=0).save(path)
    views, nets = Views.load(path), {}
    for seed in range(given.seeds):
        for backbone, loss in PLANS:
            name = f"{backbone}-{loss}-{seed}"
            if given.measure and not (given.out / f"{name}.pt").is_file():
                continue
            nets[name] = _trained(given.out / f"{name}.pt", views, recipe, backbone, loss, seed)
            print(name, "trained", flush=True)
    detector = Detector()
    seen = {
        part: find_views(detector, getattr(given, part), given.out / f"{part}.npz")
        for part in ("calibration", "test")
    }
    real = label_views(detector, given.labelled) if given.labelled else None
    speed = _speeds({name: net for name, (net, _) in nets.items()}, seen["test"])
    told = {
        name: {
            **trial_figures(net, seen["calibration"], seen["test"], real),
            "weights": sum(value.numel() for value in net.parameters()),
            "read_ms": speed[name],
            "train_ms": train_ms,
        }
        for name, (net, train_ms) in nets.items()
    }
    (given.out / "trials.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(_table(told))


def _trained(path: Path, views: Views, recipe, backbone: str, loss: str, seed: int):
    """Return a net, from its file if it is there, and its processor time a view, ms."""
    if not path.is_file():
        started, rows = time.process_time(), []
        net = train_trial(
            views, recipe, backbone, loss, seed, lambda step, cost: rows.append((step, cost))
        )
        spent = 1e3 * (time.process_time() - started) / recipe.views
        with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("step", "presence"), *rows])
        torch.save({"net": net.state_dict(), "train_ms": spent}, path)
    saved = torch.load(path, weights_only=True)
    net = Trial(recipe, backbone).to(memory_format=torch.channels_last)
    net.load_state_dict(saved["net"])
    return net.eval(), saved["train_ms"]


@torch.no_grad()
def _speeds(nets: dict[str, Trial], seen: FoundViews) -> dict[str, float]:
    """Return milliseconds of processor time a face and its mirror image, measured in turn."""
    ink = torch.from_numpy(seen.ink[:40, None]).float() / 255.0
    spent: dict[str, list[float]] = {name: [] for name in nets}
    for face in ink:
        both = torch.stack([face, face.flip(2)])
        for name, net in nets.items():
            net(both)
            started = time.process_time()
            net(both)
            spent[name].append(1e3 * (time.process_time() - started))
    return {name: float(np.median(values)) for name, values in spent.items()}


def _table(told: dict[str, dict[str, float]]) -> str:
    """Return the mean of each plan over seeds, ± half of the range, as Markdown."""
    lines = [f"| backbone, loss | {' | '.join(COLUMNS)} |", "|---" * (1 + len(COLUMNS)) + "|"]
    for backbone, loss in PLANS:
        rows = [row for name, row in told.items() if name.startswith(f"{backbone}-{loss}-")
                and name.removeprefix(f"{backbone}-{loss}-").isdigit()]  # fmt: skip
        cells = []
        for key, digits in COLUMNS.values():
            values = [row[key] for row in rows if key in row]
            if not values:
                cells.append("")
                continue
            half = 0.5 * (max(values) - min(values))
            cells.append(
                f"{np.mean(values):.{digits}f}" + (f" ± {half:.{digits}f}" if half else "")
            )
        lines.append(f"| {backbone}, {loss} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
