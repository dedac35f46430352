"""The operations of the chatbot, by what they are about."""

from deployments.chatbot.conversing import Conversing
from deployments.chatbot.desk import Desk
from deployments.chatbot.directory import Patients
from deployments.chatbot.handing_over import HandingOver
from deployments.chatbot.settings import ChatbotSettings
from deployments.chatbot.sight import Sight
from deployments.clock import Clock, utc_now
from deployments.journal import Journal
from deployments.medical_records.client import Records
from storage.database import Database


class ChatbotService:
    """Everything that can be done in conversations.

    Args:
        database: of this service.
        records: medical records.
        journal: for audit rows without a transaction of their own.
        settings: limits and paces.
        clock: tells the time.

    Attributes:
        desk: what the operations work with.
        conversing: begin, say, read, end.
        handing_over: who answers.
    """

    def __init__(
        self,
        database: Database,
        records: Records,
        journal: Journal,
        *,
        settings: ChatbotSettings | None = None,
        clock: Clock = utc_now,
    ) -> None:
        patients = Patients(records)
        sight = Sight(database, patients, journal, clock)
        settings = settings or ChatbotSettings()
        self.desk = Desk(database, patients, sight, journal, clock, settings)
        self.conversing = Conversing(self.desk)
        self.handing_over = HandingOver(self.desk)
