"""Sensitivity, specificity and speed of the drug-safety check: `python -m benchmarks.safety`.

The pairs were written in three rounds, each before it was measured. Misses of the first two were
added to `interactions_own.csv`, those of the third were left: for the packages' data every round
is unseen, for our own pairs only the third is.
"""

import csv
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from deployments.pharmacy.safety.findings import FindingKind, Severity
from deployments.pharmacy.safety.knowledge import Knowledge
from deployments.pharmacy.safety.rules import assess
from deployments.pharmacy.safety.subjects import Amount, DailyDose, Drug, Patient

PAIRS: Final = Path(__file__).parents[1] / "tests/deployments/pharmacy/safety/pairs.csv"
PATIENT: Final = Patient(age_days=20_000, sex="male", allergies=())
ORDER: Final = (Severity.MINOR, Severity.SERIOUS, Severity.CONTRAINDICATED)
NEW: Final = ("warfarin", "amoxicillin", "paracetamol", "clarithromycin", "ibuprofen")
CURRENT: Final = (
    "simvastatin", "digoxin", "furosemide", "enalapril", "spironolactone", "metformin",
    "omeprazole", "amlodipine", "bisoprolol", "aspirin", "sertraline", "levothyroxine",
    "allopurinol", "salbutamol", "gabapentin",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """One row of the test set and what the check said of it."""

    row: dict[str, str]
    found: Severity | None
    covered: bool

    @property
    def interacting(self) -> bool:
        """What the test set says."""
        return self.row["expected"] == "interacting"

    @property
    def grave_enough(self) -> bool:
        """Found with at least the severity that the test set asks for."""
        if self.found is None:
            return False
        return ORDER.index(self.found) >= ORDER.index(Severity(self.row["minimum_severity"]))

    @property
    def stops(self) -> bool:
        """Whether the prescriber is stopped or has to give a reason."""
        return self.found in ORDER[1:]


def outcomes(knowledge: Knowledge) -> list[Outcome]:
    """The whole test set, checked."""
    with PAIRS.open(encoding="utf-8", newline="") as lines:
        return [_check(row, knowledge) for row in csv.DictReader(lines)]


def without_own_pairs(knowledge: Knowledge) -> Knowledge:
    """Only the packages' data, which never saw the test set."""
    return replace(knowledge, own={})


def _check(row: dict[str, str], knowledge: Knowledge) -> Outcome:
    drugs = [_drug(row["drug_a"]), _drug(row["drug_b"])]
    findings = [
        finding
        for finding in assess(drugs[:1], drugs[1:], PATIENT, knowledge)
        if finding.kind in {FindingKind.INTERACTION, FindingKind.DUPLICATE, FindingKind.UNMAPPED}
    ]
    told = [finding.severity for finding in findings if finding.severity in ORDER]
    covered = all(finding.severity is not Severity.NOT_CHECKED for finding in findings)
    return Outcome(row, max(told, key=ORDER.index, default=None), covered)


def _drug(name: str) -> Drug:
    return Drug(name, name, Knowledge.load().resolve(name))


def quality(checked: list[Outcome]) -> dict[str, float]:
    """Shares of a test set; what is missed counts as missed, covered or not."""
    known = [each for each in checked if each.interacting]
    harmless = [each for each in checked if not each.interacting]
    return {
        "known": len(known),
        "harmless": len(harmless),
        "sensitivity": sum(each.found is not None for each in known) / len(known),
        "sensitivity_grave_enough": sum(each.grave_enough for each in known) / len(known),
        "specificity": sum(each.found is None for each in harmless) / len(harmless),
        "specificity_not_stopped": sum(not each.stops for each in harmless) / len(harmless),
        "harmless_not_covered": sum(not each.covered for each in harmless),
    }


def speed(times: int = 2_000, clock: Callable[[], float] = time.perf_counter) -> dict[str, float]:
    """Milliseconds for 5 new drugs with doses against 15 current ones.

    Args:
        times: how often.
        clock: seconds; `time.thread_time` where the machine has other things to do.
    """
    knowledge = Knowledge.load()
    new = [_dosed(_drug(name)) for name in NEW]
    current = [_dosed(_drug(name)) for name in CURRENT]
    spans = []
    for _ in range(times):
        start = clock()
        assess(new, current, PATIENT, knowledge)
        spans.append((clock() - start) * 1000)
    cuts = statistics.quantiles(spans, n=100)
    return {"p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98]}


def _dosed(drug: Drug) -> Drug:
    amounts = tuple(Amount(code, "mg", Decimal(500), Decimal(1500)) for code in drug.ingredients)
    return Drug(drug.key, drug.name, drug.ingredients, DailyDose(amounts), "oral")


def main() -> None:
    """Prints the figures and what was missed."""
    start = time.perf_counter()
    knowledge = Knowledge.load()
    loaded = (time.perf_counter() - start) * 1000
    print(f"drug safety: {knowledge.version}, loaded in {loaded:.0f} ms")
    packages, whole = outcomes(without_own_pairs(knowledge)), outcomes(knowledge)
    _print("all pairs", quality(whole))
    _print("first round, packages' data alone", quality(_round(packages, "1")))
    _print("first round", quality(_round(whole, "1")))
    _print("second round, packages' data alone", quality(_round(packages, "2")))
    _print("second round", quality(_round(whole, "2")))
    _print("third round, packages' data alone", quality(_round(packages, "3")))
    _print("third round, its misses left as they are", quality(_round(whole, "3")))
    _print("5 new against 15 current drugs, wall clock", speed())
    _print("5 new against 15 current drugs, processor", speed(clock=time.thread_time))
    for each in whole:
        if each.interacting and not each.grave_enough:
            print(f"  missed  {_line(each)}")
        if not each.interacting and each.found:
            print(f"  alarm   {_line(each)}")


def _round(checked: list[Outcome], number: str) -> list[Outcome]:
    return [each for each in checked if each.row["round"] == number]


def _print(title: str, figures: dict[str, float]) -> None:
    print(f"  {title}")
    for name, value in figures.items():
        print(f"    {name:<26} {value:.3f}")


def _line(each: Outcome) -> str:
    row = each.row
    wanted = row["minimum_severity"] or "nothing"
    covered = "" if each.covered else " (says: not checked)"
    return f"{row['drug_a']} + {row['drug_b']}: wanted {wanted}, found {each.found}{covered}"


if __name__ == "__main__":
    main()
