"""How long the whole service needs to come up from nothing, to stop, and to come up again.

    python -m benchmarks.start_stop

Embedded PostgreSQL and SeaweedFS, migrations, demonstration data, web server and job worker, in
a directory of its own on free ports. Seconds; `bare_python_s` is an interpreter that only imports
the app, in the same run, to judge the machine by. Wanted: `stop_s` and `again_s` 15 or less.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from derm_service.embedded import root_home

SERVICE = (sys.executable, "-m", "flask", "--app", "wsgi", "service", "run")
UP = "The service is running at"
PATIENCE_SECONDS = 900


def free_port() -> int:
    """A port nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seconds_until_up(environment: dict[str, str], output: Path) -> tuple[float, subprocess.Popen]:
    """Start the service; seconds until it says that it runs."""
    began = time.monotonic()
    with output.open("wb") as sink:
        process = subprocess.Popen(SERVICE, env=environment, stdout=sink, stderr=subprocess.STDOUT)
    while UP not in output.read_text():
        if process.poll() is not None or time.monotonic() - began > PATIENCE_SECONDS:
            process.kill()
            raise SystemExit(f"The service did not start:\n{output.read_text()}")
        time.sleep(0.02)
    return time.monotonic() - began, process


def seconds_until_stopped(process: subprocess.Popen) -> float:
    """What Ctrl-C does, until the process is gone."""
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(PATIENCE_SECONDS)
    return time.monotonic() - began


def bare_python() -> float:
    """An interpreter that imports the app and ends."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import derm_service.app"], check=True)
    return time.monotonic() - began


def main() -> None:
    """Start, stop and start again; print the figures."""
    with tempfile.TemporaryDirectory(prefix="derm-bench-") as place:
        data_dir = Path(place) / "var"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DERM_")}
        chosen = {"DERM_DATA_DIR": str(data_dir), "DERM_PORT": str(free_port())}
        output = Path(place) / "output"
        bare = bare_python()
        first, process = seconds_until_up(kept | chosen, output)
        stop = seconds_until_stopped(process)
        again, process = seconds_until_up(kept | chosen, output)
        seconds_until_stopped(process)
        root_home.forget(data_dir)
    figures = {"first_start_with_demonstration_s": first, "stop_s": stop, "again_s": again}
    figures["bare_python_s"] = bare
    print(json.dumps({key: round(value, 1) for key, value in figures.items()}))


if __name__ == "__main__":
    main()
