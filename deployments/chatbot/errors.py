"""What the chatbot refuses."""

from deployments.errors import Conflict, NotFound, Unavailable


class ConversationNotFound(NotFound):
    """No such conversation, or none that the caller may know of."""

    code = "chatbot.conversation_not_found"
    title = "No such conversation"


class PatientNotFound(NotFound):
    """No such patient, or none that the caller treats."""

    code = "chatbot.patient_not_found"
    title = "No such patient"


class CannotCheck(Unavailable):
    """Medical records does not answer, so nobody knows who treats the patient."""

    code = "chatbot.cannot_check"
    title = "The patient cannot be checked now"


class ConversationClosed(Conflict):
    """It has ended; reopen it or begin another one."""

    code = "chatbot.conversation_closed"
    title = "The conversation has ended"


class NotYours(Conflict):
    """Somebody else answers in this conversation now."""

    code = "chatbot.not_yours"
    title = "Somebody else answers now"
