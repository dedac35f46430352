"""Each rule of automatic verification alone; sources stand with the rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from deployments.laboratory.catalogue_shapes import Choice, DeltaLimit, Parameter, Span
from deployments.laboratory.readings import Reading
from deployments.laboratory.verification_rules import (
    RULES,
    Earlier,
    Facts,
    Value,
    assess,
    differs,
    passes,
)

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def parameter(code: str = "K", **given) -> Parameter:
    plain = {
        "id": uuid4(), "test_type_id": uuid4(), "position": 0, "code": code, "loinc": None,
        "name_en": code, "name_vi": code, "kind": "numeric", "unit": "mmol/L", "decimals": 1,
        "choices": (), "plausible": Span(Decimal(1), Decimal(12)), "reporting": Span(),
        "delta": DeltaLimit(Decimal("0.8"), Decimal(20), timedelta(hours=72)),
        "formula": None, "limits": (),
    }  # fmt: skip
    return Parameter(**{**plain, **given})


def value(number: str = "4.1", code: str = "K", **given) -> Value:
    reading = Reading(parameter(code), value=Decimal(number), sent_value=number)
    return Value(**{"reading": reading, "flag": "N", "critical": False, **given})


FINE = Facts(
    values=[value()],
    around={},
    complete=True,
    correction=False,
    held=[],
    condition=[],
    stable_until=NOW + timedelta(hours=4),
    observed_at=NOW,
    collected_at=NOW - timedelta(hours=1),
    entered_at=NOW,
)


def failed(facts: Facts) -> list[str]:
    return [one.rule for one in assess(facts) if one.outcome == "fail"]


def test_every_rule_gives_a_verdict_and_what_is_fine_passes() -> None:
    verdicts = assess(FINE)
    assert len(verdicts) == len(RULES)
    assert passes(verdicts)


def before(number: str, hours: int, unit: str = "mmol/L") -> Value:
    earlier = Earlier(Decimal(number), unit, FINE.collected_at - timedelta(hours=hours))
    return value(earlier=earlier)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (replace(FINE, complete=False), "complete"),
        (replace(FINE, correction=True), "first-version"),
        (replace(FINE, held=["K"]), "quality-control"),
        (replace(FINE, condition=["haemolysed"]), "specimen"),
        (replace(FINE, stable_until=NOW - timedelta(seconds=1)), "specimen"),
        (replace(FINE, observed_at=NOW - timedelta(minutes=66)), "time"),
        (replace(FINE, observed_at=NOW + timedelta(minutes=6)), "time"),
        (replace(FINE, values=[value("13")]), "plausible"),
        (replace(FINE, values=[value(flag="HH", critical=True)]), "critical"),
        (replace(FINE, values=[before("2.9", 24)]), "delta"),
        (replace(FINE, values=[before("4.0", 24, unit="mg/dL")]), "delta"),
        (replace(FINE, around={"K": Decimal("6.5"), "CA": Decimal("1.5")}), "consistent"),
    ],
)
def test_one_rule_fails_and_says_so(facts, rule) -> None:
    assert failed(facts) == [rule]


@pytest.mark.parametrize("minutes", [-64, -60, 0, 4])
def test_clocks_may_be_a_little_apart(minutes) -> None:
    assert failed(replace(FINE, observed_at=NOW + timedelta(minutes=minutes))) == []


def test_an_old_value_is_not_compared() -> None:
    verdict = next(one for one in assess(replace(FINE, values=[before("2.0", 100)]))
                   if one.rule == "delta")  # fmt: skip
    assert verdict.outcome == "not-applicable"


def test_lipaemia_does_not_spoil_potassium() -> None:
    assert failed(replace(FINE, condition=["lipaemic"])) == []


def test_a_positive_choice_and_what_is_beyond_measuring_are_a_persons() -> None:
    choices = (Choice("pos", "positive", "dương tính", abnormal=True),)
    coded = parameter("HIV", kind="coded", choices=choices)
    positive = Value(Reading(coded, choice="pos", sent_value="pos"), "A", critical=False)
    assert failed(replace(FINE, values=[positive])) == ["coded"]
    beyond = Reading(parameter(), value=Decimal(9), comparator=">", sent_value=">9")
    assert failed(replace(FINE, values=[Value(beyond, "H", critical=False)])) == ["measurable"]


@pytest.mark.parametrize(
    ("now", "earlier", "absolute", "percent", "wrong"),
    [
        ("5.0", "4.0", "0.8", "20", True),
        ("4.7", "4.0", "0.8", None, False),
        ("40", "20", "30", "50", False),
        ("0.2", "0.1", "0.5", "50", False),
        ("90", "120", None, "20", True),
        ("5", "4", None, None, False),
        ("1", "0", None, "20", False),
    ],
)
def test_delta_must_be_beyond_both_limits(now, earlier, absolute, percent, wrong) -> None:
    """Per cent alone would fail small numbers, an absolute limit alone large ones."""
    limits = [one and Decimal(one) for one in (absolute, percent)]
    assert differs(Decimal(now), Decimal(earlier), *limits) is wrong


@pytest.mark.parametrize(
    ("around", "holds"),
    [
        ({"HGB": "140", "HCT": "0.42"}, True),
        ({"HGB": "140", "HCT": "0.30"}, False),
        ({"TBIL": "10", "DBIL": "12"}, False),
        ({"NA": "140", "CL": "104", "CO2": "25"}, True),
        ({"NA": "140", "CL": "130", "CO2": "25"}, False),
    ],
)
def test_values_that_contradict_each_other(around, holds) -> None:
    known = {code: Decimal(number) for code, number in around.items()}
    own = [value(number, code) for code, number in around.items()]
    plausible = [
        replace(one, reading=replace(one.reading, parameter=parameter(one.code, plausible=Span())))
        for one in own
    ]
    assert (failed(replace(FINE, values=plausible, around=known)) == []) is holds
