"""How the web server runs: two processes of sixteen threads, nothing shared before the fork.

A request that is not sent whole in time is cut off: see `derm_service/patience.py`.
"""

from pathlib import Path

from derm_service import heap
from derm_service.config import Settings

heap.keep_warm()  # inherited by the processes it forks

wsgi_app = "wsgi:app"
bind = f"{Settings().host}:{Settings().port}"
worker_class = "derm_service.patience.PatientWorker"
workers = 2
threads = 16
preload_app = False
timeout = 60
graceful_timeout = 3
keepalive = 5
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (heartbeat only)
control_socket_disable = True
accesslog = None  # the service logs its requests itself, without identifiers
loglevel = "warning"
forwarded_allow_ips = "127.0.0.1"
