"""`limner fit --together`: one person out of several drawings, and files of each."""

# SPDX-License-Identifier: GPL-3.0-or-later

import json
from pathlib import Path

import pytest
from limner.addon.batch import BatchSettings, plan_jobs
from limner.addon.together import run_together

SKETCHES = Path(__file__).parents[1] / "data" / "sketches"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    out = tmp_path_factory.mktemp("heads")
    broken = out / "broken.png"
    broken.write_bytes(b"no picture")
    paths = [SKETCHES / "lorelei_smile.png", broken, SKETCHES / "lorelei_wink.png"]
    settings = BatchSettings(out, formats=("glb", "json"))
    return out, list(run_together(plan_jobs(paths), settings))


@pytest.mark.slow
def test_one_person_comes_out_of_the_drawings_that_can_be_read(needs_weights, results):
    out, found = results
    by_name = {result.name: result for result in found}
    assert not by_name["broken"].is_ok and "\n" not in by_name["broken"].reason
    records = {
        name: json.loads((out / name / "fit.json").read_text())
        for name in ("lorelei_smile", "lorelei_wink")
    }
    smile, wink = records.values()
    assert smile["identity"] == wink["identity"] != {}
    assert smile["camera"] != wink["camera"]
    assert smile["identity_shared_with"] == ["lorelei_wink"]
    assert wink["identity_shared_with"] == ["lorelei_smile"]
    assert (out / "lorelei_wink" / "lorelei_wink.glb").is_file()
    person = json.loads((out / "together" / "together.json").read_text())
    assert person["identity"] == smile["identity"]
    assert [drawing["name"] for drawing in person["drawings"]] == list(records)
    assert (out / "together" / "together.glb").read_bytes()[:4] == b"glTF"
