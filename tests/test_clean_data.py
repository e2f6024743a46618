"""`flask service clean` says what it removes, asks, and never takes data that is in use."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from derm_service.cli.service import group
from derm_service.embedded.process import holding


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory as a first start leaves it."""
    place = tmp_path / "var"
    (place / "log").mkdir(parents=True)
    (place / "keys").mkdir()
    return place


def clean(data_dir: Path, typed: str = "", ci: str | None = None) -> Result:
    env = {"DERM_DATA_DIR": str(data_dir), "CI": ci}
    return CliRunner().invoke(group, ["clean"], input=f"{typed}\n", env=env)


def test_data_go_only_after_the_word(data_dir: Path) -> None:
    asked = clean(data_dir, "yes")

    assert f"Removes {data_dir}" in asked.output
    assert data_dir.exists()
    assert "Removed." in clean(data_dir, "remove").output
    assert not data_dir.exists()


def test_data_go_without_a_word_in_ci(data_dir: Path) -> None:
    clean(data_dir, ci="true")

    assert not data_dir.exists()


def test_data_in_use_stay(data_dir: Path) -> None:
    with holding(data_dir):
        answer = clean(data_dir, "remove")

    assert answer.exit_code == 1
    assert "Another copy of the service is running" in answer.output
    assert data_dir.exists()


def test_directory_that_is_not_ours_stays(tmp_path: Path) -> None:
    answer = clean(tmp_path, "remove")

    assert answer.exit_code == 1
    assert tmp_path.exists()
