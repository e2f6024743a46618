"""The set-up behind `make`: which Python it takes, what it says when it cannot, what it pins."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.database import ROOT

WITH_PYTHON = ROOT / "tools" / "with_python.sh"


def with_python(path: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run the chooser with nothing but what is in `path` to choose from."""
    return subprocess.run(
        ["/bin/sh", WITH_PYTHON, *argv],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def offer(path: Path, name: str, script: str) -> None:
    """Put a program called `name` into the directory `path`."""
    program = path / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_setup_takes_the_first_python_that_is_new_enough(tmp_path: Path) -> None:
    offer(tmp_path, "python3.11", "exit 1")  # a shim of a version that is not installed
    offer(tmp_path, "python3.12", f'exec {sys.executable} "$@"')

    done = with_python(tmp_path, "-c", "print('ran')")

    assert (done.returncode, done.stdout) == (0, "ran\n")


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("exit 1", "Python 3.11 or newer is missing: install it"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "apt-get install python3-venv"),
    ],
)
def test_setup_says_in_one_sentence_what_to_install(
    tmp_path: Path, script: str, sentence: str
) -> None:
    offer(tmp_path, "python3", script)

    done = with_python(tmp_path, "-c", "print('ran')")

    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_every_package_is_pinned_with_hashes_and_from_no_index_in_particular() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    packages = [line for line in lines if line and line[0] not in " #"]

    unpinned = [line for line in packages if not re.match(r"[A-Za-z0-9._-]+==\S+ .*\\$", line)]

    assert len(packages) > 50
    assert unpinned == []
    assert not any("://" in line for line in lines)


def test_every_wanted_package_is_pinned() -> None:
    def names(file: str) -> set[str]:
        lines = (ROOT / file).read_text().splitlines()
        return {re.split(r"[=\[ <>;]", line)[0].lower() for line in lines if line[:1].isalpha()}

    missing = names("requirements.in") - names("requirements.txt")

    assert missing == set()


def test_node_packages_name_no_registry() -> None:
    locked = (ROOT / "package-lock.json").read_text()

    assert '"integrity"' in locked
    assert '"resolved"' not in locked


def test_ci_calls_make_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()

    assert lines[0] == "#!/usr/bin/env bash"
    assert lines[1:] == ['cd "$(dirname "$0")/.." && exec make test']
