"""Three state machines: of orders, specimens and tests; which status allows which move.

Orders have the statuses of FHIR R4 request-status. Specimens and tests have the steps that a
laboratory distinguishes, as OpenELIS keeps sample and analysis apart.
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple


class Step(NamedTuple):
    """A move.

    Attributes:
        sources: statuses that allow it.
        target: the status after it.
    """

    sources: Collection[str]
    target: str


ORDER: Final[Mapping[str, Step]] = {
    "hold": Step({"active"}, "on-hold"),
    "resume": Step({"on-hold"}, "active"),
    "add": Step({"active", "completed"}, "active"),
    "revoke": Step({"active", "on-hold"}, "revoked"),
    "complete": Step({"active", "on-hold"}, "completed"),
    "reopen": Step({"completed"}, "active"),
}
SPECIMEN: Final[Mapping[str, Step]] = {
    "collect": Step({"requested"}, "collected"),
    "transport": Step({"collected"}, "in-transit"),
    "receive": Step({"collected", "in-transit"}, "received"),
    "accept": Step({"received"}, "accepted"),
    "reject": Step({"collected", "in-transit", "received", "accepted", "stored"}, "rejected"),
    "store": Step({"accepted", "stored"}, "stored"),
    "dispose": Step({"accepted", "stored", "rejected"}, "disposed"),
    "cancel": Step({"requested"}, "cancelled"),
}
TEST: Final[Mapping[str, Step]] = {
    "start": Step({"not-started"}, "in-process"),
    "accept": Step({"in-process"}, "technically-accepted"),
    "verify": Step({"technically-accepted"}, "verified"),
    "release": Step({"technically-accepted", "verified"}, "released"),
    "again": Step({"technically-accepted", "verified"}, "technically-accepted"),
    "correct": Step({"released", "corrected"}, "corrected"),
    "repeat": Step({"technically-accepted", "verified"}, "in-process"),
    "reject": Step({"not-started", "in-process", "technically-accepted", "verified"}, "rejected"),
    "cancel": Step({"not-started"}, "cancelled"),
}
OPEN_TEST: Final = frozenset({"not-started", "in-process", "technically-accepted", "verified"})
OUT: Final = frozenset({"released", "corrected"})
"""Statuses of tests whose result has left the laboratory."""
USABLE: Final = frozenset({"accepted", "stored"})
"""Statuses of specimens that may be measured."""
UNDER_WAY: Final = frozenset({"requested", "collected", "in-transit", "received"})
