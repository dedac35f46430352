"""The laboratory's queue; the mechanism is `storage.jobs`."""

from typing import Final

from storage.jobs import URGENT, USUAL, Backlog, Queue
from storage.laboratory.tables import JOBS

ATTEMPTS: Final = 6
_QUEUE: Final = Queue(JOBS, attempts=ATTEMPTS)
enqueue = _QUEUE.enqueue
claim = _QUEUE.claim
heartbeat = _QUEUE.heartbeat
finish = _QUEUE.finish
fail = _QUEUE.fail
backlog = _QUEUE.backlog

__all__ = [
    "ATTEMPTS",
    "URGENT",
    "USUAL",
    "Backlog",
    "backlog",
    "claim",
    "enqueue",
    "fail",
    "finish",
    "heartbeat",
]
