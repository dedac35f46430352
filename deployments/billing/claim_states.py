"""The states of claims, and which of them allows which step."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Status = Literal[
    "draft", "queued", "submitted", "accepted", "rejected",
    "adjudicated", "appealed", "paid", "closed", "cancelled",
]  # fmt: skip
Outcome = Literal["complete", "partial", "denied"]


class Step(NamedTuple):
    """A move.

    Attributes:
        sources: statuses that allow it.
        target: the status after it.
    """

    sources: frozenset[str]
    target: Status


STEPS: Final[Mapping[str, Step]] = {
    "submit": Step(frozenset({"draft", "rejected"}), "queued"),
    "send": Step(frozenset({"queued"}), "submitted"),
    "accept": Step(frozenset({"submitted"}), "accepted"),
    "reject": Step(frozenset({"queued", "submitted"}), "rejected"),
    "adjudicate": Step(
        frozenset({"accepted", "adjudicated", "appealed", "paid", "closed"}),
        "adjudicated",
    ),
    "pay": Step(frozenset({"adjudicated"}), "paid"),
    "appeal": Step(frozenset({"adjudicated", "paid"}), "appealed"),
    "close": Step(frozenset({"adjudicated", "paid"}), "closed"),
    "cancel": Step(frozenset({"draft", "rejected"}), "cancelled"),
    "done": Step(frozenset({"accepted"}), "closed"),
    "withdraw": Step(frozenset({"accepted", "adjudicated"}), "cancelled"),
}
"""`withdraw` is what the payer's acceptance of a void or a replacement does to the original; `done`
ends a claim that voids another one."""
REPLACEABLE: Final = frozenset({"accepted", "adjudicated"})
