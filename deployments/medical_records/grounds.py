"""On what ground a caller stands before a chart: reads the facts, lets the rules decide."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.medical_records import rules
from deployments.medical_records.errors import RecordNotFound
from deployments.medical_records.rules import Basis, Facts, Provision
from storage.medical_records import access


def of_reading(
    connection: Connection,
    now: datetime,
    principal: Principal,
    patient_id: UUID,
    kinds: Collection[str],
    vouched: Basis | None,
) -> dict[str, Basis]:
    """By kind why it may be read; kinds that may not are left out."""
    if principal.user_id == patient_id and principal.has(Permission.RECORDS_READ_OWN):
        return dict.fromkeys(kinds, rules.OWN)
    if vouched == rules.REVIEW and principal.has(Permission.RECORDS_REVIEW_ACCESS):
        return dict.fromkeys(kinds, rules.REVIEW)
    facts = _facts(connection, now, principal, patient_id, vouched)
    found = {kind: rules.decide(principal, kind, facts) for kind in kinds}
    return {kind: basis for kind, basis in found.items() if basis is not None}


def of_change(
    connection: Connection,
    now: datetime,
    principal: Principal,
    patient_id: UUID,
    kind: str,
    permissions: Collection[Permission],
    *,
    admits: bool,
) -> Basis:
    """Why the caller may change data of this kind.

    Nobody writes in their own chart as staff, and what a patient says of it is theirs alone:
    staff may be patients of the house too, and hold both permissions.

    Raises:
        RecordNotFound: they may not.
    """
    own, theirs = principal.user_id == patient_id, Permission.RECORDS_CONSENT_OWN in permissions
    if own and theirs:
        return rules.OWN
    if own or theirs:
        raise RecordNotFound
    vouched = rules.ADMISSION if admits else None
    facts = _facts(connection, now, principal, patient_id, vouched)
    basis = rules.decide(principal, kind, facts)
    if basis is None:
        raise RecordNotFound
    return basis


def _facts(
    connection: Connection,
    now: datetime,
    principal: Principal,
    patient_id: UUID,
    vouched: Basis | None,
) -> Facts:
    known = access.known(connection, patient_id, principal.user_id, now)
    return Facts(
        relation=_relation(known.relation) or vouched,
        grant_id=known.grant_id,
        provisions=[_provision(row) for row in known.provisions],
    )


def _relation(known: str | None) -> Basis | None:
    if known is None:
        return None
    why, _, source_id = known.partition(":")
    return Basis(why, UUID(source_id))


def _provision(row: dict[str, Any]) -> Provision:
    named = row["practitioner_id"]
    return Provision(
        id=UUID(row["id"]),
        permits=row["permits"],
        practitioner_id=UUID(named) if named else None,
        role=row["role"],
        kinds=frozenset(row["kinds"]),
    )
