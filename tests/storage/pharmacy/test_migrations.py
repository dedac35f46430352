"""The migrations make what the tables in code say, and can be taken back."""

import pytest

from storage import migrate
from storage.embedded.postgres import EmbeddedPostgres


@pytest.fixture
def url(postgres: EmbeddedPostgres) -> str:
    postgres.create_database("pharmacy_migrations")
    return postgres.url("pharmacy_migrations")


def test_up_down_and_up_again_ends_with_what_the_code_says(url):
    for _ in range(2):
        migrate.upgrade("pharmacy", url)
        assert migrate.pending("pharmacy", url) == []
        assert migrate.differences("pharmacy", url) == []
        migrate.downgrade("pharmacy", url)
        assert migrate.pending("pharmacy", url) == ["0001", "0002", "0003", "0004", "0005"]
