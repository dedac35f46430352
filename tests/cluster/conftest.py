"""One hospital, as `medray up` runs it, for all cluster tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.stack import Hospital

UNLIMITED = {
    "MEDRAY_RATE_LIMIT_PER_MINUTE": "10000000",
    "MEDRAY_ANONYMOUS_RATE_LIMIT_PER_MINUTE": "10000000",
}


@pytest.fixture(scope="session")
def hospital(folder: Path) -> Iterator[Hospital]:
    stack = Hospital(folder / "hospital", settings=UNLIMITED).start()
    yield stack
    assert stack.stop() == 0
