"""What the child can still do once it has confined itself."""

import json
import socket
import subprocess
import sys

ATTEMPTS = """
import json, socket
from derm_service.imaging.cell import confine, load_everything
from derm_service.imaging.codes import View
load_everything(View.CLOSE_UP)
protects = confine()
def fails(act):
    try:
        act()
    except (OSError, MemoryError):
        return True
    return False
print(json.dumps({
    "protects": protects,
    "file": fails(lambda: open("/etc/hostname")),
    "network": fails(lambda: socket.socket().connect(("127.0.0.1", PORT))),
    "memory": fails(lambda: bytearray(4 * 1024**3)),
}))
"""


def test_the_confined_child_reaches_neither_files_nor_network_nor_endless_memory() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = ATTEMPTS.replace("PORT", str(server.getsockname()[1]))
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, text=True
        )

    found = json.loads(done.stdout)
    assert found["memory"]
    assert found["file"] == ("no files" in found["protects"])
    assert found["network"] == ("no network" in found["protects"])
