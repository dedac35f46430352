"""Who answers in a conversation, and which moves change that."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

OwnerKind = Literal["assistant", "pool", "clinician"]
Urgency = Literal["routine", "urgent", "emergency"]


class Move(NamedTuple):
    """A change of owner.

    Attributes:
        sources: owners from whom it may be taken.
        target: who owns it then.
    """

    sources: tuple[OwnerKind, ...]
    target: OwnerKind


MOVES: Final[Mapping[str, Move]] = {
    "ask": Move(("assistant",), "pool"),
    "take": Move(("assistant", "pool"), "clinician"),
    "give_back": Move(("clinician",), "assistant"),
    "return": Move(("clinician",), "pool"),
    "call": Move(("assistant", "pool", "clinician"), "pool"),
}
"""`ask` is the patient's; `call` that of a red flag: it raises the urgency of what waits already,
and leaves a conversation with a clinician whose lease runs; `return` puts a clinician's
conversation back for another one."""


def after_lease(last_author: str | None) -> str:
    """The move when a clinician was silent for too long.

    A patient who wrote last waits for an answer, so another clinician is called; else the
    assistant has it again.
    """
    return "return" if last_author == "patient" else "give_back"
