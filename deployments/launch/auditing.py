"""Checks the audit chain of every service against the end that users was told."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from deployments.sealing import sealing_key
from storage import seals
from storage.database import psycopg2_url
from storage.seals import Fault, Head
from storage.settings import BUILT, Service, StorageSettings
from storage.users import anchors


@dataclass(frozen=True)
class Checked:
    """One service's chain.

    Attributes:
        fault: the first place where it is broken; None when it is whole.
    """

    service: Service
    head: Head
    fault: Fault | None


def check_chains(storage: StorageSettings, secret_key: str) -> Iterator[Checked]:
    """Walks through every row of every chain, one service after the other.

    Raises:
        LookupError: the URL of a database is not set.
    """
    ends = _anchored(storage)
    for service in BUILT:
        engine = create_engine(psycopg2_url(storage.database_url(service)), poolclass=NullPool)
        with engine.connect() as connection:
            fault = seals.find_fault(connection, sealing_key(secret_key, service), ends[service])
            yield Checked(service, seals.head_of(connection), fault)


def _anchored(storage: StorageSettings) -> dict[Service, Head]:
    """Read before the chains are, which only grow meanwhile."""
    engine = create_engine(psycopg2_url(storage.database_url("users")), poolclass=NullPool)
    with engine.connect() as connection:
        return {service: anchors.find(connection, service) for service in BUILT}
