"""Every router of the medical records service, in the order in which paths are matched."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from deployments.medical_records import access_routes, encounter_routes, terminology_routes

routers: Final[Sequence[APIRouter]] = [
    access_routes.router,
    terminology_routes.router,
    encounter_routes.router,
]
