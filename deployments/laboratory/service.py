"""The operations of the laboratory, by what they are about."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from deployments.access import Principal
from deployments.clock import Clock, utc_now
from deployments.journal import Journal
from deployments.laboratory.alert_desk import AlertDesk
from deployments.laboratory.aliquots import Dividing
from deployments.laboratory.catalogue import Catalogue
from deployments.laboratory.control_imports import ControlImports
from deployments.laboratory.controls import Controls
from deployments.laboratory.desk import Desk
from deployments.laboratory.directory import Patients
from deployments.laboratory.entering import Entering
from deployments.laboratory.holding import Holding
from deployments.laboratory.imports import Imports
from deployments.laboratory.message_desk import MessageDesk
from deployments.laboratory.order_reading import OrderReading
from deployments.laboratory.ordering import Ordering
from deployments.laboratory.recording import OBJECT
from deployments.laboratory.report_desk import ReportDesk
from deployments.laboratory.result_reading import ResultReading
from deployments.laboratory.settings import LaboratorySettings
from deployments.laboratory.sight import Sight
from deployments.laboratory.specimen_reading import SpecimenReading
from deployments.laboratory.specimens import Specimens
from deployments.laboratory.test_types import TestTypes
from deployments.laboratory.verification_desk import VerificationDesk
from deployments.medical_records.client import Records
from storage.database import Database


class LaboratoryService:
    """Everything that can be done in the laboratory.

    Args:
        database: of this service.
        records: medical records.
        journal: for audit rows without a transaction of their own.
        settings: limits and paces.
        clock: tells the time.

    Attributes:
        desk: what the operations work with.
        test_types: the catalogue.
        ordering, order_reading: orders and the worklist.
        specimens, specimen_reading, dividing: tubes and their aliquots.
        entering, result_reading: results.
        holding: files, and what could not be placed.
        alerts: critical values.
        messages: of analyzers.
        reports: what is printed.
        imports, control_imports: what another system knows.
        verification, controls: what the rules may do, and what holds them.
    """

    def __init__(
        self,
        database: Database,
        records: Records,
        journal: Journal,
        *,
        settings: LaboratorySettings | None = None,
        clock: Clock = utc_now,
    ) -> None:
        patients = Patients(records)
        self.desk = Desk(
            database,
            Catalogue(database),
            patients,
            Sight(patients, journal, clock),
            journal,
            clock,
            settings or LaboratorySettings(),
        )
        self.test_types = TestTypes(self.desk)
        self.ordering = Ordering(self.desk)
        self.order_reading = OrderReading(self.desk)
        self.specimens = Specimens(self.desk)
        self.specimen_reading = SpecimenReading(self.desk)
        self.dividing = Dividing(self.desk)
        self.entering = Entering(self.desk)
        self.result_reading = ResultReading(self.desk)
        self.holding = Holding(self.desk)
        self.alerts = AlertDesk(self.desk)
        self.verification = VerificationDesk(self.desk)
        self.controls = Controls(self.desk)
        self.messages = MessageDesk(self.desk)
        self.reports = ReportDesk(self.desk)
        self.imports = Imports(self.desk)
        self.control_imports = ControlImports(self.desk)

    async def check_again(self, principal: Principal, about: Mapping[str, Any]) -> None:
        """Passes when the caller may still know what they were answered about a patient.

        Raises:
            OrderNotFound: they treated the patient, and do so no more; it is audited.
            CannotCheck: only medical records could say, and does not answer.
        """
        if (patient_id := about.get("patient_id")) is not None:
            await self.desk.sight.check(principal, UUID(str(patient_id)), OBJECT["order"])
