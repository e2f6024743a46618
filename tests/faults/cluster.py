"""Three SeaweedFS volume servers on loopback, every object on two of them."""

import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from derm_service.embedded import object_store
from derm_service.embedded.object_store import GRPC_OFFSET, HIGHEST_PORT, LOWEST_PORT, ObjectStore
from derm_service.embedded.process import CannotStart, Program, stop

WEED = Path(sys.executable).parent / "weed"
VOLUMES = 3
ON_TWO_RACKS = "010"


@dataclass
class Volume:
    """One volume server with a disk of its own."""

    program: Program
    process: subprocess.Popen[bytes]
    disk: Path

    def kill_and_wipe(self) -> None:
        """The machine dies and its disk with it."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.disk)

    def bring_back(self) -> None:
        """A machine with an empty disk in its place."""
        self.disk.mkdir(mode=0o700)
        self.process = self.program.start()


@dataclass
class Cluster(ObjectStore):
    """A store whose bytes lie on three volume servers."""

    volumes: tuple[Volume, ...] = ()
    master: int = 0  # its port

    def wait_ready(self) -> None:
        """Return when the buckets take objects and the master knows every volume server again."""
        super().wait_ready()
        deadline = time.monotonic() + object_store.PATIENCE_SECONDS
        while self._registered() < len(self.volumes):
            if time.monotonic() > deadline:
                raise CannotStart("Not every volume server came back; see its log.")
            time.sleep(0.1)

    def _registered(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.master}/dir/status") as answer:
            centres = json.load(answer)["Topology"]["DataCenters"]
        racks = [rack for centre in centres or [] for rack in centre["Racks"] or []]
        return sum(len(rack["DataNodes"] or []) for rack in racks)

    def stop(self) -> None:
        """All of it."""
        super().stop()
        stop([volume.process for volume in self.volumes], (signal.SIGTERM, 3))

    def restart(self) -> None:
        """What ended, started again."""
        super().restart()
        for volume in self.volumes:
            if volume.process.poll() is not None:
                volume.process = volume.program.start()


def start_cluster(place: Path) -> Cluster:
    """Start master, filer and S3 in one process, and three volume servers, each its own rack."""
    home = place.absolute() / "objects"
    for name in ("volumes", "master", "config"):
        (home / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    ports = dict(zip(("master", "volume", "filer", "s3"), _free_ports(4), strict=True))
    keys = [object_store.Keys.new(name) for name in ("web", "worker", "admin")]
    buckets = ("derm-quarantine", "derm-record", "derm-audit")
    object_store._write_config(home, object_store._identities(*buckets, *keys))
    argv = [*object_store._argv(home, ports, 256), "-volume=false"]
    argv += [f"-master.defaultReplication={ON_TWO_RACKS}"]
    argv += [f"-filer.defaultReplicaPlacement={ON_TWO_RACKS}"]
    program = _program(argv, home, place / "log" / "server.log")
    volumes = tuple(_volume(home, ports["master"], rack, place) for rack in range(VOLUMES))
    web, worker, admin = keys
    cluster = Cluster(
        endpoint=f"http://127.0.0.1:{ports['s3']}",
        region=object_store.REGION,
        quarantine=buckets[0],
        record=buckets[1],
        audit=buckets[2],
        web=web,
        worker=worker,
        admin=admin,
        program=program,
        process=program.start(),
        volumes=volumes,
        master=ports["master"],
    )
    try:
        cluster.wait_ready()
    except BaseException:
        cluster.stop()
        raise
    return cluster


def _volume(home: Path, master: int, rack: int, place: Path) -> Volume:
    disk = home / f"disk{rack}"
    disk.mkdir(mode=0o700)
    (port,) = _free_ports(1)
    argv = [
        WEED,
        f"-config_dir={home / 'config'}",
        "-logtostderr=true",
        "volume",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-port={port}",
        f"-dir={disk}",
        "-max=100",
        "-minFreeSpace=256MiB",
        "-preStopSeconds=1",
        "-dataCenter=one",
        f"-rack=rack{rack}",
        f"-master=127.0.0.1:{master}",
    ]
    program = _program(argv, home, place / "log" / f"volume{rack}.log")
    return Volume(program, program.start(), disk)


def _program(argv: list[str | Path], home: Path, log: Path) -> Program:
    return Program(
        tuple(argv),
        log=log,
        when_orphaned=signal.SIGKILL,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "TZ": "UTC"},
        cwd=home,
    )


def _free_ports(many: int) -> list[int]:
    """Ports free together with their gRPC neighbours."""
    found: list[int] = []
    while len(found) < many:
        port = random.SystemRandom().randrange(LOWEST_PORT, HIGHEST_PORT)
        if port not in found and _is_free(port) and _is_free(port + GRPC_OFFSET):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
