"""One rig for the fault tests of a module: each mends what it broke."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cluster import start_cluster
from tests.faults.rig import Rig, running


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The service with a database, a store and a line to it that may be broken.

    With DERM_TEST_CLUSTER set the store is three replicated volume servers: make cluster.
    """
    place: Path = tmp_path_factory.mktemp("rig")
    store = start_cluster(place / "store") if os.environ.get("DERM_TEST_CLUSTER") else None
    try:
        with running(place, store=store) as started:
            yield started
    finally:
        if store is not None:
            store.stop()
