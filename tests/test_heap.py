"""Memory that is kept: what a photograph passed through serves the next one."""

import platform
import subprocess
import sys

import pytest

ROUNDS, BYTES, PAGE = 20, 4 * 1024 * 1024, 4096
PROGRAM = f"""
import resource, threading
from derm_service import heap

def receive():
    for _ in range({ROUNDS}):
        pieces = [bytearray({BYTES}), bytearray({BYTES})]
        del pieces

heap.keep_warm()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
thread = threading.Thread(target=receive)
thread.start()
thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc")
def test_a_thread_takes_its_megabytes_from_the_system_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True
    )

    held = 2 * BYTES // PAGE
    assert int(done.stdout) < 1.5 * held
