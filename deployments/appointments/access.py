"""Who may act for whom. What a caller may not know of looks like what does not exist."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from deployments.access import Permission, Principal
from deployments.appointments.errors import (
    AppointmentNotFound,
    NotBookable,
    PatientNotFound,
    PractitionerNotFound,
)
from deployments.errors import FieldError


def viewer_of(principal: Principal) -> UUID | None:
    """Whose visits the caller may see: None for all, else those where they are one of the two.

    Raises:
        Forbidden: none at all.
    """
    principal.require(Permission.APPOINTMENTS_READ_OWN, Permission.APPOINTMENTS_READ_ANY)
    return None if principal.has(Permission.APPOINTMENTS_READ_ANY) else principal.user_id


def patient_of(principal: Principal, wanted: UUID | None) -> UUID:
    """The patient that the caller books for.

    Raises:
        Forbidden: the caller books for nobody.
        PatientNotFound: the caller may not act for this patient.
        NotBookable: staff did not say for whom.
    """
    principal.require(Permission.APPOINTMENTS_BOOK_OWN, Permission.APPOINTMENTS_BOOK_ANY)
    if wanted is not None:
        if wanted != principal.user_id and not principal.has(Permission.APPOINTMENTS_BOOK_ANY):
            raise PatientNotFound
        return wanted
    if not principal.has(Permission.APPOINTMENTS_BOOK_OWN):
        message = "Say for which patient."
        raise NotBookable(message, [FieldError("/patient_id", "missing", message)])
    return principal.user_id


def is_by_patient(principal: Principal, patient_id: UUID) -> bool:
    """Whether the rules for patients hold, not those for staff."""
    own = patient_id == principal.user_id
    return own or not principal.has(Permission.APPOINTMENTS_BOOK_ANY)


def check_manages(principal: Principal, appointment: Mapping[Any, Any]) -> None:
    """The caller may change a visit that they can see: their own, or any as staff.

    Raises:
        AppointmentNotFound: they may not.
    """
    own = appointment["patient_id"] == principal.user_id
    if not (own or principal.has(Permission.APPOINTMENTS_BOOK_ANY)):
        raise AppointmentNotFound


def practitioner_of(principal: Principal, wanted: UUID | None) -> UUID:
    """The doctor whose calendar the caller changes.

    Raises:
        Forbidden: the caller changes nobody's.
        PractitionerNotFound: it is another doctor's.
    """
    own = owned_calendar(principal)
    if own is not None and wanted not in {None, own}:
        raise PractitionerNotFound
    return wanted or principal.user_id


def owned_calendar(principal: Principal) -> UUID | None:
    """The only doctor whose calendar the caller may change; None for every doctor's.

    Raises:
        Forbidden: the caller changes nobody's.
    """
    principal.require(
        Permission.APPOINTMENTS_AVAILABILITY_OWN, Permission.APPOINTMENTS_AVAILABILITY_ANY
    )
    anybody = principal.has(Permission.APPOINTMENTS_AVAILABILITY_ANY)
    return None if anybody else principal.user_id
