"""Every router of billing, in the order in which paths are matched."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from deployments.billing import invoice_routes

routers: Final[Sequence[APIRouter]] = [invoice_routes.router]
