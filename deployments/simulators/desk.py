"""What every simulated company works with."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import SecretStr

from deployments.clock import Clock
from deployments.simulators.settings import SimulatorsSettings
from storage.database import Database


@dataclass(frozen=True)
class Desk:
    """The tools of the one replica."""

    database: Database
    settings: SimulatorsSettings
    clock: Clock


@dataclass(frozen=True)
class Company:
    """One company outside of the hospital.

    Attributes:
        name: its part of the path, `/simulators/<name>/...`.
        routes: its API.
        key: what its customers send as `Authorization: Bearer`.
        webhook_secret: signs what it tells by itself; None tells nothing.
        webhook_url: where that goes.
    """

    name: str
    routes: Callable[[Desk], APIRouter]
    key: SecretStr
    webhook_secret: SecretStr | None = None
    webhook_url: str = ""
