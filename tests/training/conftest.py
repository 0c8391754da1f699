import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def small_cache(tmp_path_factory):
    """Levels are drawn into a folder of the tests; one thread, so that sums have one order."""
    kept = {name: os.environ.get(name) for name in ("GEOR1_CACHE", "OMP_NUM_THREADS")}
    os.environ["GEOR1_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["OMP_NUM_THREADS"] = "1"
    yield
    for name, value in kept.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
