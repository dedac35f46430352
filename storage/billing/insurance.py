"""Insurers, plans, coverages of patients, eligibility checks."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Table, insert, or_, select, update

from storage.billing.insurance_tables import CHECKS, COVERAGES, PLANS, PROVIDERS

_WITH_PLAN = (
    select(
        COVERAGES,
        PLANS.c.payer_id,
        PLANS.c.code.label("plan_code"),
        PLANS.c.currency,
        PLANS.c.benefits,
        PROVIDERS.c.code.label("payer_code"),
        PROVIDERS.c.name_en.label("payer_name"),
        PROVIDERS.c.filing,
        PROVIDERS.c.active.label("payer_active"),
    )
    .join(PLANS, PLANS.c.id == COVERAGES.c.plan_id)
    .join(PROVIDERS, PROVIDERS.c.id == PLANS.c.payer_id)
)


def _add(connection: Connection, table: Table, values: Mapping[str, Any]) -> RowMapping:
    statement = insert(table).values(**values).returning(*table.columns)
    return connection.execute(statement).mappings().one()


def add_provider(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Adds a payer."""
    return _add(connection, PROVIDERS, values)


def find_provider(connection: Connection, provider_id: UUID) -> RowMapping | None:
    """One payer."""
    query = select(PROVIDERS).where(PROVIDERS.c.id == provider_id)
    return connection.execute(query).mappings().first()


def find_provider_by_code(connection: Connection, code: str) -> RowMapping | None:
    """The payer with a code."""
    query = select(PROVIDERS).where(PROVIDERS.c.code == code)
    return connection.execute(query).mappings().first()


def list_providers(connection: Connection) -> Sequence[RowMapping]:
    """All payers."""
    return connection.execute(select(PROVIDERS).order_by(PROVIDERS.c.code)).mappings().all()


def add_plan(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Adds a plan."""
    return _add(connection, PLANS, values)


def list_plans(connection: Connection, payer_id: UUID) -> Sequence[RowMapping]:
    """Plans of a payer."""
    query = select(PLANS).where(PLANS.c.payer_id == payer_id).order_by(PLANS.c.code)
    return connection.execute(query).mappings().all()


def find_plan(connection: Connection, plan_id: UUID) -> RowMapping | None:
    """One plan."""
    return connection.execute(select(PLANS).where(PLANS.c.id == plan_id)).mappings().first()


def change_plan(
    connection: Connection, plan_id: UUID, version: int, **columns: Any
) -> RowMapping | None:
    """Changes a plan that is in a version; None when it is in another, or not there."""
    statement = (
        update(PLANS)
        .where(PLANS.c.id == plan_id, PLANS.c.version == version)
        .values(version=PLANS.c.version + 1, **columns)
        .returning(*PLANS.columns)
    )
    return connection.execute(statement).mappings().first()


def add_coverage(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Adds a coverage."""
    return _add(connection, COVERAGES, values)


def find_coverage(connection: Connection, coverage_id: UUID) -> RowMapping | None:
    """One coverage, with its plan and payer."""
    query = _WITH_PLAN.where(COVERAGES.c.id == coverage_id)
    return connection.execute(query).mappings().first()


def list_coverages(connection: Connection, patient_id: UUID) -> Sequence[RowMapping]:
    """Coverages of a patient with their plans: who pays first comes first, newest before older."""
    query = _WITH_PLAN.where(
        COVERAGES.c.patient_id == patient_id, COVERAGES.c.status != "entered-in-error"
    ).order_by(COVERAGES.c.position, COVERAGES.c.starts_on.desc())
    return connection.execute(query).mappings().all()


def coverages_on(connection: Connection, patient_id: UUID, day: date) -> Sequence[RowMapping]:
    """Coverages in force on a day, in the order in which they pay."""
    query = _WITH_PLAN.where(
        COVERAGES.c.patient_id == patient_id,
        COVERAGES.c.status == "active",
        COVERAGES.c.starts_on <= day,
        or_(COVERAGES.c.ends_on.is_(None), COVERAGES.c.ends_on >= day),
    ).order_by(COVERAGES.c.position)
    return connection.execute(query).mappings().all()


def change_coverage(
    connection: Connection, coverage_id: UUID, version: int, **columns: Any
) -> bool:
    """Changes a coverage that is in a version; False when it is in another, or not there."""
    statement = (
        update(COVERAGES)
        .where(COVERAGES.c.id == coverage_id, COVERAGES.c.version == version)
        .values(version=COVERAGES.c.version + 1, **columns)
    )
    return connection.execute(statement).rowcount == 1


def add_check(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Adds an eligibility check."""
    return _add(connection, CHECKS, values)


def find_check(connection: Connection, check_id: UUID) -> RowMapping | None:
    """One eligibility check, with its patient."""
    query = (
        select(CHECKS, COVERAGES.c.patient_id)
        .join(COVERAGES, COVERAGES.c.id == CHECKS.c.coverage_id)
        .where(CHECKS.c.id == check_id)
    )
    return connection.execute(query).mappings().first()


def answer_check(connection: Connection, check_id: UUID, **columns: Any) -> None:
    """Writes the payer's answer to a check."""
    connection.execute(update(CHECKS).where(CHECKS.c.id == check_id).values(**columns))
