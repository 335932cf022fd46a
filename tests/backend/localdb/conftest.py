"""Clusters of their own, in checkouts of their own: the cluster that the tests run on is not touched."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.localdb.binaries import postgis_servers
from backend.localdb.cluster import Cluster, cluster_of


@contextmanager
def checkout(mode: int = 0o755) -> Iterator[Path]:
    """An empty folder that the owner of a cluster may enter; the folders of pytest are closed to `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="checkout-"))
    folder.chmod(mode)
    try:
        yield folder
    finally:
        if (folder / "var").exists():
            cluster_of(folder).clean()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server() -> None:
    if not postgis_servers():
        pytest.skip("There is no PostgreSQL server with PostGIS on this machine (DATABASE_URL names another one).")


@pytest.fixture(scope="session")
def running(server: None) -> Iterator[Cluster]:
    """A cluster that runs, for tests that leave it running."""
    with checkout() as folder:
        cluster = cluster_of(folder)
        cluster.up()
        yield cluster


@pytest.fixture
def unmade(server: None) -> Iterator[Cluster]:
    """A cluster that is not made yet."""
    with checkout() as folder:
        yield cluster_of(folder)


@pytest.fixture(scope="session")
def worn(server: None) -> Iterator[Cluster]:
    """A cluster that many tests use, in the state that the last one left it in: `up` must cope."""
    with checkout() as folder:
        cluster = cluster_of(folder)
        cluster.up()
        yield cluster


@pytest.fixture
def copied(worn: Cluster) -> Iterator[Cluster]:
    """A stopped cluster of its own: making a new one takes longer."""
    worn.down()
    with checkout() as folder:
        cluster = cluster_of(folder)
        subprocess.run(["cp", "--archive", worn.home, cluster.home], check=True)
        yield cluster
