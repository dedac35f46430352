"""What patients say of their charts. `rules.py` says how it is weighed when somebody reads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.errors import FieldError
from deployments.medical_records.access_schemas import Consent, ConsentProvision, ConsentRequest
from deployments.medical_records.desk import Desk
from deployments.medical_records.errors import (
    ChangedMeanwhile,
    ConsentEnded,
    ConsentNotPossible,
    RecordNotFound,
)
from deployments.pagination import Page, PageRequest, decode_cursor, page_of
from storage.columns import new_id
from storage.medical_records import consents

KIND = "Consent"


class Consents:
    """Operations on consents, each by the patient themself."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def give(
        self, principal: Principal, patient_id: UUID, request: ConsentRequest
    ) -> Consent:
        """Puts a consent in force, at once or from when it says.

        Raises:
            RecordNotFound: the chart is somebody else's.
            ConsentNotPossible: it names nobody who works here, or a period that is no period.
        """
        await self._check_own(principal, patient_id, "consent-given")
        await self._check_names(request.provision)

        def work(connection: Connection, now: datetime) -> Consent:
            row = _row(patient_id, request.provision, now)
            return _consent(consents.add(connection, row))

        return await self._desk.gate.write(
            principal, patient_id, KIND, "consent-given", work, Permission.RECORDS_CONSENT_OWN
        )

    async def revoke(
        self,
        principal: Principal,
        patient_id: UUID,
        consent_id: UUID,
        expected: int | None = None,
        *,
        in_error: bool = False,
    ) -> Consent:
        """Takes a consent out of force; it stays to be read.

        Args:
            principal: the patient.
            patient_id: whose chart.
            consent_id: which consent.
            expected: the version that the caller saw.
            in_error: whether it should never have been given.

        Raises:
            RecordNotFound: none of the caller's.
            ChangedMeanwhile: it is not in the expected version.
            ConsentEnded: it is out of force already.
        """
        principal.require(Permission.RECORDS_CONSENT_OWN)
        status = "entered-in-error" if in_error else "inactive"

        def work(connection: Connection, now: datetime) -> Consent:
            row = consents.lock(connection, patient_id, consent_id)
            if row is None:
                raise RecordNotFound
            if expected not in {None, row["version"]}:
                raise ChangedMeanwhile
            if row["status"] != "active":
                raise ConsentEnded
            return _consent(consents.end(connection, consent_id, status, now))

        return await self._desk.gate.write(
            principal,
            patient_id,
            KIND,
            "consent-revoked",
            work,
            Permission.RECORDS_CONSENT_OWN,
            object_id=consent_id,
        )

    async def list_page(
        self, principal: Principal, patient_id: UUID, page: PageRequest
    ) -> Page[Consent]:
        """Every consent that the patient has given, the latest first.

        Raises:
            RecordNotFound: the chart is somebody else's.
            InvalidCursor: the cursor is not from this list.
        """
        await self._check_own(principal, patient_id, "read")
        after = decode_cursor(page.cursor, datetime.fromisoformat, UUID) if page.cursor else None

        def work(connection: Connection) -> Page[Consent]:
            rows = consents.page(connection, patient_id, after, page.limit + 1)
            found = [_consent(row) for row in rows]
            return page_of(found, page.limit, lambda one: (one.recorded_at.isoformat(), one.id))

        return await self._desk.gate.read(principal, patient_id, KIND, work)

    async def _check_own(self, principal: Principal, patient_id: UUID, action: str) -> None:
        principal.require(Permission.RECORDS_CONSENT_OWN)
        if principal.user_id != patient_id:
            await self._desk.gate.deny(principal, patient_id, KIND, action)

    async def _check_names(self, provision: ConsentProvision) -> None:
        named = provision.practitioner_id
        if named is not None and not await self._desk.directory.is_practitioner(named):
            raise _not_possible("practitioner_id", "unknown", "Nobody of the staff has this id.")
        begin, end = provision.starts_at or self._desk.clock(), provision.ends_at
        if end is not None and end <= begin:
            raise _not_possible("ends_at", "not_after_start", "It would end before it begins.")


def _not_possible(field: str, code: str, message: str) -> ConsentNotPossible:
    return ConsentNotPossible(message, [FieldError(f"/provision/{field}", code, message)])


def _row(patient_id: UUID, provision: ConsentProvision, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "patient_id": patient_id,
        "status": "active",
        "provision": provision.type,
        "practitioner_id": provision.practitioner_id,
        "role": provision.role,
        "kinds": sorted(set(provision.kinds)),
        "starts_at": provision.starts_at or now,
        "ends_at": provision.ends_at,
        "recorded_at": now,
        "version": 1,
    }


def _consent(row: Mapping[Any, Any]) -> Consent:
    return Consent(
        id=row["id"],
        version=row["version"],
        patient_id=row["patient_id"],
        status=row["status"],
        provision=ConsentProvision(
            type=row["provision"],
            practitioner_id=row["practitioner_id"],
            role=row["role"],
            kinds=row["kinds"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
        ),
        recorded_at=row["recorded_at"],
        revoked_at=row["revoked_at"],
    )
