"""One demo for all end-to-end tests of a session."""

from contextlib import closing

import pytest
from fakes.demo import Demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    demo = Demo(tmp_path_factory.mktemp("demo") / "state")
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def client(demo):
    with closing(demo.client()) as client:
        yield client
