"""The gate: every listed emergency is seen; how often it calls in vain is known."""

import csv
from pathlib import Path

import pytest

from deployments.chatbot.red_flags import find_red_flags, load_advice, load_patterns

SETS = [f"red_flag_utterances{part}.csv" for part in ("", "_fresh", "_third")]
ROWS = [
    row
    for name in SETS
    for row in csv.DictReader((Path(__file__).parent / name).read_text("utf-8").splitlines())
]
EMERGENCIES = [(row["utterance"], row["flag"]) for row in ROWS if row["flag"]]
CALM = [row["utterance"] for row in ROWS if not row["flag"]]
LEAST_SPECIFICITY = 0.9


@pytest.mark.parametrize(("utterance", "flag"), EMERGENCIES)
def test_every_listed_emergency_is_seen(utterance: str, flag: str) -> None:
    assert flag in find_red_flags(utterance)


def test_look_alikes_are_mostly_let_pass() -> None:
    passed = sum(not find_red_flags(one) for one in CALM)
    assert passed / len(CALM) >= LEAST_SPECIFICITY


def test_the_set_speaks_of_every_flag_in_both_languages() -> None:
    seen = {(row["flag"], row["locale"]) for row in ROWS if row["flag"]}
    assert seen == {(flag, locale) for flag in load_advice() for locale in ("en", "vi")}
    assert len(ROWS) >= 240


def test_every_pattern_has_its_advice() -> None:
    assert {one.flag for one in load_patterns()} == set(load_advice())


@pytest.mark.parametrize(
    ("utterance", "flag"),
    [
        ("I don't know why my chest hurts", "chest_pain"),
        ("em không biết vì sao bị đau ngực", "chest_pain"),
        ("uống thuốc rồi mà vẫn chưa hết đau ngực", "chest_pain"),
        ("No chest pain yesterday, but chest pain since this morning", "chest_pain"),
        ("I can’t breathe", "breathing"),
        ("kho thở quá", "breathing"),
        ("Is this a stroke? My father's mouth is crooked", "stroke"),
    ],
)
def test_words_around_an_emergency_do_not_hide_it(utterance: str, flag: str) -> None:
    assert flag in find_red_flags(utterance)


@pytest.mark.parametrize("utterance", ["từ từ đã", "", "...", "500 mg paracetamol"])
def test_everyday_words_are_calm(utterance: str) -> None:
    assert find_red_flags(utterance) == []
