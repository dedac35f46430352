"""Who may do what: roles, permissions, and the one table that joins them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Final
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from deployments.errors import Forbidden

SERVICE_NAMESPACE: Final = UUID("6d656472-6179-5000-8000-736572766963")


class Role(StrEnum):
    """What a person is in the hospital; `service` is the hospital's own software."""

    PATIENT = "patient"
    DOCTOR = "doctor"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    LAB_TECHNICIAN = "lab_technician"
    BILLING_OFFICER = "billing_officer"
    ADMINISTRATOR = "administrator"
    PRIVACY_OFFICER = "privacy_officer"
    SERVICE = "service"


class Permission(StrEnum):
    """One thing that a route or an operation asks for."""

    USERS_READ_OWN = "users:read_own"
    USERS_UPDATE_OWN = "users:update_own"
    USERS_READ_DIRECTORY = "users:read_directory"
    USERS_READ_PATIENTS = "users:read_patients"
    USERS_MANAGE = "users:manage"
    APPOINTMENTS_SEARCH = "appointments:search"
    APPOINTMENTS_BOOK_OWN = "appointments:book_own"
    APPOINTMENTS_BOOK_ANY = "appointments:book_any"
    APPOINTMENTS_READ_OWN = "appointments:read_own"
    APPOINTMENTS_READ_ANY = "appointments:read_any"
    APPOINTMENTS_CHECK_IN = "appointments:check_in"
    APPOINTMENTS_FULFIL = "appointments:fulfil"
    APPOINTMENTS_AVAILABILITY_OWN = "appointments:availability_own"
    APPOINTMENTS_AVAILABILITY_ANY = "appointments:availability_any"
    APPOINTMENTS_CONFIGURE = "appointments:configure"
    APPOINTMENTS_IMPORT = "appointments:import"
    APPOINTMENTS_CORRECT = "appointments:correct"
    NOTIFICATIONS_READ_OWN = "notifications:read_own"
    NOTIFICATIONS_UPDATE_OWN = "notifications:update_own"
    NOTIFICATIONS_SEE_PRESENCE = "notifications:see_presence"
    NOTIFICATIONS_OPERATE = "notifications:operate"
    OPERATIONS_READ = "operations:read"
    RECORDS_READ_OWN = "records:read_own"
    RECORDS_READ_TREATED = "records:read_treated"
    RECORDS_WRITE = "records:write"
    RECORDS_DIAGNOSE = "records:diagnose"
    RECORDS_BREAK_GLASS = "records:break_glass"
    RECORDS_CONSENT_OWN = "records:consent_own"
    RECORDS_REVIEW_ACCESS = "records:review_access"
    RECORDS_TERMINOLOGY = "records:terminology"
    RECORDS_IMPORT = "records:import"
    PHARMACY_READ_FORMULARY = "pharmacy:read_formulary"
    PHARMACY_READ_OWN = "pharmacy:read_own"
    PHARMACY_READ = "pharmacy:read"
    PHARMACY_PRESCRIBE = "pharmacy:prescribe"
    PHARMACY_VERIFY = "pharmacy:verify"
    PHARMACY_DISPENSE = "pharmacy:dispense"
    PHARMACY_WITNESS = "pharmacy:witness"
    PHARMACY_STOCK = "pharmacy:stock"
    PHARMACY_APPROVE_STOCK = "pharmacy:approve_stock"
    PHARMACY_MANAGE_FORMULARY = "pharmacy:manage_formulary"
    PHARMACY_IMPORT = "pharmacy:import"
    LABORATORY_READ_CATALOGUE = "laboratory:read_catalogue"
    LABORATORY_READ_OWN = "laboratory:read_own"
    LABORATORY_READ = "laboratory:read"
    LABORATORY_READ_ANY = "laboratory:read_any"
    LABORATORY_ORDER = "laboratory:order"
    LABORATORY_COLLECT = "laboratory:collect"
    LABORATORY_WORK = "laboratory:work"
    LABORATORY_VERIFY = "laboratory:verify"
    LABORATORY_MANAGE = "laboratory:manage"
    LABORATORY_ACKNOWLEDGE = "laboratory:acknowledge"
    LABORATORY_IMPORT = "laboratory:import"
    BILLING_READ_OWN = "billing:read_own"
    BILLING_READ = "billing:read"
    BILLING_PAY_OWN = "billing:pay_own"
    BILLING_TAKE_PAYMENTS = "billing:take_payments"
    BILLING_CHARGE = "billing:charge"
    BILLING_ISSUE = "billing:issue"
    BILLING_APPROVE = "billing:approve"
    BILLING_MANAGE_PRICES = "billing:manage_prices"
    BILLING_REPORT = "billing:report"
    BILLING_CLAIM = "billing:claim"
    BILLING_MANAGE_PAYERS = "billing:manage_payers"
    CHATBOT_TALK = "chatbot:talk"
    CHATBOT_CARE = "chatbot:care"


_P = Permission
_EVERYBODY: Final = frozenset(
    {
        _P.USERS_READ_OWN,
        _P.USERS_UPDATE_OWN,
        _P.USERS_READ_DIRECTORY,
        _P.APPOINTMENTS_SEARCH,
        _P.NOTIFICATIONS_READ_OWN,
        _P.NOTIFICATIONS_UPDATE_OWN,
        _P.PHARMACY_READ_FORMULARY,
        _P.LABORATORY_READ_CATALOGUE,
    }
)
_STAFF: Final = _EVERYBODY | {_P.USERS_READ_PATIENTS, _P.NOTIFICATIONS_SEE_PRESENCE}
_CLINICAL: Final = _STAFF | {_P.RECORDS_READ_TREATED, _P.RECORDS_TERMINOLOGY}
_LABORATORY: Final = _CLINICAL | {
    _P.LABORATORY_READ_ANY,
    _P.LABORATORY_COLLECT,
    _P.LABORATORY_WORK,
    _P.LABORATORY_VERIFY,
    _P.LABORATORY_ACKNOWLEDGE,
}
_FRONT_DESK: Final = _STAFF | {_P.APPOINTMENTS_BOOK_ANY, _P.APPOINTMENTS_READ_ANY}

ROLE_PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.PATIENT: _EVERYBODY
    | {
        _P.APPOINTMENTS_BOOK_OWN,
        _P.APPOINTMENTS_READ_OWN,
        _P.RECORDS_READ_OWN,
        _P.RECORDS_CONSENT_OWN,
        _P.PHARMACY_READ_OWN,
        _P.LABORATORY_READ_OWN,
        _P.BILLING_READ_OWN,
        _P.BILLING_PAY_OWN,
        _P.CHATBOT_TALK,
    },
    Role.DOCTOR: _CLINICAL
    | {
        _P.RECORDS_WRITE,
        _P.RECORDS_DIAGNOSE,
        _P.RECORDS_BREAK_GLASS,
        _P.PHARMACY_READ,
        _P.PHARMACY_PRESCRIBE,
        _P.LABORATORY_READ,
        _P.LABORATORY_ORDER,
        _P.LABORATORY_COLLECT,
        _P.LABORATORY_ACKNOWLEDGE,
        _P.APPOINTMENTS_BOOK_ANY,
        _P.APPOINTMENTS_READ_OWN,
        _P.APPOINTMENTS_FULFIL,
        _P.APPOINTMENTS_AVAILABILITY_OWN,
        _P.CHATBOT_CARE,
    },
    Role.NURSE: _FRONT_DESK
    | _CLINICAL
    | {
        _P.APPOINTMENTS_CHECK_IN,
        _P.APPOINTMENTS_FULFIL,
        _P.RECORDS_WRITE,
        _P.RECORDS_BREAK_GLASS,
        _P.PHARMACY_READ,
        _P.PHARMACY_WITNESS,
        _P.LABORATORY_READ,
        _P.LABORATORY_COLLECT,
        _P.LABORATORY_ACKNOWLEDGE,
        _P.CHATBOT_CARE,
    },
    Role.PHARMACIST: _CLINICAL
    | {
        _P.RECORDS_BREAK_GLASS,
        _P.PHARMACY_READ,
        _P.PHARMACY_VERIFY,
        _P.PHARMACY_DISPENSE,
        _P.PHARMACY_WITNESS,
        _P.PHARMACY_STOCK,
        _P.PHARMACY_APPROVE_STOCK,
        _P.PHARMACY_MANAGE_FORMULARY,
        _P.LABORATORY_READ,
    },
    Role.LAB_TECHNICIAN: _LABORATORY,
    Role.BILLING_OFFICER: _STAFF
    | {
        _P.APPOINTMENTS_READ_ANY,
        _P.BILLING_READ,
        _P.BILLING_TAKE_PAYMENTS,
        _P.BILLING_CHARGE,
        _P.BILLING_ISSUE,
        _P.BILLING_CLAIM,
        _P.BILLING_APPROVE,
        _P.BILLING_REPORT,
    },
    Role.ADMINISTRATOR: _FRONT_DESK
    | {
        _P.USERS_MANAGE,
        _P.APPOINTMENTS_CHECK_IN,
        _P.APPOINTMENTS_AVAILABILITY_ANY,
        _P.APPOINTMENTS_CONFIGURE,
        _P.APPOINTMENTS_IMPORT,
        _P.APPOINTMENTS_CORRECT,
        _P.NOTIFICATIONS_OPERATE,
        _P.OPERATIONS_READ,
        _P.LABORATORY_MANAGE,
        _P.BILLING_READ,
        _P.BILLING_APPROVE,
        _P.BILLING_MANAGE_PRICES,
        _P.BILLING_MANAGE_PAYERS,
        _P.BILLING_REPORT,
    },
    Role.PRIVACY_OFFICER: _EVERYBODY | {_P.RECORDS_REVIEW_ACCESS},
    Role.SERVICE: frozenset(
        {
            _P.RECORDS_IMPORT,
            _P.RECORDS_TERMINOLOGY,
            _P.PHARMACY_IMPORT,
            _P.LABORATORY_IMPORT,
            _P.LABORATORY_READ_CATALOGUE,
            _P.PHARMACY_READ_FORMULARY,
            _P.PHARMACY_MANAGE_FORMULARY,
            _P.BILLING_MANAGE_PRICES,
            _P.BILLING_MANAGE_PAYERS,
            _P.BILLING_CLAIM,
            _P.BILLING_READ,
            _P.USERS_READ_DIRECTORY,
            _P.USERS_READ_PATIENTS,
            _P.USERS_MANAGE,
            _P.APPOINTMENTS_READ_ANY,
            _P.APPOINTMENTS_AVAILABILITY_ANY,
            _P.APPOINTMENTS_CONFIGURE,
            _P.APPOINTMENTS_IMPORT,
        }
    ),
}


class Principal(BaseModel):
    """Who is asking, proven by a token; passed on unchanged from service to service.

    Attributes:
        user_id: the person; the same id is the patient id of a patient and the practitioner id
            of clinical staff.
        token_id: `jti` of the access token.
        session_id: the sign-in that the token belongs to; None for the hospital's own software.
    """

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    roles: frozenset[Role]
    token_id: str
    session_id: UUID | None = None
    issued_at: datetime
    expires_at: datetime

    @classmethod
    def for_service(cls, name: str) -> "Principal":
        """The hospital's own software, acting on nobody's behalf."""
        return cls(
            user_id=uuid5(SERVICE_NAMESPACE, name),
            roles=frozenset({Role.SERVICE}),
            token_id=name,
            issued_at=datetime.min.replace(tzinfo=UTC),
            expires_at=datetime.max.replace(tzinfo=UTC),
        )

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """What the roles allow together."""
        return frozenset().union(*(ROLE_PERMISSIONS[role] for role in self.roles))

    @property
    def role(self) -> str:
        """The roles as one word for audit rows and logs."""
        return "+".join(sorted(self.roles))

    def has(self, *any_of: Permission) -> bool:
        """Whether one of the permissions is held."""
        return not self.permissions.isdisjoint(any_of)

    def require(self, *any_of: Permission) -> None:
        """Passes when one of the permissions is held.

        Raises:
            Forbidden: none is.
        """
        if not self.has(*any_of):
            raise Forbidden(f"needs {' or '.join(any_of)}")
