"""Routes below `/api/v1/users`."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from deployments.users import account_routes, directory_routes, own_routes, sign_in_routes
from deployments.users.directory_routes import DIRECTORY

routers: Final[Sequence[APIRouter]] = (
    sign_in_routes.router,
    own_routes.router,
    directory_routes.router,
    account_routes.router,
)

__all__ = ["DIRECTORY", "routers"]
