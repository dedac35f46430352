"""Every service's migrations go up, down and up again, and agree with its tables."""

import pytest

from storage import migrate
from storage.embedded.postgres import EmbeddedPostgres
from storage.settings import Service, databases


@pytest.mark.parametrize("service", databases(production=False))
def test_up_down_and_up_again(postgres: EmbeddedPostgres, service: Service) -> None:
    name = f"migrate_{service}"
    postgres.create_database(name)
    url = postgres.url(name)
    assert migrate.pending(service, url) != []
    migrate.upgrade(service, url)
    assert migrate.pending(service, url) == []
    assert migrate.differences(service, url) == []
    migrate.downgrade(service, url)
    migrate.upgrade(service, url)
    assert migrate.differences(service, url) == []
