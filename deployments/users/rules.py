"""Decisions of the users service on plain values."""

import unicodedata
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from deployments.access import Role
from deployments.errors import FieldError
from deployments.users.errors import LastAdministrator, ProfileMissing, WeakPassword
from deployments.users.names import search_form

CLINICAL_ROLES: Final = frozenset({Role.DOCTOR, Role.NURSE, Role.PHARMACIST, Role.LAB_TECHNICIAN})
"""Roles whose people stand in the directory of practitioners."""

PROFILE_ROLES: Final = CLINICAL_ROLES | {Role.PATIENT}
"""Roles that need a profile of their own."""

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 128
FEWEST_LETTERS: Final = 5
SHORTEST_WORD: Final = 4
COMMON_STEMS: Final = (
    "password", "matkhau", "qwerty", "azerty", "letmein", "welcome", "admin", "iloveyou",
    "12345", "abcde", "medray", "hospital", "benhvien", "secret", "changeme", "dragon",
)  # fmt: skip

FIRST_LOCK: Final = timedelta(seconds=30)
LONGEST_LOCK: Final = timedelta(minutes=15)


def normalised_password(password: str) -> str:
    """The password in NFKC, the same from every keyboard (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def check_password(
    password: str, *, email: str, names: tuple[str, ...], pointer: str = "/password"
) -> None:
    """Passes when the password is long and not easily guessed.

    Length counts, composition does not (NIST SP 800-63B-4, 3.1.1.2; OWASP ASVS 5.0, 6.2).

    Raises:
        WeakPassword: with a field error for each reason.
    """
    reasons = [
        FieldError(pointer, code, message)
        for broken, code, message in (
            (
                len(password) < SHORTEST_PASSWORD,
                "too_short",
                f"at least {SHORTEST_PASSWORD} characters",
            ),
            (
                len(password) > LONGEST_PASSWORD,
                "too_long",
                f"at most {LONGEST_PASSWORD} characters",
            ),
            (_is_monotonous(password), "monotonous", "more different characters"),
            (_is_common(password), "common", "less of a common password"),
            (_is_personal(password, email, names), "personal", "not your name or address"),
        )
        if broken
    ]
    if reasons:
        raise WeakPassword("choose another password", reasons)


def _is_monotonous(password: str) -> bool:
    return len(set(password)) < FEWEST_LETTERS


def _is_common(password: str) -> bool:
    """Whether little is left once the words that everybody uses are taken out."""
    return _falls_apart(search_form(password).replace(" ", ""), COMMON_STEMS)


def _is_personal(password: str, email: str, names: tuple[str, ...]) -> bool:
    """Whether little is left once the owner's own words are taken out."""
    own = [email.partition("@")[0], *(word for name in names for word in name.split())]
    words = [word for word in map(search_form, own) if len(word) >= SHORTEST_WORD]
    return _falls_apart(search_form(password), sorted(words, key=len, reverse=True))


def _falls_apart(password: str, words: Iterable[str]) -> bool:
    rest = password
    for word in words:
        rest = rest.replace(word, "")
    return rest != password and len(rest) < SHORTEST_PASSWORD // 2


def medical_record_number(serial: int) -> str:
    """The record number of the n-th patient, with a check digit against typing errors (Luhn)."""
    digits = f"{serial:08d}"
    return f"MR{digits}{luhn_digit(digits)}"


def luhn_digit(digits: str) -> int:
    """The check digit of a number (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def check_profiles(roles: AbstractSet[Role], profiles: AbstractSet[Role]) -> None:
    """Passes when each role that needs a profile has one.

    Raises:
        ProfileMissing: names the roles that lack theirs.
    """
    missing = (roles & PROFILE_ROLES) - profiles
    if missing:
        raise ProfileMissing(f"give a profile first: {', '.join(sorted(missing))}")


def check_administrator_remains(administrators: AbstractSet[UUID], leaving: UUID) -> None:
    """Passes when somebody who can let people in is left.

    Raises:
        LastAdministrator: nobody would be.
    """
    if administrators == {leaving}:
        raise LastAdministrator("make somebody else an administrator first")


@dataclass(frozen=True)
class PatientView:
    """Which parts of a patient's data a reader's work needs, beyond who the patient is."""

    clinical: bool
    insurance: bool
    contact: bool


def patient_view(roles: AbstractSet[Role], *, own: bool) -> PatientView:
    """What a reader sees of a patient (minimum necessary, HIPAA 164.502(b)).

    Blood group and emergency contact are for who treats, insurance for who bills, and the
    patient sees everything.
    """
    billing = bool(roles & {Role.BILLING_OFFICER, Role.ADMINISTRATOR})
    treating = bool(roles & CLINICAL_ROLES)
    return PatientView(
        clinical=own or treating,
        insurance=own or billing,
        contact=own or billing or treating,
    )
