"""Who pays what: the rules of the law by example, and what holds whatever the rules."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.billing.accounts import Area
from deployments.billing.benefits import ANY_LEVEL, Benefits
from deployments.billing.plans import BASE_SALARY, PRIVATE, SOCIAL
from deployments.billing.shares import Charge, Policy, Reason, Used, coordinate, share


def visit(*amounts: int, area: Area = Area.LABORATORY, code: str = "X") -> list[Charge]:
    return [Charge(area, code, amount) for amount in amounts]


@pytest.mark.parametrize(
    ("level", "payer"),
    [
        ("1", 1_000_000),
        ("2", 1_000_000),
        ("3", 950_000),
        ("4", 800_000),
        ("5", 1_000_000),
        ("9", 0),
    ],
)
def test_social_insurance_pays_by_the_level_on_the_card(level: str, payer: int) -> None:
    assert share(visit(600_000, 400_000), Policy(SOCIAL, level)).payer == payer


@pytest.mark.parametrize(("cost", "payer"), [(350_999, 350_999), (351_000, 280_800)])
def test_a_visit_below_15_percent_of_the_base_salary_is_paid_in_full(cost, payer) -> None:
    assert share(visit(cost), Policy(SOCIAL, "4")).payer == payer


def test_after_five_years_and_six_base_salaries_of_copayment_the_rest_is_paid_in_full() -> None:
    own = 6 * BASE_SALARY - 50_000
    policy = Policy(SOCIAL, "4", used=Used(own=own))
    assert share(visit(1_000_000), policy).patient == 200_000
    assert share(visit(1_000_000), replace(policy, long_insured=True)).patient == 50_000


def test_the_private_plan_takes_deductible_copay_and_coinsurance_in_this_order() -> None:
    shares = share(visit(300_000, 800_000), Policy(PRIVATE, insured_days=365))
    assert shares.lines[0].reasons == ((Reason.DEDUCTIBLE, 300_000),)
    assert shares.lines[1].reasons == (
        (Reason.DEDUCTIBLE, 200_000), (Reason.COPAY, 50_000), (Reason.COINSURANCE, 55_000),
    )  # fmt: skip
    assert shares.used == Used(deductible=500_000, paid=495_000, own=105_000)


def test_the_ceiling_of_the_visit_and_of_the_year() -> None:
    met = Used(deductible=500_000)
    assert share(visit(20_000_000), Policy(PRIVATE, used=met)).payer == 5_000_000
    nearly = replace(met, paid=49_000_000)
    shares = share(visit(20_000_000), Policy(PRIVATE, used=nearly))
    assert shares.payer == 1_000_000
    assert shares.lines[0].reasons[-1][0] == Reason.CEILING


def test_waiting_periods_and_exclusions() -> None:
    ward = Charge(Area.WARD, "BED", 900_000)
    young, old = Policy(PRIVATE, insured_days=89), Policy(PRIVATE, insured_days=90)
    assert share([ward], young).lines[0].reasons == ((Reason.WAITING, 900_000),)
    assert share([ward], old).payer > 0
    cosmetic = Charge(Area.PROCEDURE, "COSMETIC", 900_000)
    assert share([cosmetic], old).lines[0].reasons == ((Reason.NOT_COVERED, 900_000),)


def test_the_second_payer_pays_from_what_the_first_one_left() -> None:
    first, second = coordinate(
        visit(3_000_000), [Policy(SOCIAL, "4"), Policy(PRIVATE, used=Used(deductible=500_000))]
    )
    assert (first.payer, first.patient) == (2_400_000, 600_000)
    assert second.payer == (600_000 - 50_000) * 90 // 100
    assert first.payer + second.payer + second.patient == 3_000_000


amounts = st.integers(0, 10**9)
ceilings = st.none() | amounts
benefits = st.builds(
    Benefits,
    percent=st.dictionaries(
        st.sampled_from(["1", "4", ANY_LEVEL]),
        st.decimals(0, 100, places=2).map(Decimal),
        min_size=1,
    ),
    copay=amounts,
    deductible=amounts,
    visit_ceiling=ceilings,
    year_ceiling=ceilings,
    full_below=amounts,
    full_beyond=ceilings,
    exempt_levels=st.frozensets(st.just("1")),
    waiting_days=st.dictionaries(st.sampled_from(Area), st.integers(0, 100)),
    excluded_areas=st.frozensets(st.sampled_from(Area), max_size=2),
    excluded_codes=st.frozensets(st.just("X")),
)
policies = st.builds(
    Policy,
    benefits=benefits,
    level=st.sampled_from(["1", "4", "9"]),
    insured_days=st.integers(0, 200),
    long_insured=st.booleans(),
    used=st.builds(Used, deductible=amounts, paid=amounts, own=amounts),
)
charges = st.lists(
    st.builds(Charge, st.sampled_from(Area), st.sampled_from(["X", "Y"]), amounts), max_size=6
)


@given(charges, policies)
def test_payer_and_patient_are_always_the_charge(charged, policy) -> None:
    shares = share(charged, policy)
    for charge, line in zip(charged, shares.lines, strict=True):
        assert line.payer >= 0
        assert all(amount > 0 for _, amount in line.reasons)
        assert line.payer + line.patient == charge.amount
    _check_limits(shares, policy)


def _check_limits(shares, policy) -> None:
    plan, used = policy.benefits, shares.used
    if plan.visit_ceiling is not None:
        assert used.paid <= plan.visit_ceiling
    if plan.year_ceiling is not None:
        assert used.paid <= max(plan.year_ceiling - policy.used.paid, 0)
    assert used.deductible <= max(plan.deductible - policy.used.deductible, 0)
    if plan.full_beyond is not None and policy.long_insured:
        assert used.own <= max(plan.full_beyond - policy.used.own, 0)


@given(charges, st.lists(policies, max_size=3))
def test_several_payers_never_pay_more_than_the_charge(charged, several) -> None:
    shares = coordinate(charged, several)
    total = sum(charge.amount for charge in charged)
    patient = shares[-1].patient if shares else total
    assert sum(one.payer for one in shares) + patient == total
    for one, policy in zip(shares, several, strict=True):
        _check_limits(one, policy)
