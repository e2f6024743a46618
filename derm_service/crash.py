"""Crash points: the named places at which a test lets the process die, as kill -9 would.

Inert unless `DERM_CRASH_FILE` names a file, which the service refuses outside a demonstration.
The process that passes the point whose name the file holds removes the file and is gone.
"""

import os
import signal
from enum import StrEnum
from pathlib import Path

FILE = os.environ.get("DERM_CRASH_FILE")


class Point(StrEnum):
    """Where it hurts: between two things that only together are whole."""

    ANNOUNCED = "announced"  # row and audit written, not committed
    ANNOUNCEMENT_COMMITTED = "announcement_committed"  # the device has not heard
    PIECE_STORED = "piece_stored"  # object there, no row
    PIECE_KEPT = "piece_kept"  # row written, not committed
    PIECE_COMMITTED = "piece_committed"  # the device has not heard
    RECEIVED = "received"  # last row, audit and job written, not committed
    RECEIPT_COMMITTED = "receipt_committed"  # the device has not heard
    JOB_TAKEN = "job_taken"
    JUDGED = "judged"  # verdict known, nothing written
    ORIGINAL_STORED = "original_stored"  # object there, no row
    COPIES_STORED = "copies_stored"  # all objects there, rows not committed
    STEP_WRITTEN = "step_written"  # state and audit written, not committed
    STEP_COMMITTED = "step_committed"  # the pieces are still there, the job is not done
    LEFTOVERS_HALF_DELETED = "leftovers_half_deleted"
    AUDIT_NUMBERED = "audit_numbered"  # not committed
    AUDIT_SEALED = "audit_sealed"  # committed, not anchored
    MESSAGE_CLAIMED = "message_claimed"  # the attempt is on record, nothing was sent
    MESSAGE_TAKEN = "message_taken"  # the carrier has it, we have not written so
    ANCHOR_DROPPED = "anchor_dropped"  # anchor there, its note not written


def here(point: Point) -> None:
    """Die here if a test wants it."""
    if FILE is not None:
        _die_if_meant(point, Path(FILE))


def _die_if_meant(point: Point, file: Path) -> None:
    try:
        if file.read_text().strip() != point:
            return
        file.unlink()  # of several processes one dies
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
