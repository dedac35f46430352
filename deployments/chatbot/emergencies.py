"""What happens when a patient writes of something that cannot wait; needs no model.

In the transaction of the message itself: a clinician is called, whoever answered until now, and
the assistant says at once what to do. It never speaks instead of the clinician: it says so only.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.chatbot.ownership import MOVES
from deployments.chatbot.recording import want_clinician
from deployments.chatbot.red_flags import Advice, load_advice
from deployments.chatbot.saying import Said, write_message
from deployments.chatbot.schemas import Source
from storage.chatbot import conversations
from storage.chatbot.conversations import Owner
from storage.chatbot.log import Step

MOST: Final = 3
"""Pieces of advice in one message: who is in danger reads no more. Ours."""
ADVICE_VERSION: Final = "1"
"""Of the texts in `red_flag_advice.csv`."""
CALL: Final = {
    "en": (
        "Call {number} now if you can, or have somebody call. A clinician of ours is being "
        "called to this conversation. This is automatic advice, not a diagnosis."
    ),
    "vi": (
        "Hãy gọi {number} ngay, hoặc nhờ người khác gọi. Chúng tôi đang báo nhân viên y tế vào "
        "cuộc trò chuyện này. Đây là lời khuyên tự động, không phải chẩn đoán."
    ),
}


def answer_red_flags(
    connection: Connection,
    now: Row[Any],
    flags: Sequence[str],
    at: datetime,
    *,
    reply_to: UUID,
    number: str,
) -> None:
    """Calls a clinician and gives advice, in the transaction of the patient's message.

    Args:
        connection: of that transaction, which holds the lock of the conversation.
        now: the conversation.
        flags: which were raised, one at least; the first is the reason of the call.
        at: when.
        reply_to: the message of the patient.
        number: of the emergency service.
    """
    want_clinician(connection, _call(connection, now, flags[0], at), flags[0], at)
    given = [load_advice()[flag] for flag in flags[:MOST]]
    sources = [
        Source(kind="red_flag", id=one.flag, version=ADVICE_VERSION, title=one.source)
        for one in given
    ]
    text = _text(given, now.locale, number)
    write_message(connection, now.id, Said("assistant", None, text, reply_to, sources), at)


def _call(connection: Connection, now: Row[Any], flag: str, at: datetime) -> Row[Any]:
    """Puts it into the pool; a clinician whose lease runs keeps it, as an emergency."""
    urgency = load_advice()[flag].urgency
    if now.leased_until is not None and now.leased_until > at:
        return conversations.raise_urgency(connection, now.id, urgency, flag)
    content = {"owner": "pool", "owner_id": None, "by": str(now.patient_id), "reason": flag}
    called = conversations.hand_over(
        connection,
        now.id,
        Owner("pool"),
        Step("owner_changed", content),
        at,
        allowed_from=MOVES["call"].sources,
        reason=flag,
        urgency=urgency,
    )
    assert called is not None  # noqa: S101  # open, and locked by the message before it
    return called


def _text(given: Sequence[Advice], locale: str, number: str) -> str:
    language = "vi" if locale.startswith("vi") else "en"
    call = CALL[language].format(number=number)
    return "\n\n".join([call, *(one.vi if language == "vi" else one.en for one in given)])
