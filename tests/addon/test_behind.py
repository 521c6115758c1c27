"""Work behind the window: its result, its faults, its stages, and giving it up."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest
from limner.addon.behind import Behind

LONG_S = 20.0


def test_the_result_is_that_of_the_work_in_another_thread():
    behind = Behind(lambda on_stage: threading.get_ident())
    assert behind.result() != threading.get_ident()
    assert behind.is_done


def test_a_fault_comes_out_where_the_result_is_asked_for():
    behind = Behind(lambda on_stage: {}["nothing"])
    with pytest.raises(KeyError, match="nothing"):
        behind.result()


def test_the_stage_can_be_seen_while_the_work_waits():
    entered, go_on = threading.Event(), threading.Event()

    def work(on_stage):
        on_stage("reading")
        entered.set()
        assert go_on.wait(LONG_S)
        return "read"

    behind = Behind(work)
    assert entered.wait(LONG_S)
    assert (behind.stage, behind.is_done) == ("reading", False)
    go_on.set()
    assert behind.result() == "read"


def test_what_is_given_up_ends_before_its_next_stage():
    entered, go_on, done = threading.Event(), threading.Event(), []

    def work(on_stage):
        on_stage("first")
        entered.set()
        assert go_on.wait(LONG_S)
        on_stage("second")
        done.append("second")

    behind = Behind(work)
    assert entered.wait(LONG_S)
    behind.give_up()
    go_on.set()
    with pytest.raises(BaseException):  # noqa: B017, PT011 - whatever ends the thread
        behind.result()
    assert not done
    assert behind.stage == "first"
