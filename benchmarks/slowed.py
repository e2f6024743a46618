"""A browser whose every process runs only part of the time.

Chromium's own throttle (`Emulation.setCPUThrottlingRate`) slows the page's thread alone: neither
workers nor the threads that decode pictures. Stopping and continuing the processes slows all.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator

from playwright.sync_api import Browser

TURN = 0.01  # s that the processes run at a time


@contextlib.contextmanager
def slowed(browser: Browser, *, times: int) -> Iterator[None]:
    """Every process of the browser but its first gets one part in `times` of the processor."""
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    processes = [each["id"] for each in found if each["type"] != "browser"]
    ended = threading.Event()
    turns = threading.Thread(target=_take_turns, args=(processes, times, ended))
    turns.start()
    try:
        yield
    finally:
        ended.set()
        turns.join()


def _take_turns(processes: list[int], times: int, ended: threading.Event) -> None:
    while not ended.is_set():
        _tell(processes, signal.SIGSTOP)
        time.sleep(TURN * (times - 1))
        _tell(processes, signal.SIGCONT)
        time.sleep(TURN)


def _tell(processes: list[int], what: signal.Signals) -> None:
    for each in processes:
        with contextlib.suppress(ProcessLookupError):  # one that has ended needs no telling
            os.kill(each, what)
