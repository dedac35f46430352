"""Statements about measurements that are more than entries of a chart."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import (
    Connection,
    RowMapping,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from storage.medical_records.entries import columns_of, table_of
from storage.medical_records.observation_tables import VitalSign

OBSERVATIONS: Final = table_of(VitalSign)
STANDING: Final = ("final", "amended", "corrected", "preliminary")
"""Statuses of a result that may be acted on."""

_codes = (
    func.unnest(bindparam("codes", type_=ARRAY(Text)))
    .table_valued("code", name="wanted")
    .render_derived()
)
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
_LATEST: Final = (
    select(_last).select_from(_codes.join(_last, true())).order_by(_last.c.effective_at.desc())
)
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


def latest(
    connection: Connection, patient_id: UUID, codes: Collection[str]
) -> Sequence[RowMapping]:
    """The last standing observation of each code, newest first; codes without one are left out."""
    values = {"patient_id": patient_id, "codes": list(codes)}
    return connection.execute(_LATEST, values).mappings().all()


def list_series(
    connection: Connection, patient_id: UUID, codes: Collection[str], most: int
) -> Sequence[RowMapping]:
    """Up to `most` standing values of the codes, newest first: id, code, effective_at, value."""
    values = {"patient_id": patient_id, "codes": list(codes), "most": most}
    return connection.execute(_SERIES, values).mappings().all()


def lock_round(connection: Connection, patient_id: UUID, round_id: UUID) -> Sequence[RowMapping]:
    """What was measured together and is not voided, locked until the transaction ends."""
    query = (
        select(*columns_of(VitalSign))
        .where(
            OBSERVATIONS.c.patient_id == patient_id,
            OBSERVATIONS.c.round_id == round_id,
            OBSERVATIONS.c.voided_at.is_(None),
        )
        .order_by(OBSERVATIONS.c.id)
        .with_for_update()
    )
    return connection.execute(query).mappings().all()
