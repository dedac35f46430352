"""What the simulated companies brought to telephones, by the references of their customers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.dialects.postgresql import insert

from storage.simulators.message_tables import MESSAGE_REQUESTS, PHONE_MESSAGES


def note_request(connection: Connection, company: str, reference: str) -> int:
    """Counts a request; how many came before. Others with the reference wait for this one."""
    statement = (
        insert(MESSAGE_REQUESTS)
        .values(company=company, reference=reference, times=1)
        .on_conflict_do_update(
            index_elements=["company", "reference"], set_={"times": MESSAGE_REQUESTS.c.times + 1}
        )
        .returning(MESSAGE_REQUESTS.c.times)
    )
    return int(connection.execute(statement).scalar_one()) - 1


def take(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Takes a message; False when it was taken before."""
    statement = insert(PHONE_MESSAGES).values(values).on_conflict_do_nothing()
    return connection.execute(statement).rowcount == 1


def list_taken(connection: Connection, company: str, limit: int) -> Sequence[RowMapping]:
    """What was taken, the latest first."""
    query = (
        select(PHONE_MESSAGES)
        .where(PHONE_MESSAGES.c.company == company)
        .order_by(PHONE_MESSAGES.c.at.desc(), PHONE_MESSAGES.c.reference)
        .limit(limit)
    )
    return connection.execute(query).mappings().all()
