"""What every test has: how hard Hypothesis looks, and what a test is skipped for want of."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.register_profile(
    "nightly", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


EVERYTHING = bool(os.environ.get("KYOTEN_ALL"))  # in CI and in `make test-all`: nothing is skipped

# Debian keeps servers in folders that are not on an ordinary user's PATH.
SEARCH = os.pathsep.join(
    [
        os.environ.get("PATH", ""),
        "/usr/sbin",
        *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin"))),
    ]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip a test marked ``needs("program")`` where the program is not installed."""
    for item in items:
        for marker in item.iter_markers("needs"):
            (what,) = marker.args
            if shutil.which(what, path=SEARCH) is None and not EVERYTHING:
                item.add_marker(pytest.mark.skip(reason=f"needs {what}, which is not installed"))


@pytest.fixture(scope="session")
def shared_records() -> Path:
    """The folder of collected real-world records, which is no part of the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the shared records, and {SHARED} is not there")
    return SHARED
