"""Cashiers' drawers: one open each, counted, reconciled by somebody else."""

from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.billing import payment_errors as refused
from deployments.billing.payment_schemas import SessionClosing, SessionQuery, SessionRequest
from deployments.errors import Forbidden
from tests.factories.appointments import principal

DRAWER = SessionRequest(cash_point="Desk 1", currency="VND", opening_float=100_000)


@pytest.fixture
def cashiering(world):
    return world.service.cashiering


def counted(amount, reason=None):
    return SessionClosing(counted=amount, difference_reason=reason)


async def test_a_day_at_the_desk(world, cashiering):
    drawer = await cashiering.open(world.cashier, DRAWER)
    await world.at_desk(world.invoice(30_000), 30_000, method="cash", tendered=50_000)
    closed = await cashiering.close(world.cashier, drawer.id, counted(130_000))
    assert (closed.expected, closed.difference, closed.status) == (130_000, 0, "closed")
    done = await cashiering.reconcile(world.officer, drawer.id)
    assert (done.status, done.reconciled_by) == ("reconciled", world.officer.user_id)
    assert "cash_differences" not in world.accounts()


@pytest.mark.parametrize("difference", [-5_000, 1])
async def test_a_difference_needs_a_reason_and_is_posted(world, cashiering, difference):
    drawer = await cashiering.open(world.cashier, DRAWER)
    with pytest.raises(refused.ReasonNeeded):
        await cashiering.close(world.cashier, drawer.id, counted(100_000 + difference))
    closed = await cashiering.close(
        world.cashier, drawer.id, counted(100_000 + difference, "wrong change")
    )
    assert closed.difference == difference
    assert world.accounts() == {"cash": difference, "cash_differences": -difference}


async def test_one_open_drawer_each(world, cashiering):
    first = await cashiering.open(world.cashier, DRAWER)
    with pytest.raises(refused.SessionOpen):
        await cashiering.open(world.cashier, DRAWER)
    await cashiering.open(world.officer, DRAWER)
    await cashiering.close(world.cashier, first.id, counted(100_000))
    assert (await cashiering.open(world.cashier, DRAWER)).id != first.id


async def test_nobody_counts_anothers_drawer_or_confirms_their_own(world, cashiering):
    drawer = await cashiering.open(world.cashier, DRAWER)
    with pytest.raises(refused.SessionNotFound):
        await cashiering.close(world.officer, drawer.id, counted(100_000))
    with pytest.raises(refused.SessionMoveNotAllowed):
        await cashiering.reconcile(world.officer, drawer.id)
    await cashiering.close(world.cashier, drawer.id, counted(100_000))
    with pytest.raises(refused.OtherPersonNeeded):
        await cashiering.reconcile(world.cashier, drawer.id)
    with pytest.raises(refused.SessionMoveNotAllowed):
        await cashiering.close(world.cashier, drawer.id, counted(100_000))
    with pytest.raises(refused.NoOpenSession):
        await world.at_desk(world.invoice(1), 1, method="cash", tendered=1)


async def test_drawers_are_listed_for_those_who_work_there(world, cashiering):
    drawer = await cashiering.open(world.cashier, DRAWER)
    await cashiering.open(world.officer, DRAWER)
    page = await cashiering.list_page(world.officer, SessionQuery(limit=1))
    assert page.next_cursor is not None
    rest = await cashiering.list_page(world.officer, SessionQuery(cursor=page.next_cursor))
    assert [it.id for it in rest.items] == [drawer.id]
    with pytest.raises(refused.SessionNotFound):
        await cashiering.get(world.officer, uuid4())
    with pytest.raises(Forbidden):
        await cashiering.list_page(principal(Role.DOCTOR), SessionQuery())
