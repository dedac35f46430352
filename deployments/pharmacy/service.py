"""The operations of the formulary and of prescriptions, by what they are about."""

from collections.abc import Mapping
from typing import Any

from deployments.access import Principal
from deployments.clock import Clock, utc_now
from deployments.journal import Journal
from deployments.medical_records.client import Records
from deployments.pharmacy import access
from deployments.pharmacy.checking import Checking
from deployments.pharmacy.continuing import Continuing
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.directory import Patients
from deployments.pharmacy.formulary import Formulary
from deployments.pharmacy.prescribing import Prescribing
from deployments.pharmacy.prescription_moves import PrescriptionMoves
from deployments.pharmacy.prescription_reading import PrescriptionReading
from deployments.pharmacy.settings import PharmacySettings
from deployments.pharmacy.upkeep import Upkeep
from deployments.pharmacy.verification import Verification
from storage.database import Database


class PharmacyService:
    """Everything that can be done with the formulary and prescriptions; stock is `StockService`.

    Args:
        database: of this service.
        records: medical records.
        journal: for audit rows without a transaction of their own.
        settings: limits and paces.
        clock: tells the time.

    Attributes:
        formulary: what can be prescribed.
        checking: the safety check, at prescribing and again at dispensing.
        prescribing: draft, rewrite, sign.
        continuing: revise, renew, resume.
        moves: hold, resume, stop, cancel, entered in error.
        verification: what the pharmacist says.
        reading: one prescription, pages of them, a history.
        upkeep: what happens by itself.
    """

    def __init__(
        self,
        database: Database,
        records: Records,
        journal: Journal,
        *,
        settings: PharmacySettings | None = None,
        clock: Clock = utc_now,
    ) -> None:
        settings = settings or PharmacySettings()
        desk = Desk(database, Patients(records), journal, clock, settings)
        self.formulary = Formulary(desk)
        self.checking = Checking(desk)
        self.prescribing = Prescribing(desk)
        self.continuing = Continuing(desk)
        self.moves = PrescriptionMoves(desk)
        self.verification = Verification(desk)
        self.reading = PrescriptionReading(desk)
        self.upkeep = Upkeep(desk)
        self._desk = desk

    async def check_again(self, principal: Principal, about: Mapping[str, Any]) -> None:
        """Whether an answer may be given again; see `access.check_again`."""
        await access.check_again(self._desk, principal, about)
