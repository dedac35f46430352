"""The queue of the work with payers; the mechanism is `storage.jobs`."""

from typing import Final

from storage.billing.claim_tables import JOBS
from storage.jobs import Queue

PAYER_WORK: Final = Queue(JOBS, attempts=200)
"""Payers are away for days: about a week of hourly tries before a job is put aside."""
