"""All tables of the laboratory database, in one place for repositories and migrations."""

from storage.laboratory.base import Base
from storage.laboratory.catalogue_tables import (
    LIMITS,
    PANEL_MEMBERS,
    PARAMETERS,
    TEST_TYPES,
    PanelMember,
    ReferenceLimit,
    TestParameter,
    TestType,
)
from storage.laboratory.job_tables import JOBS, MESSAGES, AnalyzerMessage, LabJob
from storage.laboratory.order_tables import (
    ACCESSION_SERIES,
    MOVES,
    ORDERS,
    SPECIMENS,
    TESTS,
    AccessionSeries,
    LabMove,
    LabOrder,
    OrderedTest,
    Specimen,
)
from storage.laboratory.result_tables import (
    HELD,
    RESULTS,
    VALUES,
    HeldResult,
    ParameterResult,
    TestResult,
)

__all__ = [
    "ACCESSION_SERIES",
    "HELD",
    "JOBS",
    "LIMITS",
    "MESSAGES",
    "MOVES",
    "ORDERS",
    "PANEL_MEMBERS",
    "PARAMETERS",
    "RESULTS",
    "SPECIMENS",
    "TESTS",
    "TEST_TYPES",
    "VALUES",
    "AccessionSeries",
    "AnalyzerMessage",
    "Base",
    "HeldResult",
    "LabJob",
    "LabMove",
    "LabOrder",
    "OrderedTest",
    "PanelMember",
    "ParameterResult",
    "ReferenceLimit",
    "Specimen",
    "TestParameter",
    "TestResult",
    "TestType",
]
