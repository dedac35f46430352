"""The users service on the real database, with cheap hashes and a clock that stands still."""

from typing import Any
from uuid import UUID

import jwt
import pytest
from sqlalchemy import select, update

from deployments.access import Principal
from deployments.settings import Settings
from deployments.users.codes import TokenPurpose
from deployments.users.schemas import SignedIn
from deployments.users.service import UsersService
from deployments.users.settings import UsersSettings
from storage.database import Database
from storage.users.tables import Base, OneTimeToken, User
from tests.factories.users import PASSWORD, administrator, credentials, invitation, registration

CHEAP = UsersSettings(password_time_cost=1, password_memory_kib=64)


class Clinic:
    """Users in one test: people come in by the front door, rows can be looked at."""

    def __init__(self, database: Database, settings: Settings, clock: Any) -> None:
        self.database = database
        self.settings = settings
        self.clock = clock
        self.directory_changes = 0
        self.users = UsersService(database, settings, CHEAP, self._directory_changed, clock)

    def another_replica(self) -> UsersService:
        return UsersService(
            self.database, self.settings, CHEAP, self._directory_changed, self.clock
        )

    async def patient(self, **changes: Any) -> UUID:
        return (await self.users.registration.register(registration(**changes))).user_id

    async def doctor(self, **changes: Any) -> UUID:
        """An invited and accepted doctor."""
        invited = await self.users.invitations.invite(administrator(), invitation(**changes))
        with self.database.engine.begin() as connection:
            connection.execute(
                update(User).where(User.id == invited.user_id).values(status="active")
            )
        return invited.user_id

    async def administrator(self) -> UUID:
        caller = Principal.for_service("test")
        return await self.users.beginnings.create_first_administrator(
            caller, "chief@clinic.example", PASSWORD, "Đỗ", "Lan"
        )

    async def sign_in(self, email: str, password: str = PASSWORD, **codes: str) -> SignedIn:
        return await self.users.sign_in.sign_in(credentials(email, password, **codes), "pytest")

    async def caller(self, signed: SignedIn) -> Principal:
        """The principal of a token, as the edge makes it from the claims."""
        claims = self.claims(signed)
        return Principal(
            user_id=claims["sub"],
            roles=claims["roles"],
            token_id=claims["jti"],
            session_id=claims["sid"],
            issued_at=claims["iat"],
            expires_at=claims["exp"],
        )

    def claims(self, signed: SignedIn) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            signed.access_token, options={"verify_signature": False}
        )
        return claims

    async def is_refused(self, signed: SignedIn) -> bool:
        """Whether the revocations that other services poll cover the token."""
        caller = await self.caller(signed)
        for item in await self.users.authority.revocations_after(0):
            if item.token_id == caller.token_id:
                return True
            if item.user_id == caller.user_id and item.not_before is not None:
                return caller.issued_at < item.not_before
        return False

    async def one_time_token(self, user_id: UUID, purpose: TokenPurpose) -> str:
        """The token of the e-mail that is due."""
        rows = await self.rows(OneTimeToken)
        found = [
            row.id
            for row in rows
            if row.user_id == user_id and row.purpose == purpose and row.used_at is None
        ]
        return (await self.users.links.one_time_link(found[-1])).token

    async def rows(self, table: type[Base]) -> list[Any]:
        query = select(table.__table__).order_by(*table.__table__.primary_key)
        return list(await self.database.read(lambda conn: conn.execute(query).all()))

    async def _directory_changed(self) -> None:
        self.directory_changes += 1


@pytest.fixture
def clinic(users_database: Database, settings: Settings, clock: Any) -> Clinic:
    return Clinic(users_database, settings, clock)


@pytest.fixture
def administrating() -> Principal:
    return administrator()
