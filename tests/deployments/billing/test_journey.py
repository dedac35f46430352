"""A visit, drugs and tests on one bill; the insurer pays 80 %, the patient the rest, once.

Over the real edge, with the simulated payer and the simulated card company.
"""

import asyncio
from uuid import uuid4

import pytest

from deployments.billing.estimating import Coverages
from deployments.billing.payer_work import PayerWork
from deployments.billing.plans import SOCIAL_PAYER
from deployments.laboratory.events import SpecimenReceived
from tests.deployments.billing.insurance.conftest import exchange, house  # noqa: F401
from tests.deployments.billing.payments.conftest import company_settings, world  # noqa: F401

pytestmark = pytest.mark.enable_socket
CARD = "GD4790000000123"


@pytest.fixture(autouse=True)
def _one_worker(monkeypatch) -> None:
    """The house works the claims off; the replica that the patient talks to leaves them alone."""
    monkeypatch.setattr(PayerWork, "run", lambda _self: asyncio.Event().wait())


async def test_from_the_visit_to_the_refund(hospital, make_service, house, world) -> None:  # noqa: F811
    hospital.service = make_service(insurance=Coverages())
    world.patient = hospital.patient
    coverage = await house.insure(SOCIAL_PAYER, CARD, hospital.patient.user_id)

    order = hospital.tests("GLU", "CREA")
    await hospital.tell(hospital.visit(), hospital.drugs(200), order)
    await hospital.tell(hospital.follow(order, SpecimenReceived, version=2))
    draft = await hospital.draft()
    assert len(draft.draft_lines) == 4
    answer = await world.post(f"/invoices/{draft.id}/issue", None, hospital.officer)
    assert answer.status_code == 200, answer.text
    invoice = answer.json()
    assert 0.79 < invoice["payer_share"] / invoice["total"] < 0.81

    claim = await house.claim_invoice(coverage, draft.id)
    await house.work()
    assert (await house.get(claim)).status == "closed"

    owed, key = invoice["patient_share"], uuid4().hex
    means = {"method": "card", "card_token": "tok_approved"}
    body = {"invoice_id": str(draft.id), "amount": owed, "means": means}
    clicks = [world.post("/payments", body, hospital.patient, key) for _ in range(2)]
    answers = await asyncio.gather(*clicks)
    payment = next(one.json() for one in answers if one.status_code == 201)
    await world.until(payment["id"], "succeeded")
    assert world.at_company("SELECT amount FROM card_charges") == [(owed,)]
    assert world.rows("SELECT status, settled FROM invoices") == [("balanced", invoice["total"])]

    drugs = next(line for line in invoice["lines"] if line["area"] == "pharmacy")
    wanted = {"kind": "allowance", "reason": "complaint",
              "lines": [{"invoice_line_id": drugs["id"], "amount": drugs["total"]}]}  # fmt: skip
    asked = await world.post(f"/invoices/{draft.id}/credit-notes", wanted, hospital.officer)
    note = await world.post(f"/credit-notes/{asked.json()['id']}/issue", None, hospital.admin)
    back = note.json()["patient_surplus"]
    assert back == drugs["patient_share"] > 0
    refund = await world.post(
        f"/payments/{payment['id']}/refunds", {"amount": back, "reason_code": "duplicate"},
        world.cashier,
    )  # fmt: skip
    assert refund.status_code == 201, refund.text
    for move, who in (("approve", world.officer), ("complete", world.cashier)):
        done = await world.post(f"/refunds/{refund.json()['id']}/{move}", None, who)
        assert done.status_code == 200, done.text
    assert world.at_company("SELECT refunded FROM card_charges") == [(back,)]
    accounts = world.accounts()
    assert sum(accounts.values()) == 0
    assert not {"receivable_patient", "receivable_payer"} & set(accounts), accounts
    assert accounts["refunds_payable"] == -note.json()["payer_surplus"], "the insurer is owed too"
    assert accounts["provider_clearing"] == owed - back
    (state,) = (await hospital.service.reporting.claims_by_state(hospital.officer)).items
    assert (state.status, state.claims, state.paid) == ("closed", 1, invoice["payer_share"])
