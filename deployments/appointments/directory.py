"""Doctors and patients as users knows them, remembered for a few seconds.

Booking asks at each request, so answers are kept in a small bounded cache. A doctor who is
deactivated can still be booked for as long as it remembers; leave is what keeps patients away.
What is not found is not remembered, so that a new patient books at once.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from time import monotonic
from typing import Any, Final, Protocol
from uuid import UUID

from deployments.access import Role
from deployments.appointments.errors import NotBookable, PatientNotFound, PractitionerNotFound
from deployments.errors import FieldError, NotFound
from deployments.users.codes import Specialty
from deployments.users.schemas import Practitioner

MOST_REMEMBERED: Final = 10_000


class People(Protocol):
    """What is asked of the users service; `UsersClient` answers it."""

    async def find_practitioner(self, practitioner_id: UUID) -> Practitioner:
        """A member of the clinical staff, active or not."""

    async def find_practitioners(
        self,
        specialty: Specialty | None = None,
        department: str | None = None,
        ids: Sequence[UUID] | None = None,
    ) -> list[Practitioner]:
        """Active clinical staff that match everything given."""

    async def patient_exists(self, patient_id: UUID) -> bool:
        """Whether an active patient has this id."""


class Directory:
    """Asks users, at most once in a while for the same answer.

    Args:
        people: the users service.
        remembered_s: how long an answer is kept, seconds; 0 keeps nothing.
    """

    def __init__(self, people: People, remembered_s: float) -> None:
        self._people = people
        self._remembered_s = remembered_s
        self._answers: dict[Hashable, tuple[float, Any]] = {}

    async def get_doctor(self, practitioner_id: UUID) -> Practitioner:
        """A doctor who works here.

        Raises:
            PractitionerNotFound: there is no such doctor, or not any more.
        """

        async def ask() -> Practitioner:
            try:
                return await self._people.find_practitioner(practitioner_id)
            except NotFound:
                raise PractitionerNotFound from None

        found: Practitioner = await self._remembered(("doctor", practitioner_id), ask)
        if not (found.active and Role.DOCTOR in found.roles):
            raise PractitionerNotFound
        return found

    async def check_patient(self, patient_id: UUID) -> None:
        """Passes when an active patient has the id.

        Raises:
            PatientNotFound: none has.
        """

        async def ask() -> bool:
            if not await self._people.patient_exists(patient_id):
                raise PatientNotFound
            return True

        await self._remembered(("patient", patient_id), ask)

    async def find_doctors(self, specialty: str | None, ids: Sequence[UUID]) -> list[UUID]:
        """Doctors who work here, of the specialty and among the ids, if given.

        Raises:
            NotBookable: there is no such specialty.
        """
        wanted = _specialty(specialty)

        async def ask() -> list[UUID]:
            found = await self._people.find_practitioners(wanted, None, list(ids) or None)
            return [one.id for one in found if Role.DOCTOR in one.roles]

        doctors: list[UUID] = await self._remembered(("doctors", wanted, *sorted(ids)), ask)
        return doctors

    async def _remembered(self, key: Hashable, ask: Callable[[], Awaitable[Any]]) -> Any:
        until, answer = self._answers.get(key, (0.0, None))
        if monotonic() < until:
            return answer
        answer = await ask()
        self._answers.pop(key, None)
        while len(self._answers) >= MOST_REMEMBERED:
            del self._answers[next(iter(self._answers))]
        self._answers[key] = (monotonic() + self._remembered_s, answer)
        return answer


def _specialty(code: str | None) -> Specialty | None:
    try:
        return None if code is None else Specialty(code)
    except ValueError:
        message = "There is no such specialty."
        raise NotBookable(message, [FieldError("specialty", "unknown", message)]) from None
