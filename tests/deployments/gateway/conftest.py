"""A small application behind the real edge: real PostgreSQL, real Redis, real keys."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, Depends, Query
from jwt.algorithms import OKPAlgorithm
from sqlalchemy import text

from deployments.access import Permission, Role
from deployments.errors import Conflict
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.ingress import build_ingress
from deployments.gateway.policy import PUBLIC, Cache, Retirement, policy
from deployments.gateway.route import gateway_router
from deployments.metrics import Metrics
from deployments.runtime import Runtime
from deployments.schemas import Instant, Schema, ShortText
from deployments.settings import Settings
from deployments.users.schemas import Revocation
from storage.database import Database
from storage.redis import Redis


class Keys:
    """Signs tokens, and publishes keys and revocations as users does."""

    def __init__(self) -> None:
        self.private: dict[str, Ed25519PrivateKey] = {}
        self.revocations: list[Revocation] = []
        self.asked = 0
        self.rotate("first")

    def rotate(self, kid: str) -> None:
        self.private[kid] = Ed25519PrivateKey.generate()

    async def jwks(self) -> list[dict[str, str]]:
        self.asked += 1
        return [
            {**json.loads(OKPAlgorithm.to_jwk(key.public_key())), "kid": kid, "alg": "EdDSA"}
            for kid, key in self.private.items()
        ]

    async def revocations_after(self, sequence: int) -> list[Revocation]:
        return [item for item in self.revocations if item.sequence > sequence]

    def revoke(self, **values: Any) -> None:
        self.revocations.append(
            Revocation(
                sequence=len(self.revocations) + 1,
                **{"token_id": None, "user_id": None, "not_before": None, **values},
                expires_at=datetime.now(UTC) + timedelta(minutes=10),
            )
        )

    def token(self, *roles: Role, kid: str = "first", typ: str = "at+jwt", **claims: Any) -> str:
        now = datetime.now(UTC).timestamp()
        body = {
            "iss": "medray",
            "aud": "medray",
            "sub": str(uuid4()),
            "jti": uuid4().hex,
            "sid": str(uuid4()),
            "roles": list(roles),
            "iat": now,
            "nbf": now,
            "exp": now + 600,
        }
        return jwt.encode(
            {**body, **claims}, self.private[kid], "EdDSA", headers={"kid": kid, "typ": typ}
        )


class Note(Schema):
    id: UUID
    text: ShortText
    at: Instant | None = None
    version: int = 1


class NoteRequest(Schema):
    text: ShortText
    at: Instant | None = None


class Notes:
    """Writes one row per effect into a scratch table."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.reads = 0

    async def write(self, request: NoteRequest) -> Note:
        def work(connection: Any) -> Note:
            note = Note(id=uuid4(), **request.model_dump())
            connection.execute(
                text("INSERT INTO notes VALUES (:id, :text)"), {"id": note.id, "text": note.text}
            )
            if request.text == "slow":
                connection.execute(text("SELECT pg_sleep(0.3)"))
            if request.text == "refused":
                raise Conflict("not this one")
            return note

        return await self.database.transact(work)

    async def count(self) -> int:
        return int(
            await self.database.read(
                lambda c: c.execute(text("SELECT count(*) FROM notes")).scalar_one()
            )
        )


RETIRED = Retirement(since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2027, 1, 1, tzinfo=UTC))
Service = Annotated[Notes, Depends(service_of(Notes))]


def make_router() -> APIRouter:
    router = gateway_router(tags=["notes"])

    @router.post("/notes", status_code=201)
    @policy(Permission.USERS_UPDATE_OWN, cost=2)
    async def write(body: NoteRequest, caller: Caller, service: Service) -> Note:
        return await service.write(body)

    @router.post("/quiet", status_code=204)
    @policy(PUBLIC)
    async def quiet() -> None:
        return None

    @router.get("/notes/{note_id}")
    @policy(Permission.USERS_READ_OWN)
    async def read(note_id: UUID, caller: Caller) -> Note:
        return Note(id=note_id, text="hello", version=7)

    @router.put("/notes/{note_id}")
    @policy(Permission.USERS_UPDATE_OWN)
    async def change(note_id: UUID, body: NoteRequest, expected: IfMatch, caller: Caller) -> Note:
        return Note(id=note_id, text=body.text, version=(expected or 0) + 1)

    @router.get("/cached")
    @policy(Permission.USERS_READ_DIRECTORY, cache=Cache(60, "notes"))
    async def cached(service: Service, q: Annotated[str, Query(max_length=50)] = "") -> list[str]:
        service.reads += 1
        return [q, str(service.reads)]

    @router.get("/patients/{patient_id}/cached")
    @policy(
        Permission.USERS_READ_DIRECTORY,
        cache=Cache(60, "patient:{patient_id}", audited="Condition"),
    )
    async def chart(patient_id: UUID, service: Service) -> list[str]:
        service.reads += 1
        return [str(patient_id), str(service.reads)]

    @router.get("/managed")
    @policy(Permission.USERS_MANAGE)
    async def managed() -> list[str]:
        return []

    @router.get("/old")
    @policy(Permission.USERS_READ_OWN, retirement=RETIRED)
    async def old() -> list[str]:
        return []

    @router.get("/broken")
    @policy(PUBLIC)
    async def broken() -> None:
        raise RuntimeError("Nguyen Van A has a secret")

    return router


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
async def runtime(
    users_database: Database, redis_client: Redis, settings: Settings, keys: Keys
) -> AsyncIterator[Runtime]:
    with users_database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (id uuid PRIMARY KEY, text text)"))
    yield Runtime(
        "notes",
        database=users_database,
        listeners={},
        settings=settings,
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    with users_database.engine.begin() as connection:
        connection.execute(text("DROP TABLE notes"))


@pytest.fixture
def notes(runtime: Runtime) -> Notes:
    return Notes(runtime.database)


@pytest.fixture
async def api(runtime: Runtime, notes: Notes) -> AsyncIterator[httpx.AsyncClient]:
    application = build_ingress([make_router()], runtime=runtime, services={"service": notes})
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://medray.test") as client:
        yield client


@pytest.fixture
def patient(keys: Keys) -> dict[str, str]:
    return {"Authorization": f"Bearer {keys.token(Role.PATIENT)}"}
