"""The users application: routes, what other services ask, and the loops of one replica."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from starlette.types import ASGIApp

from deployments.access import Principal, Role
from deployments.calls import exposed
from deployments.gateway.health import Vitals
from deployments.gateway.ingress import build_ingress
from deployments.runtime import Runtime
from deployments.settings import get_settings
from deployments.users.authority import Authority
from deployments.users.codes import Specialty
from deployments.users.routes import DIRECTORY, routers
from deployments.users.schemas import (
    Contact,
    ImportedPerson,
    ImportOutcome,
    OneTimeLink,
    PatientBrief,
    Practitioner,
    Revocation,
)
from deployments.users.sealing import Sealer
from deployments.users.service import UsersService
from deployments.users.settings import UsersSettings
from deployments.users.signing_keys import SigningKeys
from storage.database import Database

SERVICE: Final = "users"


class UsersDeployment:
    """One replica of users; a plain class that `apps.py` wraps for Serve.

    Args:
        runtime: the replica's machinery; from settings when left out.
    """

    def __init__(self, runtime: Runtime | None = None) -> None:
        self.runtime = runtime or Runtime.of_service(SERVICE, keys=own_authority)
        self.service = UsersService(
            self.runtime.database,
            self.runtime.settings,
            directory_changed=self._drop_directory,
        )

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The ASGI application that Serve runs."""
        return build_ingress(
            routers,
            runtime=self.runtime,
            services={"service": self.service},
            start=self._start,
        )

    async def vitals(self) -> Vitals:
        """What the gateway asks for the health of everything."""
        return await self.runtime.vitals()

    async def check_health(self) -> None:
        """Passes when database and loops are well; Serve replaces the replica otherwise."""
        await self.runtime.check_health()

    @exposed
    async def jwks(self) -> list[dict[str, str]]:
        """Public keys of access tokens."""
        return await self.service.authority.jwks()

    @exposed
    async def revocations_after(self, sequence: int) -> list[Revocation]:
        """Live revocations that were committed after `sequence`."""
        return await self.service.authority.revocations_after(sequence)

    @exposed
    async def end_idle_session(self, user_id: UUID, session_id: UUID) -> None:
        """Ends a session whose person has been away too long."""
        await self.service.sessions.end_idle(user_id, session_id)

    @exposed
    async def find_audit_anchor(self, service: str) -> tuple[int, bytes]:
        """Position and seal of the end of a service's audit chain that is remembered."""
        return await self.service.authority.find_audit_anchor(service)

    @exposed
    async def anchor_audit(self, service: str, position: int, seal: bytes) -> None:
        """Remembers the end of a service's audit chain."""
        await self.service.authority.anchor_audit(service, position, seal)

    @exposed
    async def get_contact(self, user_id: UUID) -> Contact:
        """How to reach one person."""
        return await self.service.contacts.get(user_id)

    @exposed
    async def get_contacts(self, user_ids: Sequence[UUID]) -> dict[UUID, Contact]:
        """How to reach several people."""
        return await self.service.contacts.get_many(user_ids)

    @exposed
    async def list_members(self, role: Role) -> list[UUID]:
        """Everybody active who has the role."""
        return await self.service.contacts.list_members(role)

    @exposed
    async def find_practitioner(self, practitioner_id: UUID) -> Practitioner:
        """A member of the clinical staff."""
        return await self.service.directory.find_practitioner(practitioner_id)

    @exposed
    async def find_practitioners(
        self, specialty: Specialty | None, department: str | None, ids: Sequence[UUID] | None
    ) -> list[Practitioner]:
        """Active clinical staff that match everything given."""
        return await self.service.directory.find_practitioners(specialty, department, ids)

    @exposed
    async def patient_exists(self, patient_id: UUID) -> bool:
        """Whether an active patient has this id."""
        return await self.service.patients.exists(patient_id)

    @exposed
    async def get_patient_brief(self, patient_id: UUID) -> PatientBrief:
        """Who a patient is."""
        return await self.service.patients.get_brief(patient_id)

    @exposed
    async def one_time_link(self, token_id: UUID) -> OneTimeLink:
        """The link that an e-mail must carry."""
        return await self.service.links.one_time_link(token_id)

    @exposed
    async def find_by_identifier(self, system: str, value: str) -> UUID | None:
        """The person who was imported with this identifier."""
        return await self.service.imports.find_by_identifier(system, value)

    @exposed
    async def import_person(self, principal: Principal, person: ImportedPerson) -> ImportOutcome:
        """Takes in a person of another system."""
        return await self.service.imports.import_person(principal, person)

    @exposed
    async def set_demo_password(
        self, principal: Principal, user_id: UUID, email: str, password: str
    ) -> None:
        """Gives an imported person a sign-in, in development only."""
        await self.service.beginnings.set_demo_password(principal, user_id, email, password)

    @exposed
    async def create_first_administrator(
        self, principal: Principal, email: str, password: str, family_name: str, given_name: str
    ) -> UUID:
        """Makes the first administrator."""
        return await self.service.beginnings.create_first_administrator(
            principal, email, password, family_name, given_name
        )

    def _start(self) -> None:
        self.runtime.background.start("signing-keys", self.service.keys.keep_rotated)
        self.runtime.background.start("upkeep", self.service.upkeep.run)

    async def _drop_directory(self) -> None:
        await self.runtime.cache.drop([DIRECTORY])


def own_authority(database: Database) -> Authority:
    """Keys and revocations straight from the database: users does not call itself."""
    sealer = Sealer(get_settings().secret_key.get_secret_value())
    return Authority(database, SigningKeys(database, sealer, UsersSettings().signing_period))
