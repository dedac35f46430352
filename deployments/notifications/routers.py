"""Every router of the notifications service, in the order in which paths are matched."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from deployments.notifications import (
    operator_routes,
    preference_routes,
    presence_routes,
    provider_routes,
    routes,
)

routers: Final[Sequence[APIRouter]] = [
    routes.router,
    preference_routes.router,
    operator_routes.router,
    provider_routes.router,
    presence_routes.router,
]
