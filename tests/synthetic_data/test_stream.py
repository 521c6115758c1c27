"""A stream draws what a data set of the same seed holds, whoever draws which part of it."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import pickle
import tarfile
from itertools import islice

import numpy as np
import pytest
from limner.errors import DatasetError
from limner.synthetic_data import dataset
from limner.synthetic_data.stream import StreamSettings, stream_samples
from limner.synthetic_data.text import json_text
from PIL import Image

SETTINGS = StreamSettings(seed=5, size=96)


def test_two_workers_stream_what_a_data_set_holds(tmp_path):
    dataset.generate(tmp_path / "data", 6, 5, size=96)
    with tarfile.open(tmp_path / "data/drawings-000000.tar") as archive:
        files = {member.name: archive.extractfile(member).read() for member in archive}
    settings = pickle.loads(pickle.dumps(SETTINGS))
    for worker in (0, 1):
        streamed = list(islice(stream_samples(settings, worker, 2, first=2), 2))
        for (picture, labels, about), index in zip(streamed, (2 + worker, 4 + worker), strict=True):
            assert json.loads(json_text(about)) == json.loads(files[f"{index:08d}.json"])
            for image, kind in ((picture, "png"), (labels, "labels.png")):
                stored = Image.open(io.BytesIO(files[f"{index:08d}.{kind}"]))
                assert np.array_equal(image, np.asarray(stored))


def test_a_worker_outside_the_crew_is_one_line():
    with pytest.raises(DatasetError, match=r"worker 2 of 2: give a number from 0 to 1\."):
        next(stream_samples(SETTINGS, 2, 2))
