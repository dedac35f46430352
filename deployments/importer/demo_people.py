"""Somebody of the demo hospital, as if they were signed in."""

from datetime import UTC, datetime
from uuid import UUID

from deployments.access import Principal, Role
from deployments.importer.ports import DemoPeople


async def acting(people: DemoPeople, system: str, value: str, role: Role) -> Principal:
    """Who has the identifier, in this role.

    Raises:
        LookupError: nobody in the data files has it.
    """
    return Principal(
        user_id=await id_of(people, system, value),
        roles=frozenset({role}),
        token_id="demo",  # noqa: S106 - no token
        issued_at=datetime.min.replace(tzinfo=UTC),
        expires_at=datetime.max.replace(tzinfo=UTC),
    )


async def id_of(people: DemoPeople, system: str, value: str) -> UUID:
    """The person with the identifier.

    Raises:
        LookupError: nobody in the data files has it.
    """
    found = await people.find_by_identifier(system, value)
    if found is None:
        raise LookupError(f"{value} is not in the data files")
    return found
