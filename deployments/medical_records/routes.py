"""Every router of the medical records service, in the order in which paths are matched."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from deployments.medical_records import (
    access_routes,
    allergy_routes,
    care_plan_routes,
    condition_routes,
    encounter_routes,
    history_routes,
    immunization_routes,
    medication_routes,
    note_routes,
    procedure_routes,
    search_routes,
    summary_routes,
    terminology_routes,
    vital_routes,
)

routers: Final[Sequence[APIRouter]] = [
    access_routes.router,
    summary_routes.router,
    terminology_routes.router,
    encounter_routes.router,
    note_routes.router,
    condition_routes.router,
    allergy_routes.router,
    medication_routes.router,
    procedure_routes.router,
    care_plan_routes.router,
    history_routes.router,
    vital_routes.router,
    immunization_routes.router,
    search_routes.router,
]
