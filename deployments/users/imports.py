"""People of other systems and of demonstrations: taken in by the command line, without HTTP."""

import hashlib
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal, Role
from deployments.clock import Clock, utc_now
from deployments.errors import FieldError
from deployments.users.account_schemas import PersonFields
from deployments.users.codes import AccountStatus, Activity
from deployments.users.conflicts import named_conflicts
from deployments.users.enrolment import Enrolment, add_patient_profile
from deployments.users.errors import IdentifiersDisagree, IncompletePerson
from deployments.users.journal import note
from deployments.users.profile_schemas import PatientFields, StaffProfileFields
from deployments.users.profiles import DirectoryChanged
from deployments.users.rules import PROFILE_ROLES
from deployments.users.schemas import ImportedPerson, ImportOutcome
from storage.columns import new_id
from storage.database import ConstraintViolated, Database
from storage.users import accounts, addresses, profiles

STAFF: Final[TypeAdapter[Any]] = TypeAdapter(StaffProfileFields)
OF_PATIENTS: Final = set(PatientFields.model_fields)
OF_STAFF: Final = {
    "role", "licence_number", "department", "qualifications", "languages", "specialties", "bio",
}  # fmt: skip


class Imports:
    """Takes people in from elsewhere, again and again without doubling them.

    Args:
        database: of users.
        enrolment: makes the rows.
        directory_changed: called after the directory of practitioners changed.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        enrolment: Enrolment,
        directory_changed: DirectoryChanged,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._enrolment = enrolment
        self._directory_changed = directory_changed
        self._clock = clock

    async def import_person(self, caller: Principal, person: ImportedPerson) -> ImportOutcome:
        """Makes the person, or brings them up to date; idempotent by identifier.

        What the other system does not say stays as it is here. An e-mail address that a person
        signs in with, and whether they may, are never changed by an import.

        Raises:
            IncompletePerson: the role needs more than that.
            IdentifiersDisagree: the identifiers belong to different people here.
            EmailTaken: another person has the e-mail address.
            LicenceTaken: another member of the staff has the licence number.
        """
        caller.require(Permission.USERS_MANAGE)
        profile = _profile_values(person)
        with named_conflicts():
            try:
                outcome = await self._record(caller, person, profile)
            except ConstraintViolated:
                # perhaps somebody imported the same person at this moment: now they are here
                outcome = await self._record(caller, person, profile)
        if outcome.outcome != "unchanged" and person.role != Role.PATIENT:
            await self._directory_changed()
        return outcome

    async def find_by_identifier(self, system: str, value: str) -> UUID | None:
        """The person who has the identifier."""
        found = await self._database.read(lambda conn: accounts.owners(conn, [(system, value)]))
        return next(iter(found), None)

    async def _record(
        self, caller: Principal, person: ImportedPerson, profile: dict[str, Any] | None
    ) -> ImportOutcome:
        now = self._clock()

        def work(connection: Connection) -> ImportOutcome:
            pairs = [(item.system, item.value) for item in person.identifiers]
            owners = accounts.owners(connection, pairs)
            if len(owners) > 1:
                raise IdentifiersDisagree
            if not owners:
                return self._create(connection, caller, person, profile, now)
            return self._update(connection, caller, owners.pop(), person, profile, now)

        return await self._database.transact(work)

    def _create(
        self,
        connection: Connection,
        caller: Principal,
        person: ImportedPerson,
        profile: dict[str, Any] | None,
        now: datetime,
    ) -> ImportOutcome:
        user = self._enrolment.add_person(
            connection,
            _person_fields(person),
            status=AccountStatus.ACTIVE if person.active else AccountStatus.INACTIVE,
            role=person.role,
            now=now,
            email=person.email,
            import_fingerprint=_fingerprint(person),
        )
        self._fill(connection, user, person, profile)
        note(connection, Activity.IMPORTED, user.id, at=now, actor=caller)
        return ImportOutcome(id=user.id, outcome="created")

    def _update(
        self,
        connection: Connection,
        caller: Principal,
        user_id: UUID,
        person: ImportedPerson,
        profile: dict[str, Any] | None,
        now: datetime,
    ) -> ImportOutcome:
        user = accounts.lock(connection, user_id)
        if user is None:
            raise IdentifiersDisagree
        if bytes(user.import_fingerprint or b"") == _fingerprint(person):
            return ImportOutcome(id=user_id, outcome="unchanged")
        values = self._enrolment.person_values(_person_fields(person)) | {
            "email": user.email or person.email,
            "phone": person.phone or user.phone,
            "locale": person.locale or user.locale,
            "time_zone": person.time_zone or user.time_zone,
            "roles": sorted({*user.roles, person.role}),
            "import_fingerprint": _fingerprint(person),
            "updated_at": now,
        }
        self._fill(connection, accounts.change(connection, user_id, values), person, profile)
        note(connection, Activity.IMPORTED, user_id, at=now, actor=caller)
        return ImportOutcome(id=user_id, outcome="updated")

    def _fill(
        self,
        connection: Connection,
        user: Row[Any],
        person: ImportedPerson,
        profile: dict[str, Any] | None,
    ) -> None:
        """Writes identifiers, profile and address, as far as they are not there."""
        known = {(row.system, row.value) for row in accounts.identifiers_of(connection, user.id)}
        fresh = {(item.system, item.value) for item in person.identifiers} - known
        if fresh:
            accounts.add_identifiers(connection, user.id, sorted(fresh))
        if profile is not None:
            _write_profile(connection, user, person.role, profile)
        if person.address is not None:
            _write_address(connection, user.id, person.address.model_dump(mode="json"))


def _write_profile(
    connection: Connection, user: Row[Any], role: Role, values: dict[str, Any]
) -> None:
    if profiles.lock(connection, role, user.id) is not None:
        profiles.change(connection, role, user.id, values)
    elif role == Role.PATIENT:
        add_patient_profile(connection, user, values)
    else:
        profiles.add(connection, role, user.id, values)


def _write_address(connection: Connection, user_id: UUID, values: dict[str, Any]) -> None:
    """The oldest address is the imported one; those that people added stay."""
    existing = addresses.all_of(connection, user_id)
    if existing:
        addresses.change(connection, existing[0].id, values)
    else:
        addresses.add(connection, new_id(), user_id, values)


def _person_fields(person: ImportedPerson) -> PersonFields:
    return PersonFields.model_validate(person.model_dump(include=set(PersonFields.model_fields)))


def _profile_values(person: ImportedPerson) -> dict[str, Any] | None:
    """Columns of the profile that the role needs; None for roles without one.

    Raises:
        IncompletePerson: something is missing.
    """
    if person.role not in PROFILE_ROLES:
        return None
    try:
        if person.role == Role.PATIENT:
            fields: Any = PatientFields.model_validate(person.model_dump(include=OF_PATIENTS))
        else:
            fields = STAFF.validate_python(_staff_fields(person))
    except ValidationError as error:
        found = [
            FieldError(f"/{item['loc'][-1]}", str(item["type"]), str(item["msg"]))
            for item in error.errors()
        ]
        raise IncompletePerson("see errors", found) from None
    values: dict[str, Any] = fields.model_dump(mode="json", exclude={"role"}, exclude_none=True)
    return values


def _staff_fields(person: ImportedPerson) -> dict[str, Any]:
    """What the file says, for the profile of its role; others' fields are left out."""
    fields = person.model_dump(include=OF_STAFF)
    if person.role != Role.DOCTOR:
        fields = {key: value for key, value in fields.items() if key not in {"specialties", "bio"}}
    if person.role == Role.LAB_TECHNICIAN:
        fields["section"] = person.laboratory_section
    return fields


def _fingerprint(person: ImportedPerson) -> bytes:
    """Stands for everything that was imported, to see at once that nothing is new."""
    return hashlib.sha256(person.model_dump_json().encode()).digest()
