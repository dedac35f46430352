"""The operations on insurance, by what they are about."""

import os

from deployments.billing.claim_closing import Closing
from deployments.billing.claim_making import Making
from deployments.billing.claim_reading import ClaimReading
from deployments.billing.claim_settings import ClaimSettings
from deployments.billing.claiming import Claiming
from deployments.billing.covering import Covering
from deployments.billing.desk import Desk
from deployments.billing.insuring import Insuring
from deployments.billing.payer_exchange import PayerExchange
from deployments.billing.payer_work import PayerWork
from deployments.billing.remitting import Remitting


class InsuranceService:
    """Everything that can be done with insurers, coverages and claims.

    Args:
        desk: what the operations of billing work with.
        exchange: the way to the payers.
        settings: who we are to them.

    Attributes:
        insuring: payers and plans.
        covering: coverages of patients.
        making, claiming, closing: claims.
        remitting: payments of payers.
        reading: what may be seen.
        work: what is done with payers outside of requests.
    """

    def __init__(self, desk: Desk, exchange: PayerExchange, settings: ClaimSettings) -> None:
        self.insuring = Insuring(desk)
        self.covering = Covering(desk)
        self.making = Making(desk, settings)
        self.claiming = Claiming(desk, settings)
        self.closing = Closing(desk)
        self.remitting = Remitting(desk)
        self.reading = ClaimReading(desk)
        self.work = PayerWork(desk, exchange, settings, f"payers-{os.getpid()}")
