"""Every router of the laboratory service, in the order in which paths are matched."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from deployments.laboratory import (
    alert_routes,
    catalogue_routes,
    control_routes,
    message_routes,
    order_routes,
    report_routes,
    result_routes,
    specimen_routes,
    verification_routes,
)

routers: Final[Sequence[APIRouter]] = [
    catalogue_routes.router,
    order_routes.router,
    specimen_routes.router,
    result_routes.router,
    alert_routes.router,
    verification_routes.router,
    control_routes.router,
    message_routes.router,
    report_routes.router,
]
