"""A laboratory on real PostgreSQL, and the people it needs."""

import pytest

from deployments.laboratory.service import LaboratoryService
from tests.factories.laboratory import Staff, staff


@pytest.fixture
def people() -> Staff:
    return staff()


@pytest.fixture
def service(laboratory_database, clock) -> LaboratoryService:
    return LaboratoryService(laboratory_database, clock=clock)
