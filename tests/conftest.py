"""Fixtures for every test: real PostgreSQL, real SeaweedFS, the real service, a real browser."""

from pathlib import Path

import pytest

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.objects",
    "tests.fixtures.app",
    "tests.fixtures.service",
    "tests.fixtures.browser",
]

HERE = Path(__file__).parent
SLOW = (HERE / "faults", HERE / "journeys", HERE / "custody", HERE / "test_service_run.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what waits for whole services first: no process is left alone with it at the end."""
    items.sort(key=lambda item: not any(item.path.is_relative_to(slow) for slow in SLOW))
