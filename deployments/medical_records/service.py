"""The operations of the medical records service, by what they are about."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from deployments.access import Principal
from deployments.clock import Clock, utc_now
from deployments.journal import Journal
from deployments.medical_records.accesses import Accesses
from deployments.medical_records.allergies import Allergies
from deployments.medical_records.break_glass import BreakGlass
from deployments.medical_records.chart_imports import ChartImports
from deployments.medical_records.charts import Charts
from deployments.medical_records.conditions import Conditions
from deployments.medical_records.consents import Consents
from deployments.medical_records.desk import Desk
from deployments.medical_records.directory import Directory, People
from deployments.medical_records.encounter_imports import EncounterImports
from deployments.medical_records.encounter_people import Participation
from deployments.medical_records.encounters import Encounters
from deployments.medical_records.gate import Changed, Gate
from deployments.medical_records.growth_charts import GrowthCharts
from deployments.medical_records.hearing import Listener
from deployments.medical_records.histories import Histories
from deployments.medical_records.immunizations import Immunizations
from deployments.medical_records.medications import Medications
from deployments.medical_records.notes import Notes
from deployments.medical_records.observation_imports import ObservationImports
from deployments.medical_records.safety import Safety
from deployments.medical_records.search import Search
from deployments.medical_records.settings import RecordsSettings
from deployments.medical_records.summary import Summary
from deployments.medical_records.terminology import Terminology
from deployments.medical_records.treatments import CarePlans, Procedures
from deployments.medical_records.vitals import Vitals
from storage.database import Database


async def _nothing_kept(_patient_id: UUID) -> None:
    """Drops nothing: no answers are kept."""


class RecordsService:
    """Everything that can be done with medical records.

    Args:
        database: of this service.
        people: the users service.
        journal: for audit rows without a transaction of their own.
        settings: how charts are opened.
        clock: tells the time.
        changed: drops kept answers about a patient.

    Attributes:
        charts: the medical record itself.
        accesses: who looked.
        consents: what patients say of their charts.
        break_glass: emergency accesses and their reviews.
        safety: what pharmacy must know before a drug is given.
        summary: a chart at a glance and by time.
        listener: what other services tell.
        conditions: problems and diagnoses.
        allergies: allergies, and that none is known.
        medications: what patients take.
        procedures: what is done for them.
        care_plans: what is intended for them.
        histories: what was before, or is in the family.
        vitals: vital signs and other observations.
        growth: of children.
        immunizations: vaccines given, or not.
        search: words in one chart.
        imports: what another system knows.
        observation_imports: what it measured and vaccinated.
        terminology: codes and what they mean.
        encounters: meetings and stays.
        participation: the people of an encounter.
        encounter_imports: those that another system knows.
        notes: clinical notes.
    """

    def __init__(
        self,
        database: Database,
        people: People,
        journal: Journal,
        *,
        settings: RecordsSettings | None = None,
        clock: Clock = utc_now,
        changed: Changed = _nothing_kept,
    ) -> None:
        gate = Gate(database, journal, clock, changed)
        settings = settings or RecordsSettings()
        desk = Desk(database, gate, Directory(people), clock, settings, changed)
        self.desk = desk
        self.charts = Charts(desk)
        self.accesses = Accesses(desk)
        self.consents = Consents(desk)
        self.break_glass = BreakGlass(desk)
        self.safety = Safety(desk)
        self.summary = Summary(desk)
        self.listener = Listener(desk)
        self.conditions = Conditions(desk)
        self.allergies = Allergies(desk)
        self.medications = Medications(desk)
        self.procedures = Procedures(desk)
        self.care_plans = CarePlans(desk)
        self.histories = Histories(desk)
        self.vitals = Vitals(desk)
        self.growth = GrowthCharts(desk)
        self.immunizations = Immunizations(desk)
        self.search = Search(desk)
        self.imports = ChartImports(desk)
        self.observation_imports = ObservationImports(self.imports)
        self.terminology = Terminology(database)
        self.encounters = Encounters(desk)
        self.participation = Participation(desk)
        self.encounter_imports = EncounterImports(desk)
        self.notes = Notes(desk)

    async def check_again(self, principal: Principal, about: Mapping[str, Any]) -> None:
        """Passes when the caller may still know what they were answered about a chart.

        Raises:
            RecordNotFound: an encounter, an order, a consent or broken glass let them in before.
        """
        if (patient_id := about.get("patient_id")) is not None:
            await self.desk.gate.readmit(principal, UUID(str(patient_id)))
