"""Every router of billing, in the order in which paths are matched."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from deployments.billing import (
    account_routes,
    cashier_routes,
    charge_routes,
    claim_routes,
    insurance_routes,
    invoice_routes,
    payment_routes,
    price_routes,
    refund_routes,
)

routers: Final[Sequence[APIRouter]] = [
    price_routes.router,
    charge_routes.router,
    account_routes.router,
    invoice_routes.router,
    payment_routes.router,
    refund_routes.router,
    cashier_routes.router,
    insurance_routes.router,
    claim_routes.router,
]
