"""Every router of the laboratory service, in the order in which paths are matched."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

routers: Final[Sequence[APIRouter]] = []
