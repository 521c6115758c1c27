"""What the networks answer has its shape and its range."""

# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

torch = pytest.importorskip("torch", reason="training needs limner[train]")

from limner.sketch_cnn.finder_net import Finder, Placer  # noqa: E402
from limner.sketch_cnn.labels import AU_LABELS, FEATURES  # noqa: E402
from limner.sketch_cnn.reader_net import Reader  # noqa: E402


def test_answers_have_their_shapes_and_ranges():
    with torch.no_grad():
        answer = Reader(16, 8).eval()(torch.rand(3, 1, 128, 128))
        maps = Finder().eval()(torch.rand(3, 1, 128, 128))
        places = Placer().eval()(torch.rand(3, 1, 128, 128))
    assert places.shape == (3, 70, 2)
    assert ((places >= 0.0) & (places <= 128.0)).all()
    assert maps.shape == (3, 5, 16, 16)
    assert answer["alpha"].shape == (3, len(AU_LABELS))
    assert answer["features"].shape == (3, len(FEATURES), 64, 64)
    assert answer["landmarks"].shape == (3, 70, 2)
    for name in ("alpha", "beta"):
        assert (answer[name] >= 1.0).all()
    for name in ("intensity", "visible"):
        assert ((answer[name] >= 0.0) & (answer[name] <= 1.0)).all()
