"""Conversations on real PostgreSQL with fake charts, and the people who talk."""

import httpx
import pytest

from deployments.chatbot.deployment import ChatbotDeployment
from deployments.chatbot.schemas import NewConversation
from deployments.chatbot.service import ChatbotService
from deployments.journal import Journal
from deployments.metrics import Metrics
from deployments.runtime import Runtime
from tests.deployments.gateway.conftest import Keys
from tests.factories.laboratory import Staff, staff
from tests.factories.pharmacy import FakeRecords

PREFIX = "/api/v1/chatbot"


@pytest.fixture
def records() -> FakeRecords:
    return FakeRecords()


@pytest.fixture
def people(records) -> Staff:
    return staff(records)


@pytest.fixture
def service(chatbot_database, records, clock) -> ChatbotService:
    return ChatbotService(chatbot_database, records, Journal(chatbot_database), clock=clock)


@pytest.fixture
async def talk(service, people):
    """A conversation of the patient with the assistant."""
    return await service.conversing.begin(people.patient, NewConversation(subject="Kali"))


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
async def api(chatbot_database, redis_client, settings, keys, records):
    """The chatbot over ASGI, through the whole edge, below its prefix."""
    runtime = Runtime(
        "chatbot",
        database=chatbot_database,
        listeners={},
        settings=settings,
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    ingress = ChatbotDeployment(runtime, records).__serve_build_asgi_app__()
    transport = httpx.ASGITransport(ingress, root_path=PREFIX)
    base = f"http://medray.test{PREFIX}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield client
