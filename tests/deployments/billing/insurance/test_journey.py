"""From what was done to what everybody paid: events, issue, two insurers, the patient."""

from datetime import date

from deployments.billing.estimating import Coverages
from deployments.billing.plans import PRIVATE_PAYER, SOCIAL_PAYER
from deployments.billing.settling import settle
from storage.billing import policy_years

CARD = "GD4790000000123"
PRIVATE_CARD = "AN-20240101-0123"


async def test_a_visit_and_drugs_are_paid_by_two_insurers_and_the_patient(
    house, hospital, make_service
) -> None:
    patient_id = hospital.patient.user_id
    first = await house.insure(SOCIAL_PAYER, CARD, patient_id)
    second = await house.insure(
        PRIVATE_PAYER, PRIVATE_CARD, patient_id, position=2, starts_on=date(2024, 1, 1)
    )
    hospital.service = make_service(insurance=Coverages())
    invoice = await hospital.billed(hospital.visit(), hospital.drugs(400))
    assert invoice.patient_share + invoice.payer_share == invoice.total
    house.check()
    with house.database.engine.connect() as connection:
        shares = policy_years.shares_of(connection, invoice.id)
    assert [one["coverage_id"] for one in shares] == [first.id, second.id]
    assert sum(one["expected"] for one in shares) == invoice.payer_share > 0
    claims = []
    for coverage in (first, second):
        claims.append(await house.claim_invoice(coverage, invoice.id))
        await house.work()
    one, other = [await house.get(claim) for claim in claims]
    assert one.paid + one.patient + one.written_off == invoice.total
    assert other.covered_by_others == one.paid + one.written_off
    after = await hospital.service.invoice_reading.get(hospital.officer, invoice.id)
    assert after.payer_settled == one.paid + other.paid
    assert after.patient_share == other.patient
    with house.database.engine.begin() as connection:
        settle(
            connection, invoice.id, party="patient", amount=after.patient_share, at=house.clock()
        )
    after = await hospital.service.invoice_reading.get(hospital.officer, invoice.id)
    assert after.status == "balanced"
