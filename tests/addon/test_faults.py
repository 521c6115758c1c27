"""Whatever goes wrong is one line that says what to do, and the log knows the rest."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import logging

import pytest
from limner.addon.faults import LOG_NAME, close_log, explain, log_path, open_log
from limner.errors import SketchError


@pytest.fixture
def log(tmp_path):
    open_log(tmp_path)
    yield tmp_path / LOG_NAME
    close_log()


def raised(error):
    """Return an exception as it is after it was raised."""
    try:
        raise error
    except type(error) as caught:
        return caught


def test_what_a_user_can_mend_is_told_as_it_is_and_not_logged(log):
    assert explain(raised(SketchError("face.png: empty\nfile"))) == "face.png: empty file"
    assert not log.exists()


def test_a_missing_wheel_says_which_zip_to_install(log):
    said = explain(raised(ModuleNotFoundError("No module named 'scipy'", name="scipy.linalg")))
    assert "library scipy cannot be loaded" in said
    assert "zip" in said
    assert str(log) in said


def test_a_full_disk_names_the_place(log):
    said = explain(raised(OSError(28, "No space left on device", "/data/head.glb")))
    assert said.startswith("/data/head.glb: No space left on device; check disk")


def test_what_nobody_expected_is_one_line_with_its_traceback_in_the_log(log, capsys):
    said = explain(raised(KeyError("mouthSmile\nLeft")))
    assert "\n" not in said
    assert "unexpected KeyError" in said
    assert str(log) in said
    text = log.read_text(encoding="utf-8")
    assert "Traceback" in text and "in raised" in text
    assert "limner 0." in text and "Python 3." in text
    assert capsys.readouterr() == ("", "")


def test_closed_the_log_is_let_go_of(tmp_path):
    open_log(tmp_path)
    close_log()
    assert log_path() == ""
    assert not logging.getLogger("limner").handlers
