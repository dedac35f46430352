"""Statements about measurements that are more than entries of a chart."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Connection,
    Row,
    RowMapping,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from storage.medical_records.entries import columns_of, table_of
from storage.medical_records.observation_tables import VitalSign

OBSERVATIONS: Final = table_of(VitalSign)
STANDING: Final = ("final", "amended", "corrected", "preliminary")
"""Statuses of a result that may be acted on."""
WEIGHT: Final = "29463-7"
EGFR: Final = ("98979-8", "62238-1", "33914-3")

_codes = func.unnest(bindparam("codes", type_=ARRAY(Text))).table_valued("code", name="wanted")
_last = (
    select(*columns_of(VitalSign))
    .where(
        OBSERVATIONS.c.patient_id == bindparam("patient_id", type_=Uuid),
        OBSERVATIONS.c.code == _codes.c.code,
        OBSERVATIONS.c.voided_at.is_(None),
        OBSERVATIONS.c.status.in_(STANDING),
    )
    .order_by(OBSERVATIONS.c.effective_at.desc(), OBSERVATIONS.c.id.desc())
    .limit(1)
    .lateral("last")
)
_LATEST: Final = select(_last).select_from(_codes.join(_last, true()))
_SERIES: Final = (
    select(
        OBSERVATIONS.c.id,
        OBSERVATIONS.c.code,
        OBSERVATIONS.c.effective_at,
        OBSERVATIONS.c.value,
    )
    .where(
        OBSERVATIONS.c.patient_id == bindparam("patient_id", type_=Uuid),
        OBSERVATIONS.c.code == any_(bindparam("codes", type_=ARRAY(Text))),
        OBSERVATIONS.c.voided_at.is_(None),
        OBSERVATIONS.c.status.in_(STANDING),
        OBSERVATIONS.c.value.is_not(None),
    )
    .order_by(OBSERVATIONS.c.effective_at.desc(), OBSERVATIONS.c.id.desc())
    .limit(bindparam("most"))
)
_ORDER: Final = literal_column("effective_at").desc()


class Measured(NamedTuple):
    """A value with its time."""

    value: Decimal
    at: datetime


def latest(
    connection: Connection, patient_id: UUID, codes: Collection[str]
) -> Sequence[RowMapping]:
    """The last standing observation of each code, newest first; codes without one are left out."""
    statement = _LATEST.order_by(_ORDER)
    values = {"patient_id": patient_id, "codes": list(codes)}
    return connection.execute(statement, values).mappings().all()


def last_weight(connection: Connection, patient_id: UUID) -> Measured | None:
    """The last body weight, kg; None when none was ever taken."""
    return _last_value(connection, patient_id, (WEIGHT,))


def last_egfr(connection: Connection, patient_id: UUID) -> Measured | None:
    """The last estimated glomerular filtration rate, mL/min/1.73 m2, by whichever formula."""
    return _last_value(connection, patient_id, EGFR)


def list_series(
    connection: Connection, patient_id: UUID, codes: Collection[str], most: int
) -> Sequence[Row[tuple[UUID, str, datetime, Decimal]]]:
    """Up to `most` standing values of the codes, newest first: id, code, effective_at, value."""
    values = {"patient_id": patient_id, "codes": list(codes), "most": most}
    return connection.execute(_SERIES, values).all()


def _last_value(
    connection: Connection, patient_id: UUID, codes: Collection[str]
) -> Measured | None:
    row = next(iter(list_series(connection, patient_id, codes, 1)), None)
    return Measured(row.value, row.effective_at) if row else None
