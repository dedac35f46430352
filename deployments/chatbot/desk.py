"""What the operations of this service work with."""

from dataclasses import dataclass

from deployments.chatbot.directory import Patients
from deployments.chatbot.settings import ChatbotSettings
from deployments.chatbot.sight import Sight
from deployments.clock import Clock
from deployments.journal import Journal
from storage.database import Database


@dataclass(frozen=True)
class Desk:
    """The tools of one replica."""

    database: Database
    patients: Patients
    sight: Sight
    journal: Journal
    clock: Clock
    settings: ChatbotSettings
