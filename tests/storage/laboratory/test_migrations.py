"""The migrations make what the tables in code say, and can be taken back."""

import pytest

from storage import migrate
from storage.embedded.postgres import EmbeddedPostgres


@pytest.fixture
def url(postgres: EmbeddedPostgres) -> str:
    postgres.create_database("laboratory_migrations")
    return postgres.url("laboratory_migrations")


def test_up_down_and_up_again_ends_with_what_the_code_says(url):
    for _ in range(2):
        migrate.upgrade("laboratory", url)
        assert migrate.pending("laboratory", url) == []
        assert migrate.differences("laboratory", url) == []
        migrate.downgrade("laboratory", url)
    assert "0001" in migrate.pending("laboratory", url)
