"""Statements about the formulary."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, tuple_, update

from storage.pharmacy.tables import MEDICATIONS

COLUMNS: Final = tuple(column for column in MEDICATIONS.columns if column.name != "search_text")
"""What is read; `search_text` follows from the rest."""
ADD: Final = insert(MEDICATIONS).returning(*COLUMNS)
FIND: Final = select(*COLUMNS).where(MEDICATIONS.c.id == bindparam("wanted"))
FIND_LOCKED: Final = FIND.with_for_update()
LIST_BY_ID: Final = select(*COLUMNS).where(
    MEDICATIONS.c.id.in_(bindparam("wanted", expanding=True))
)


def add(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Adds a medication in its first version.

    Raises:
        sqlalchemy.exc.IntegrityError: the code is in use.
    """
    return connection.execute(ADD, {"version": 1, **values}).mappings().one()


def change(connection: Connection, medication_id: UUID, values: Mapping[str, Any]) -> RowMapping:
    """Changes a medication that the caller has locked."""
    statement = (
        update(MEDICATIONS)
        .where(MEDICATIONS.c.id == medication_id)
        .values(version=MEDICATIONS.c.version + 1, **values)
        .returning(*COLUMNS)
    )
    return connection.execute(statement).mappings().one()


def find(connection: Connection, medication_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """One medication; with `lock` until the transaction ends."""
    statement = FIND_LOCKED if lock else FIND
    return connection.execute(statement, {"wanted": medication_id}).mappings().first()


def list_by_id(connection: Connection, medication_ids: Sequence[UUID]) -> Sequence[RowMapping]:
    """The medications that exist among the ids, in no order."""
    return connection.execute(LIST_BY_ID, {"wanted": list(medication_ids)}).mappings().all()


def list_all_locked(connection: Connection) -> Sequence[RowMapping]:
    """Every medication, locked until the transaction ends."""
    query = select(*COLUMNS).order_by(MEDICATIONS.c.id).with_for_update()
    return connection.execute(query).mappings().all()


def list_page(
    connection: Connection,
    words: Sequence[str],
    after: tuple[str, UUID] | None,
    limit: int,
    *,
    include_retired: bool,
) -> Sequence[RowMapping]:
    """Up to `limit` medications that have every word in a name or brand, by English name.

    Args:
        connection: outside or inside a transaction.
        words: lower case, without accents.
        after: name and id of the last one on the page before.
        limit: how many.
        include_retired: those too that are no longer prescribed.
    """
    query = select(*COLUMNS).order_by(MEDICATIONS.c.name_en, MEDICATIONS.c.id).limit(limit)
    for word in words:
        query = query.where(MEDICATIONS.c.search_text.contains(word, autoescape=True))
    if not include_retired:
        query = query.where(MEDICATIONS.c.active)
    if after is not None:
        query = query.where(tuple_(MEDICATIONS.c.name_en, MEDICATIONS.c.id) > tuple_(*after))
    return connection.execute(query).mappings().all()
