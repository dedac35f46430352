"""How other services reach people."""

from collections.abc import Sequence
from uuid import UUID

from deployments.access import Role
from deployments.users import shapes
from deployments.users.errors import UserNotFound
from deployments.users.schemas import Contact
from storage.database import Database
from storage.users import accounts


class Contacts:
    """Looks up names, addresses, languages and time zones."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, user_id: UUID) -> Contact:
        """How to reach one person.

        Raises:
            UserNotFound: there is no such person.
        """
        found = await self.get_many([user_id])
        if not found:
            raise UserNotFound
        return found[user_id]

    async def get_many(self, user_ids: Sequence[UUID]) -> dict[UUID, Contact]:
        """How to reach several people; unknown ids are left out."""
        rows = await self._database.read(lambda conn: accounts.contacts(conn, user_ids))
        return {row.id: shapes.contact(row) for row in rows}

    async def list_members(self, role: Role) -> list[UUID]:
        """Everybody who has the role and an active account, by id."""
        return list(await self._database.read(lambda conn: accounts.members(conn, role)))
