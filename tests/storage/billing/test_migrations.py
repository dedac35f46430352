"""The migrations make what the tables in code say, and can be taken back."""

import pytest

from storage import migrate
from storage.embedded.postgres import EmbeddedPostgres


@pytest.fixture
def url(postgres: EmbeddedPostgres) -> str:
    postgres.create_database("billing_migrations")
    return postgres.url("billing_migrations")


def test_up_down_and_up_again_ends_with_what_the_code_says(url):
    for _ in range(2):
        migrate.upgrade("billing", url)
        assert migrate.pending("billing", url) == []
        assert migrate.differences("billing", url) == []
        migrate.downgrade("billing", url)
        assert migrate.pending("billing", url) == ["0001", "0002"]
