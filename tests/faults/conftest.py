"""One rig for the fault tests of a module: each mends what it broke."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Rig, running


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The service with a database, a store and a line to it that may be broken."""
    place: Path = tmp_path_factory.mktemp("rig")
    with running(place) as started:
        yield started
