"""What the chatbot tells others: ids and codes only."""

from typing import ClassVar
from uuid import UUID

from deployments.events import Event


class ConversationEvent(Event):
    """What every event about a conversation says.

    Attributes:
        number: of the log after the change.
    """

    aggregate_field: ClassVar[str] = "conversation_id"

    conversation_id: UUID
    patient_id: UUID
    number: int


class ClinicianWanted(ConversationEvent):
    """A patient waits for a clinician.

    Attributes:
        urgency: routine, urgent or emergency.
        reason: coded: `asked`, or the red flag that was seen.
    """

    name: ClassVar[str] = "chatbot.clinician_wanted.v1"

    urgency: str
    reason: str


class ClinicianAnswered(ConversationEvent):
    """A clinician wrote to the patient."""

    name: ClassVar[str] = "chatbot.clinician_answered.v1"

    clinician_id: UUID


class PatientWrote(ConversationEvent):
    """The patient wrote to the clinician who answers in the conversation."""

    name: ClassVar[str] = "chatbot.patient_wrote.v1"

    clinician_id: UUID
