"""Every router of the pharmacy service, in the order in which paths are matched."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from deployments.pharmacy import (
    dispensing_routes,
    formulary_routes,
    prescription_routes,
    stock_routes,
)

routers: Final[Sequence[APIRouter]] = [
    formulary_routes.router,
    prescription_routes.router,
    stock_routes.router,
    dispensing_routes.router,
]
