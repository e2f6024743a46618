"""How the web server runs: two processes of 24 threads, nothing shared before the fork.

Of the threads 12 at most take photographs in and 8 send them out (`imaging/places.py`), however
slow store and lines are: pages always find one.
A request that is not sent whole in time is cut off: see `derm_service/patience.py`.
"""

import gc
from pathlib import Path
from typing import Any

from derm_service import heap
from derm_service.config import Settings

heap.keep_warm()  # inherited by the processes it forks

wsgi_app = "wsgi:app"
bind = f"{Settings().host}:{Settings().port}"
worker_class = "derm_service.patience.PatientWorker"
workers = 2
threads = 24
preload_app = False
timeout = 60
graceful_timeout = 3
keepalive = 5
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (heartbeat only)
control_socket_disable = True
accesslog = None  # the service logs its requests itself, without identifiers
loglevel = "warning"
forwarded_allow_ips = "127.0.0.1"


def post_worker_init(_worker: Any) -> None:
    """What was loaded stays: a search through it for garbage would hold up every thread."""
    gc.freeze()
