"""Medical history: of the family, social, surgical, obstetric."""

from datetime import date

import pytest

from deployments.access import Principal
from deployments.medical_records import entry_rules
from deployments.medical_records.entry_schemas import Code, Identifier, Voiding
from deployments.medical_records.errors import EntryInconsistent
from deployments.medical_records.history_schemas import HistoryRequest, ImportedHistory
from tests.factories import chart
from tests.factories.medical_records import NOW


def history(**values) -> HistoryRequest:
    defaults = {"kind": "social", "code": chart.words("Tobacco"), "value": "10 cigarettes a day"}
    return HistoryRequest(**(defaults | values))


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, None),
        ({"kind": "family", "relationship": "MTH"}, None),
        ({"kind": "family"}, "/relationship"),
        ({"kind": "surgical", "relationship": "MTH"}, "/relationship"),
        ({"occurred_on": date(2027, 1, 1)}, "/occurred_on"),
    ],
)
def test_history_is_consistent(values, wrong):
    if wrong is None:
        entry_rules.check_history(history(**values), NOW)
        return
    with pytest.raises(EntryInconsistent) as refused:
        entry_rules.check_history(history(**values), NOW)
    assert [error.pointer for error in refused.value.errors] == [wrong]


async def test_the_mothers_diabetes(world, service):
    request = history(
        kind="family",
        relationship="MTH",
        code=chart.icd10("E11.9"),
        onset_age_years=50,
        deceased=False,
    )
    one = await service.histories.record(world.nurse, world.patient_id, request)
    assert (one.relationship, one.onset_age_years, one.deceased) == ("MTH", 50, False)
    changed = history(value="stopped smoking")
    two = await service.histories.revise(world.nurse, world.patient_id, one.id, changed, 1)
    assert (two.kind, two.value, two.relationship) == ("social", "stopped smoking", None)
    voided = await service.histories.chart.void(
        world.nurse, world.patient_id, one.id, Voiding(reason="somebody else's mother")
    )
    assert voided.status == "entered-in-error"


async def test_history_is_imported(world, service):
    one = ImportedHistory(
        identifier=Identifier(system="urn:test", value="1"),
        patient_id=world.patient_id,
        recorded_at=NOW,
        kind="surgical",
        code=Code(text="Appendectomy", coding=None),
        occurred_on=date(2011, 4, 1),
    )
    importer = Principal.for_service("importer")
    taken = await service.imports.import_histories(importer, [one])
    entry = await service.histories.chart.get(world.patient, world.patient_id, taken.receipts[0].id)
    assert (entry.code.text, entry.occurred_on) == ("Appendectomy", date(2011, 4, 1))
