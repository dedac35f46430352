"""Every router of the chatbot service, in the order in which paths are matched."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from deployments.chatbot import conversation_routes

routers: Final[Sequence[APIRouter]] = [conversation_routes.router]
