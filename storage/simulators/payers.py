"""What the simulated payers know."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, insert, select, text, update

from storage.columns import new_id
from storage.simulators.payer_tables import (
    PAYER_ATTEMPTS,
    PAYER_CLAIMS,
    PAYER_CONSENTS,
    PAYER_NUMBERS,
    PAYER_REMITTANCES,
)

CLAIMS = PAYER_CLAIMS
LIVE = ("pending", "decided")


def lock(connection: Connection, payer: str, whom: str) -> None:
    """Until the end of the transaction nobody else works on the claims of a hospital."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"payer {payer} {whom}"},
    )


def next_number(connection: Connection) -> int:
    """A number that no payer has used."""
    return int(connection.execute(select(PAYER_NUMBERS.next_value())).scalar_one())


def note_attempt(
    connection: Connection, payer: str, sender: str, control_number: str, at: datetime
) -> int:
    """Remembers that an interchange came; how often it came before."""
    same = {"payer": payer, "sender": sender, "control_number": control_number}
    query = select(func.count()).select_from(PAYER_ATTEMPTS)
    for name, value in same.items():
        query = query.where(PAYER_ATTEMPTS.c[name] == value)
    earlier = connection.execute(query).scalar_one()
    connection.execute(insert(PAYER_ATTEMPTS), {"id": new_id(), "at": at, **same})
    return int(earlier)


def add_claim(connection: Connection, values: Mapping[str, Any]) -> None:
    """Takes a claim in."""
    connection.execute(insert(CLAIMS), dict(values))


def find_interchange(
    connection: Connection, payer: str, sender: str, control_number: str
) -> RowMapping | None:
    """The claim that an interchange brought."""
    query = select(CLAIMS).where(
        CLAIMS.c.payer == payer,
        CLAIMS.c.sender == sender,
        CLAIMS.c.control_number == control_number,
    )
    return connection.execute(query).mappings().first()


def find_claim(connection: Connection, payer: str, number: str) -> RowMapping | None:
    """The newest claim with a hospital's number."""
    query = select(CLAIMS).where(CLAIMS.c.payer == payer, CLAIMS.c.number == number)
    newest = query.order_by(CLAIMS.c.id.desc()).limit(1)
    return connection.execute(newest).mappings().first()


def find_by_payer_number(connection: Connection, payer: str, number: str) -> RowMapping | None:
    """A live claim with the payer's own number."""
    query = select(CLAIMS).where(
        CLAIMS.c.payer == payer, CLAIMS.c.payer_claim_number == number, CLAIMS.c.state.in_(LIVE)
    )
    return connection.execute(query).mappings().first()


def claims_of_member(connection: Connection, payer: str, member_id: str) -> Sequence[RowMapping]:
    """Live claims of a member."""
    query = select(CLAIMS).where(
        CLAIMS.c.payer == payer, CLAIMS.c.member_id == member_id, CLAIMS.c.state.in_(LIVE)
    )
    return connection.execute(query).mappings().all()


def due(connection: Connection, payer: str, sender: str, now: datetime) -> Sequence[RowMapping]:
    """Claims of a hospital that can be adjudicated, oldest first."""
    query = select(CLAIMS).where(
        CLAIMS.c.payer == payer,
        CLAIMS.c.sender == sender,
        CLAIMS.c.state == "pending",
        CLAIMS.c.known_at <= now,
    )
    return connection.execute(query.order_by(CLAIMS.c.id)).mappings().all()


def change_claim(connection: Connection, claim_id: UUID, **columns: Any) -> None:
    """Changes a claim."""
    connection.execute(update(CLAIMS).where(CLAIMS.c.id == claim_id).values(**columns))


def used(connection: Connection, payer: str, member_id: str, year: int) -> tuple[int, int, int]:
    """What a member has used up in a year: deductible, paid, own."""
    query = select(
        *(func.coalesce(func.sum(CLAIMS.c[name]), 0) for name in ("deductible", "paid", "own"))
    ).where(
        CLAIMS.c.payer == payer,
        CLAIMS.c.member_id == member_id,
        CLAIMS.c.year == year,
        CLAIMS.c.state == "decided",
    )
    row = connection.execute(query).one()
    return int(row[0]), int(row[1]), int(row[2])


def add_remittance(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keeps an 835."""
    connection.execute(insert(PAYER_REMITTANCES), dict(values))


def remittances_after(
    connection: Connection, payer: str, receiver: str, trace_number: str
) -> Sequence[str]:
    """835s for a hospital after one, oldest first; trace numbers are in order."""
    query = select(PAYER_REMITTANCES.c.content).where(
        PAYER_REMITTANCES.c.payer == payer,
        PAYER_REMITTANCES.c.receiver == receiver,
        PAYER_REMITTANCES.c.trace_number > trace_number,
    )
    return list(connection.execute(query.order_by(PAYER_REMITTANCES.c.trace_number)).scalars())


def find_consent(connection: Connection, payer: str, asked_as: str) -> RowMapping | None:
    """The consent that was given to a question."""
    query = select(PAYER_CONSENTS).where(
        PAYER_CONSENTS.c.payer == payer, PAYER_CONSENTS.c.asked_as == asked_as
    )
    return connection.execute(query).mappings().first()


def add_consent(connection: Connection, values: Mapping[str, Any]) -> None:
    """Gives a consent."""
    connection.execute(insert(PAYER_CONSENTS), dict(values))


def consented(
    connection: Connection, payer: str, number: str, member_id: str, day: date
) -> frozenset[str]:
    """Codes that a consent covers on a day."""
    query = select(PAYER_CONSENTS.c.codes).where(
        PAYER_CONSENTS.c.payer == payer,
        PAYER_CONSENTS.c.number == number,
        PAYER_CONSENTS.c.member_id == member_id,
        PAYER_CONSENTS.c.until >= day,
    )
    return frozenset(connection.execute(query).scalar() or ())
