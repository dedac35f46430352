"""The README tells the truth: its tables are what the code says."""

from tests.architecture.readme import README, TABLES, rewritten


def test_the_tables_are_true() -> None:
    text = README.read_text()
    assert all(f"<!-- {name} -->" in text for name in TABLES)
    assert text == rewritten(text), "run: python -m tests.architecture.readme"
