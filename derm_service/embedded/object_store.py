"""The embedded object store: SeaweedFS on loopback with access keys, signing keys, no telemetry."""

import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from derm_service.embedded.process import (
    CannotStart,
    Program,
    check_space,
    died,
    stop,
    writing,
)

REGION = "us-east-1"
PATIENCE_SECONDS = 60
PARTS = ("master", "volume", "filer", "s3")
# Below the ports the kernel hands out, and so are the gRPC ports 10000 above.
LOWEST_PORT, HIGHEST_PORT, GRPC_OFFSET = 10240, 22700, 10000
SIGNED_PARTS = ("signing", "signing.read", "filer_signing", "filer_signing.read")


@dataclass(frozen=True)
class Keys:
    """One S3 identity."""

    access_key: str
    secret_key: str

    @classmethod
    def new(cls, name: str) -> "Keys":
        """Fresh keys, good for one run."""
        return cls(f"{name}{secrets.token_hex(6)}", secrets.token_urlsafe(32))


@dataclass
class ObjectStore:
    """A running S3 server: `web` writes the quarantine bucket only, `worker` all three."""

    endpoint: str
    region: str
    quarantine: str
    record: str
    audit: str
    web: Keys
    worker: Keys
    admin: Keys
    program: Program
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> Path:
        """Where it writes what it does."""
        return self.program.log

    def stop(self) -> None:
        """SIGTERM and three seconds; it would linger for half a minute, and reads back well."""
        stop([self.process], (signal.SIGTERM, 3))

    def restart(self) -> None:
        """Start it again with the same keys and ports, after it ended for whatever reason."""
        self.process = self.program.start()

    def wait_ready(self) -> None:
        """Return when the buckets take objects; CannotStart when the program ended instead."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        buckets = (self.quarantine, self.record, self.audit)
        for bucket in buckets:
            self._until_answered("PUT", bucket, (200, 409), deadline)
        for bucket in buckets:  # the first object waits for its volumes
            self._until_answered("PUT", f"{bucket}/start", (200,), deadline)
            self._until_answered("DELETE", f"{bucket}/start", (204,), deadline)

    def _until_answered(
        self, method: str, path: str, good: tuple[int, ...], deadline: float
    ) -> None:
        status = 0
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise died("The object store", self.process, self.log)
            status = _ask(method, f"{self.endpoint}/{path}", self.admin)
            if status in good:
                return
            time.sleep(0.05)
        raise CannotStart(
            f"The object store was not ready in {PATIENCE_SECONDS} s (last answer {status} to "
            f"{method} {path}); see {self.log}."
        )


def start_object_store(
    data_dir: Path,
    *,
    quarantine: str = "derm-quarantine",
    record: str = "derm-record",
    audit: str = "derm-audit",
    needed_mb: int = 256,
) -> ObjectStore:
    """Start the store on the data in `data_dir` and return when its buckets are there."""
    store = launch_object_store(
        data_dir, quarantine=quarantine, record=record, audit=audit, needed_mb=needed_mb
    )
    try:
        store.wait_ready()
    except BaseException:
        store.stop()
        raise
    return store


def launch_object_store(
    data_dir: Path, *, quarantine: str, record: str, audit: str, needed_mb: int = 256
) -> ObjectStore:
    """Start the program without waiting until it answers."""
    home = data_dir.absolute() / "objects"
    check_space(home, needed_mb)
    log = data_dir.absolute() / "log" / "object_store.log"
    web, worker, admin = Keys.new("web"), Keys.new("worker"), Keys.new("admin")
    with writing(home):
        for name in ("volumes", "master", "config"):
            (home / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        ports = _ports(home / "ports.json")
        identities = _identities(quarantine, record, audit, web, worker, admin)
        _write_config(home, identities)
    program = Program(
        tuple(_argv(home, ports, needed_mb)),
        log=log,
        when_orphaned=signal.SIGKILL,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "TZ": "UTC"},
        cwd=home,
    )
    return ObjectStore(
        endpoint=f"http://127.0.0.1:{ports['s3']}",
        region=REGION,
        quarantine=quarantine,
        record=record,
        audit=audit,
        web=web,
        worker=worker,
        admin=admin,
        program=program,
        process=program.start(),
    )


def _argv(home: Path, ports: dict[str, int], needed_mb: int) -> list[str | Path]:
    """The command line: loopback only, no telemetry, no listing, no implicit buckets."""
    return [
        Path(sys.executable).parent / "weed",
        f"-config_dir={home / 'config'}",
        "-logtostderr=true",
        "server",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-dir={home / 'volumes'}",
        f"-master.dir={home / 'master'}",
        f"-master.port={ports['master']}",
        "-master.volumeSizeLimitMB=1024",
        "-master.telemetry=false",
        "-master.raftHashicorp",
        f"-volume.port={ports['volume']}",
        "-volume.max=100",
        f"-volume.minFreeSpace={needed_mb}MiB",
        "-volume.preStopSeconds=1",
        "-filer",
        f"-filer.port={ports['filer']}",
        "-filer.disableDirListing",
        "-s3",
        f"-s3.port={ports['s3']}",
        f"-s3.config={home / 'config' / 's3.json'}",
        "-s3.iam=false",
        "-s3.autoCreateBucket=false",
        "-s3.allowDeleteBucketNotEmpty=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]


def _identities(
    quarantine: str, record: str, audit: str, web: Keys, worker: Keys, admin: Keys
) -> list[dict[str, object]]:
    """Who may do what, as SeaweedFS reads it."""
    every = {
        bucket: [f"{act}:{bucket}" for act in ("Read", "Write", "List")]
        for bucket in (quarantine, record, audit)
    }
    allowed = {
        "web": (web, [*every[quarantine], f"Read:{record}", f"List:{record}"]),
        "worker": (worker, [*every[quarantine], *every[record], *every[audit]]),
        "admin": (admin, ["Admin", "Read", "Write", "List"]),
    }
    return [
        {
            "name": name,
            "credentials": [{"accessKey": keys.access_key, "secretKey": keys.secret_key}],
            "actions": actions,
        }
        for name, (keys, actions) in allowed.items()
    ]


def _write_config(home: Path, identities: list[dict[str, object]]) -> None:
    """Signing keys and identities, new at every start and readable by this account only."""
    signing = "".join(f'[jwt.{part}]\nkey = "{secrets.token_hex(32)}"\n' for part in SIGNED_PARTS)
    _write_private(home / "config" / "security.toml", signing)
    _write_private(home / "config" / "s3.json", json.dumps({"identities": identities}))
    filer = f'[leveldb2]\nenabled = true\ndir = "{home / "master" / "filerldb2"}"\n'
    _write_private(home / "config" / "filer.toml", filer)


def _write_private(path: Path, text: str) -> None:
    """Write a file that only this account can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _ports(record: Path) -> dict[str, int]:
    """The ports of the last run while they are free, else new ones; either way recorded."""
    try:
        ports: dict[str, int] = json.loads(record.read_text())
    except (OSError, ValueError):
        ports = {}
    if set(ports) != set(PARTS) or not all(map(_free, ports.values())):
        ports = {}
        while len(ports) < len(PARTS):
            port = random.SystemRandom().randrange(LOWEST_PORT, HIGHEST_PORT)
            if port not in ports.values() and _free(port):
                ports[PARTS[len(ports)]] = port
        record.write_text(json.dumps(ports))
    return ports


def _free(port: int) -> bool:
    """Whether a port and its gRPC neighbour are free on loopback."""
    for number in (port, port + GRPC_OFFSET):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                return False
    return True


def _ask(method: str, url: str, keys: Keys) -> int:
    """The status of one signed request; 0 when nobody answers."""
    asked = AWSRequest(method=method, url=url, data=b"")
    S3SigV4Auth(Credentials(keys.access_key, keys.secret_key), "s3", REGION).add_auth(asked)
    request = Request(url, method=method, data=b"", headers=dict(asked.headers))  # noqa: S310
    try:
        with urlopen(request, timeout=20) as answer:  # noqa: S310 (our own loopback address)
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except (URLError, OSError):
        return 0
