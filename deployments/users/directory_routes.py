"""Finding practitioners and patients."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import Cache, policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page
from deployments.users.account_schemas import (
    Patient,
    PatientSearch,
    PractitionerSearch,
    Specialties,
)
from deployments.users.errors import PatientNotFound, PractitionerNotFound
from deployments.users.schemas import PatientBrief, Practitioner
from deployments.users.service import UsersService

DIRECTORY: Final = "directory"
"""Topic of cached answers, dropped when a practitioner changes."""

CACHED: Final = Cache(60, DIRECTORY)
Users = Annotated[UsersService, Depends(service_of(UsersService))]
router = gateway_router(tags=["directory"])


@router.get("/specialties")
@policy(Permission.USERS_READ_DIRECTORY)
async def list_specialties(caller: Caller, users: Users) -> Specialties:
    """Read the hospital's specialties in English and Vietnamese."""
    return users.directory.list_specialties(caller)


@router.get("/practitioners", responses=declared(InvalidCursor))
@policy(Permission.USERS_READ_DIRECTORY, cache=CACHED)
async def search_practitioners(
    caller: Caller, wanted: Annotated[PractitionerSearch, Query()], users: Users
) -> Page[Practitioner]:
    """Find doctors, nurses, pharmacists and laboratory technicians, by name."""
    return await users.directory.search(caller, wanted)


@router.get("/practitioners/{practitioner_id}", responses=declared(PractitionerNotFound))
@policy(Permission.USERS_READ_DIRECTORY, cache=CACHED)
async def get_practitioner(practitioner_id: UUID, caller: Caller, users: Users) -> Practitioner:
    """Read what everybody may know of a practitioner."""
    return await users.directory.get(caller, practitioner_id)


@router.post("/patients/search", responses=declared(InvalidCursor))
@policy(Permission.USERS_READ_PATIENTS, cost=2, idempotent=False)
async def search_patients(body: PatientSearch, caller: Caller, users: Users) -> Page[PatientBrief]:
    """Find patients by name, record number, birth date or telephone."""
    return await users.patients.search(caller, body)


@router.get("/patients/{patient_id}", responses=declared(PatientNotFound))
@policy(Permission.USERS_READ_PATIENTS, Permission.USERS_READ_OWN)
async def get_patient(patient_id: UUID, caller: Caller, users: Users) -> Patient:
    """Read a patient, as far as one's work needs it; patients read themselves."""
    return await users.patients.get(caller, patient_id)
