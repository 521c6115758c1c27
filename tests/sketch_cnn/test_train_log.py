"""A training's log is a table, and the same curves as TensorBoard reads them."""

# SPDX-License-Identifier: GPL-3.0-or-later

import math

from limner.sketch_cnn.event_file import FIRST_EVENT, crc32c, scalar_event
from limner.sketch_cnn.train_log import EVENTS, TrainingLog, read_log

FIRST = "0f000000000000006d532b091a0d627261696e2e4576656e743a32fc985129"
ROW = (
    "2f000000000000006d5d1d500900000000004a934010ac022a210a0f0a0870726573656e6365150000803e0a0e0a07"
    "68656c645f6631150000c0bf4f1e5d61"
)
"""As written by TensorBoard 2.21's own RecordWriter."""


def test_the_checksum_is_that_of_the_published_example():
    assert crc32c(b"123456789") == 0xE3069283


def test_records_are_those_that_tensorboard_writes():
    assert FIRST_EVENT.hex() == FIRST
    assert scalar_event(300, {"presence": 0.25, "held_f1": -1.5}, 1234.5).hex() == ROW


def test_only_what_is_measured_stands_in_the_log(tmp_path):
    log = TrainingLog.begin(tmp_path / "log.csv", ("presence", "held_f1"))
    log.add(100, {"presence": 0.5})
    log.add(200, {"presence": 0.25, "held_f1": math.nan})
    rows = [(row["step"], row["presence"], row["held_f1"]) for row in read_log(log.table)]
    assert rows == [("100", "0.5", ""), ("200", "0.25", "")]
    events = (tmp_path / EVENTS).read_bytes()
    assert events.startswith(FIRST_EVENT)
    assert events.count(b"presence") == 2 and b"held_f1" not in events


def test_rows_after_the_step_gone_on_from_are_made_again(tmp_path):
    table = tmp_path / "log.csv"
    log = TrainingLog.begin(table, ("presence",))
    for step in (100, 200, 300):
        log.add(step, {"presence": 0.001 * step})
    with table.open("a") as file:
        file.write("4")  # cut short
    TrainingLog.begin(table, ("presence",), 200).add(300, {"presence": 7.0})
    assert [(row["step"], row["presence"]) for row in read_log(table)] == [
        ("100", "0.1"), ("200", "0.2"), ("300", "7"),
    ]  # fmt: skip
    assert (tmp_path / EVENTS).read_bytes().count(b"presence") == 3
