"""Reflex tests: what asks for what, and that it always comes to an end."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.laboratory import catalogue_files
from deployments.laboratory.reflexes import Finding, Reflex, reflexes_for, shipped

CODES = ("A", "B", "C", "D", "E")


def wanted(*findings: Finding, present: tuple[str, ...] = ()) -> set[str]:
    return {rule.test for rule in reflexes_for(findings, present)}


def final(parameter: str, **values) -> Finding:
    return Finding(parameter, "final", **values)


@pytest.mark.parametrize(
    ("finding", "tests"),
    [
        (final("TSH", flag="H"), {"FT4"}),
        (final("TSH", flag="L"), {"FT4", "FT3"}),
        (final("TSH", flag="N"), set()),
        (final("HCVAB", choice="pos", flag="A"), {"HCVRNA"}),
        (final("HCVAB", choice="gray", flag="A"), {"HCVRNA"}),
        (final("HCVAB", choice="neg", flag="N"), set()),
        (final("TG", value=Decimal("4.53")), {"LDLD"}),
        (final("TG", value=Decimal("4.52")), set()),
        (final("K", flag="HH"), set()),
    ],
)
def test_what_asks_for_what(finding, tests) -> None:
    assert wanted(finding) == tests


@pytest.mark.parametrize("status", ["registered", "preliminary", "cancelled", "entered-in-error"])
def test_nothing_follows_from_what_is_not_released(status) -> None:
    assert wanted(Finding("TSH", status, flag="H")) == set()


def test_a_corrected_result_asks_again_unless_the_test_is_there() -> None:
    corrected = Finding("TSH", "corrected", flag="H")
    assert wanted(corrected) == {"FT4"}
    assert wanted(corrected, present=("TSH", "FT4")) == set()


def test_two_findings_ask_for_a_test_once() -> None:
    rules = [Reflex(code, "out", "", "C", "made up") for code in ("A", "B")]
    found = reflexes_for([final("A", flag="L"), final("B", flag="H")], (), rules)
    assert [rule.test for rule in found] == ["C"]


def test_rules_of_the_house_speak_of_what_there_is() -> None:
    tests = {row["code"] for row in catalogue_files.read("tests")}
    parameters = {row["code"]: row for row in catalogue_files.read("parameters")}
    for rule in shipped():
        assert rule.test in tests
        assert rule.source
        choices = {one.split(":")[0] for one in parameters[rule.parameter]["choices"].split("|")}
        if rule.when == "is":
            assert set(rule.operand.split(",")) <= choices


def test_rules_of_the_house_have_no_circle() -> None:
    test_of = {row["code"]: row["test"] for row in catalogue_files.read("parameters")}
    edges = {(test_of[rule.parameter], rule.test) for rule in shipped()}

    def reached(start: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        for source, target in edges:
            if source == start and target not in seen:
                seen |= reached(target, seen | {target})
        return seen

    assert all(start not in reached(start) for start, _ in edges)


@given(
    edges=st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(CODES)), max_size=20),
    start=st.sampled_from(CODES),
)
def test_any_rules_whatever_come_to_an_end(edges, start) -> None:
    """Every test comes out abnormal, and rules may point in circles and at themselves."""
    rules = [Reflex(source, "out", "", target, "made up") for source, target in edges]
    order, fresh, rounds = [start], [start], 0
    while fresh:
        findings = [final(code, flag="H") for code in order]
        fresh = [rule.test for rule in reflexes_for(findings, order, rules)]
        order += fresh
        rounds += 1
    assert len(order) == len(set(order))
    assert rounds <= len(CODES)
