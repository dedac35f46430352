"""How other services ask users, over its deployment handle."""

from collections.abc import Sequence
from uuid import UUID

from deployments.access import Principal, Role
from deployments.calls import Remote
from deployments.users.codes import Specialty
from deployments.users.schemas import (
    Contact,
    ImportedPerson,
    ImportOutcome,
    OneTimeLink,
    PatientBrief,
    Practitioner,
    Revocation,
)


class UsersClient:
    """Typed calls; each refusal is raised here as the `DomainError` it was there."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def jwks(self) -> list[dict[str, str]]:
        """Public keys (JWK, RFC 7517 and 8037) that valid access tokens may be signed with."""
        found: list[dict[str, str]] = await self._remote.call("jwks", retry=True)
        return found

    async def revocations_after(self, sequence: int) -> list[Revocation]:
        """Revocations that were committed after `sequence` and have not expired, in order."""
        found: list[Revocation] = await self._remote.call("revocations_after", sequence, retry=True)
        return found

    async def end_idle_session(self, user_id: UUID, session_id: UUID) -> None:
        """Ends a sign-in whose person has been away too long; its tokens are refused everywhere."""
        await self._remote.call("end_idle_session", user_id, session_id, retry=True)

    async def find_audit_anchor(self, service: str) -> tuple[int, bytes]:
        """Position and seal of the end of a service's audit chain that is remembered."""
        found: tuple[int, bytes] = await self._remote.call("find_audit_anchor", service, retry=True)
        return found

    async def anchor_audit(self, service: str, position: int, seal: bytes) -> None:
        """Remembers the end of a service's audit chain, unless a later one is known."""
        await self._remote.call("anchor_audit", service, position, seal, retry=True)

    async def get_contact(self, user_id: UUID) -> Contact:
        """How to reach one person.

        Raises:
            UserNotFound: there is no such person.
        """
        found: Contact = await self._remote.call("get_contact", user_id, retry=True)
        return found

    async def get_contacts(self, user_ids: Sequence[UUID]) -> dict[UUID, Contact]:
        """How to reach several people; unknown ids are left out."""
        found: dict[UUID, Contact] = await self._remote.call(
            "get_contacts", list(user_ids), retry=True
        )
        return found

    async def list_members(self, role: Role) -> list[UUID]:
        """Everybody who has the role and an active account, by id."""
        found: list[UUID] = await self._remote.call("list_members", role, retry=True)
        return found

    async def find_practitioner(self, practitioner_id: UUID) -> Practitioner:
        """A member of the clinical staff, active or not.

        Raises:
            PractitionerNotFound: there is no such person.
        """
        found: Practitioner = await self._remote.call(
            "find_practitioner", practitioner_id, retry=True
        )
        return found

    async def find_practitioners(
        self,
        specialty: Specialty | None = None,
        department: str | None = None,
        ids: Sequence[UUID] | None = None,
    ) -> list[Practitioner]:
        """Active clinical staff that match everything given, at most 500, by name."""
        wanted = None if ids is None else list(ids)
        found: list[Practitioner] = await self._remote.call(
            "find_practitioners", specialty, department, wanted, retry=True
        )
        return found

    async def patient_exists(self, patient_id: UUID) -> bool:
        """Whether an active patient has this id."""
        return bool(await self._remote.call("patient_exists", patient_id, retry=True))

    async def get_patient_brief(self, patient_id: UUID) -> PatientBrief:
        """Name, record number, birth date and gender of a patient.

        Raises:
            PatientNotFound: there is no such patient.
        """
        found: PatientBrief = await self._remote.call("get_patient_brief", patient_id, retry=True)
        return found

    async def one_time_link(self, token_id: UUID) -> OneTimeLink:
        """The link that an e-mail asked for by event must carry; the same at each call.

        Raises:
            InvalidOneTimeToken: used, replaced or too old: send nothing.
        """
        found: OneTimeLink = await self._remote.call("one_time_link", token_id, retry=True)
        return found

    async def find_by_identifier(self, system: str, value: str) -> UUID | None:
        """The person who was imported with this identifier."""
        found: UUID | None = await self._remote.call(
            "find_by_identifier", system, value, retry=True
        )
        return found

    async def import_person(self, principal: Principal, person: ImportedPerson) -> ImportOutcome:
        """Takes in a person of another system; idempotent by identifier.

        Raises:
            IdentifiersDisagree: the identifiers belong to different people here.
            EmailTaken: another person has the e-mail address.
            LicenceTaken: another member of the staff has the licence number.
        """
        found: ImportOutcome = await self._remote.call(
            "import_person", principal, person, retry=True
        )
        return found

    async def set_demo_password(
        self, principal: Principal, user_id: UUID, email: str, password: str
    ) -> None:
        """Gives an imported person a sign-in, in development only.

        Raises:
            NotInDevelopment: this is production.
            UserNotFound: there is no such person.
            EmailTaken: another person has the e-mail address.
        """
        await self._remote.call("set_demo_password", principal, user_id, email, password)

    async def create_first_administrator(
        self, principal: Principal, email: str, password: str, family_name: str, given_name: str
    ) -> UUID:
        """Makes the first administrator, who invites everybody else.

        Raises:
            AdministratorExists: there is an active one.
            WeakPassword: the password is too easy to guess.
        """
        made: UUID = await self._remote.call(
            "create_first_administrator", principal, email, password, family_name, given_name
        )
        return made
