"""What a child can still do once it has confined itself."""

import json
import signal
import socket
import subprocess
import sys

ATTEMPTS = """
import ctypes, json, os, signal, socket
from derm_service.imaging import cell, confinement
cell.load_everything()
gone = confinement.give_up_surroundings()
helper = os.getpid()
reading, writing = os.pipe()

def fails(act):
    try:
        act()
    except (OSError, MemoryError):
        return True
    return False

if os.fork() == 0:
    gone += confinement.give_up_rest()
    found = {
        "memory": fails(lambda: bytearray(4 * 1024**3)),
        "file": fails(lambda: open("/etc/hostname")),
        "new file": fails(lambda: open("/tmp/left-behind", "w")),
        "network": fails(lambda: socket.socket().connect(("127.0.0.1", PORT))),
        "program": fails(lambda: os.execv("/bin/true", ["true"])),
        "process": fails(os.fork),
        "signal": fails(lambda: os.kill(helper, 0)),
    }
    os.write(writing, json.dumps({"gone": gone, "fails": found}).encode())
    os._exit(0)
os.close(writing)
print(open(reading).read())
"""


def test_the_confined_child_reaches_nothing_beyond_its_memory_and_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = ATTEMPTS.replace("PORT", str(server.getsockname()[1]))
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, text=True
        )

    told = json.loads(done.stdout)
    gone, fails = set(told["gone"]), told["fails"]
    few_calls = "few system calls" in gone
    assert fails == {
        "memory": "limits" in gone,
        "file": few_calls or "no files" in gone,
        "new file": few_calls or "no files" in gone,
        "network": few_calls or "no network" in gone,
        "program": few_calls or "no files" in gone,
        "process": few_calls,
        "signal": few_calls or "no signals" in gone,
    }


def test_a_child_that_hangs_is_ended_by_its_processor_time() -> None:
    program = """
from derm_service.imaging import confinement
confinement.give_up_rest(cpu_seconds=1)
while True:
    pass
"""

    done = subprocess.run([sys.executable, "-c", program], timeout=300)

    assert done.returncode == -signal.SIGKILL
