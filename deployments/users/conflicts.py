"""What a violated constraint means to the person who asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from deployments.errors import DomainError
from deployments.users.errors import EmailTaken, IdentifiersDisagree, LicenceTaken
from storage.database import ConstraintViolated

REFUSALS: Final[Mapping[str, type[DomainError]]] = {
    "uq_users_email": EmailTaken,
    "uq_doctor_profiles_licence_number": LicenceTaken,
    "uq_nurse_profiles_licence_number": LicenceTaken,
    "uq_pharmacist_profiles_licence_number": LicenceTaken,
    "uq_lab_technician_profiles_licence_number": LicenceTaken,
    "pk_identifiers": IdentifiersDisagree,
}


@contextmanager
def named_conflicts() -> Iterator[None]:
    """Turns violated constraints that a caller can do something about into refusals."""
    try:
        yield
    except ConstraintViolated as error:
        refusal = REFUSALS.get(error.constraint)
        if refusal is None:
            raise
        raise refusal(refusal.title) from None
