"""Statements, reminders, write-offs, reports and papers, over the service and the whole edge."""

from datetime import timedelta

import pytest

from deployments.access import Role
from deployments.billing.charge_schemas import Reason
from deployments.billing.errors import NotIssued
from deployments.billing.report_files import as_csv
from deployments.billing.report_schemas import DayBookLine, Period, RevenueLine
from deployments.billing.statement_schemas import StatementQuery
from tests.deployments.billing.test_crediting import credited, pay
from tests.deployments.billing.test_issuing import Insurer

pytestmark = pytest.mark.enable_socket


def period(hospital) -> dict:
    return {"first_day": hospital.now.date(), "last_day": hospital.now.date()}


async def test_a_statement_runs_from_invoice_to_payment_and_credit(hospital) -> None:
    invoice = await hospital.billed(hospital.visit())
    pay(hospital, invoice, 100_000)
    line = {"invoice_line_id": invoice.lines[0].id, "amount": 60_000}
    await credited(hospital, invoice, kind="allowance", lines=[line])
    query = StatementQuery(**period(hospital))
    found = await hospital.service.stating.statement(
        hospital.patient, hospital.patient.user_id, query
    )
    assert [(one.kind, one.amount) for one in found.movements] == [
        ("invoice", 150_000), ("payment", -100_000), ("credit_note", -60_000),
    ]  # fmt: skip
    assert found.closing == -10_000, "the hospital owes the patient what was paid too much"


async def test_the_ladder_climbs_step_by_step(hospital, clock, outbox_names) -> None:
    await hospital.billed(hospital.visit())
    overdue = hospital.service.overdue
    taken = []
    for _ in range(60):
        taken.append(await overdue.take_steps())
        assert await overdue.take_steps() == 0, "a step is taken once"
        clock.advance(timedelta(days=1))
    assert [day for day, number in enumerate(taken) if number] == [8, 14, 21, 37]


async def test_who_waits_for_a_payer_is_not_reminded(hospital, make_service, clock, rows) -> None:
    hospital.service = make_service(insurance=Insurer())
    invoice = await hospital.billed(hospital.visit())
    clock.advance(timedelta(days=30))
    assert await hospital.service.overdue.take_steps() == 0
    rows("UPDATE invoices SET payer_settled = payer_share WHERE id = :id RETURNING 1",
         id=invoice.id)  # fmt: skip
    assert await hospital.service.overdue.take_steps() == 1


async def test_what_is_written_off_is_a_bad_debt_once(hospital) -> None:
    invoice = await hospital.billed(hospital.visit())
    pay(hospital, invoice, 50_000)
    overdue, reason = hospital.service.overdue, Reason(reason="moved away")
    after = await overdue.write_off(hospital.officer, invoice.id, reason)
    assert (after.status, after.settled) == ("balanced", 150_000)
    with pytest.raises(NotIssued):
        await overdue.write_off(hospital.officer, invoice.id, reason)


async def test_reports_add_up(hospital, clock) -> None:
    invoice = await hospital.billed(hospital.visit(), hospital.drugs(20))
    line = {"invoice_line_id": invoice.lines[1].id, "quantity": 5}
    note = await credited(hospital, invoice, lines=[line])
    reporting, officer = hospital.service.reporting, hospital.officer
    book = await reporting.whole_day_book(officer, Period(**period(hospital)))
    assert sum(one.debit for one in book) == sum(one.credit for one in book) > invoice.total
    revenue = await reporting.revenue(officer, Period(**period(hospital)))
    drugs = next(one for one in revenue.items if one.area == "pharmacy")
    assert (drugs.quantity, drugs.credited) == (15, note.total - note.tax)
    clock.advance(timedelta(days=7 + 31))
    (aged,) = (await reporting.aged_receivables(officer)).items
    assert (aged.days_31_60, aged.total) == (invoice.total - note.total,) * 2


def test_a_file_runs_no_formula_and_writes_amounts_as_people_do() -> None:
    line = RevenueLine(area="other", code='=cmd|" /C calc"!A0', currency="USD", quantity=1,
                       invoiced=1050, credited=2000, net=-950)  # fmt: skip
    head, row = as_csv(RevenueLine, [line], ["invoiced", "credited", "net"]).splitlines()
    assert head == "area,code,currency,quantity,invoiced,credited,net"
    assert "\"'=cmd|" in row
    assert row.endswith("10.50,20.00,-9.50")
    assert as_csv(DayBookLine, [], []).count("\r\n") == 1


async def test_over_the_edge_a_patient_sees_their_own_and_nobody_elses(
    hospital, api, headers
) -> None:
    invoice = await hospital.billed(hospital.visit())
    me = headers(Role.PATIENT, sub=str(hospital.patient.user_id))
    other = headers(Role.PATIENT)
    seen = await api.get(f"/invoices/{invoice.id}", headers=me)
    assert (seen.status_code, seen.json()["number"]) == (200, invoice.number)
    paper = await api.get(f"/invoices/{invoice.id}/document", headers=me, params={"locale": "vi"})
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    days = period(hospital)
    statement = f"/patients/{hospital.patient.user_id}/statement"
    assert (await api.get(statement, headers=me, params=days)).json()["closing"] == 150_000
    printed = await api.get(f"{statement}/document/en", headers=me, params=days)
    assert printed.content[:5] == b"%PDF-"
    absent = f"/invoices/{hospital.doctor_id}"
    for path in (f"/invoices/{invoice.id}", f"/invoices/{invoice.id}/document", statement, absent):
        answer = await api.get(path, headers=other, params=days if path == statement else {})
        assert answer.status_code == 404, path
    assert (await api.get("/invoices", headers=other)).json()["items"] == []
    assert len((await api.get("/invoices", headers=me)).json()["items"]) == 1


async def test_over_the_edge_prices_come_by_file_and_say_what_is_wrong(
    hospital, api, headers
) -> None:
    admin = headers(Role.ADMINISTRATOR)
    (public,) = (await api.get("/price-lists", headers=admin)).json()["items"]
    path = f"/price-lists/{public['id']}/versions"
    csv = {**admin, "Content-Type": "text/csv"}
    head = "kind,code,name_en,name_vi,price\n"
    for body, words in (
        ("a,b\n", "first line"),
        (head + "service,X,Visit,Khám,1.5\n", "decimals"),
        (head + "service,X,Visit,Khám,-1\n", "too small"),
        (head + "service,X,Visit,Khám,NaN\n", "line 2"),
        (head + "magic,X,Visit,Khám,1\n", "line 2"),
        (head + "service,X,Visit,Khám,1\n" * 2, "twice"),
    ):
        answer = await api.post(path, content=body.encode(), headers=csv)
        assert answer.status_code == 400, (body, answer.text)
        assert words in answer.json()["detail"], answer.json()
    made = await api.post(path, content=(head + "service,X,Visit,Khám,1\n").encode(), headers=csv)
    assert made.status_code == 201
    publish = f"/price-list-versions/{made.json()['version_id']}/publish"
    first = public["versions"][0]["valid_from"]
    clash = await api.post(publish, json={"valid_from": first}, headers=admin)
    assert (clash.status_code, clash.json()["code"]) == (409, "billing.validity_overlaps")
    held = await api.post(publish, json={"valid_from": "2027-01-01"}, headers=admin)
    assert held.json()["valid_from"] == "2027-01-01"
    again = await api.post(publish, json={"valid_from": "2028-01-01"}, headers=admin)
    assert again.json()["code"] == "billing.prices_published"
