"""Drug-drug interactions and duplicate therapy."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import Final

from deployments.pharmacy.safety.findings import Finding, FindingKind, Severity, Text
from deployments.pharmacy.safety.interactions import Interaction
from deployments.pharmacy.safety.knowledge import Knowledge
from deployments.pharmacy.safety.subjects import Drug
from deployments.pharmacy.safety.tables import Ruling

LOCAL_ROUTES: Final = frozenset({"cutaneous", "nasal", "ophthalmic", "otic"})
"""Little of such a drug reaches the blood: interactions are told, they do not stop an order."""
ABSORBED_LOCALLY: Final = "absorbed_locally"
"""Group of the exceptions: timolol eye drops, miconazole (FDA labels timolol, miconazole)."""
SOURCE: Final = "medray"

NOT_COVERED: Final = (
    Text(
        "The knowledge base does not list the interactions of this drug.",
        "Cơ sở tri thức không có dữ liệu tương tác của thuốc này.",
    ),
    Text(
        "Check its interactions by hand.",
        "Tra cứu tương tác bằng nguồn khác.",
    ),
)
SAME_INGREDIENT: Final = Ruling(
    code="duplicate:ingredient",
    severity=Severity.SERIOUS,
    mechanism=Text(
        "The same ingredient twice: the doses add up.", "Trùng hoạt chất: liều dùng cộng dồn."
    ),
    advice=Text("Keep one of them.", "Chỉ dùng một thuốc."),
    source=SOURCE,
)


def pairs_to_check(new: Sequence[Drug], current: Sequence[Drug]) -> Iterator[tuple[Drug, Drug]]:
    """New drugs with each other and with all current ones; never two current ones."""
    yield from combinations(new, 2)
    yield from product(new, current)


def interactions(
    new: Sequence[Drug], current: Sequence[Drug], knowledge: Knowledge
) -> Iterator[Finding]:
    """Known interactions, one finding per pair of items and substances."""
    for one, other in pairs_to_check(new, current):
        for first, second in product(one.ingredients, other.ingredients):
            known = knowledge.interaction(first, second)
            if known and first != second:
                yield _interaction(one, other, (first, second), known, knowledge)


def not_covered(
    new: Sequence[Drug], current: Sequence[Drug], knowledge: Knowledge
) -> Iterator[Finding]:
    """One finding per ingredient of whose interactions the base is silent.

    Not one per pair: fifteen current drugs would drown the finding that matters.
    """
    drugs = (*new, *current)
    if not new or len(drugs) < 2:
        return
    for code in sorted({code for drug in drugs for code in drug.ingredients}):
        if not knowledge.covers(code):
            mechanism, advice = NOT_COVERED
            yield Finding(
                kind=FindingKind.INTERACTION,
                severity=Severity.NOT_CHECKED,
                items=tuple(sorted(drug.key for drug in drugs if code in drug.ingredients)),
                substances=(code,),
                code=f"interaction:not-covered:{code}",
                mechanism=mechanism,
                advice=advice,
                source=SOURCE,
                data_version=knowledge.version,
            )


def duplicates(
    new: Sequence[Drug], current: Sequence[Drug], knowledge: Knowledge
) -> Iterator[Finding]:
    """The same ingredient, or two of a class that is rarely combined, in two items."""
    for one, other in pairs_to_check(new, current):
        for code in set(one.ingredients) & set(other.ingredients):
            yield _duplicate(one, other, (code,), SAME_INGREDIENT, knowledge)
        for first, second in product(one.ingredients, other.ingredients):
            if first != second:
                for ruling in _shared_classes(first, second, knowledge):
                    yield _duplicate(one, other, (first, second), ruling, knowledge)


def without_repeats(findings: Iterable[Finding]) -> list[Finding]:
    """One finding per pair of substances and kind; items of repeats are joined.

    Where a pair both interacts and duplicates (two anti-inflammatory drugs), only the worse
    stays; the words of the interaction win a tie.
    """
    order = list(Severity)
    best: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        key = (*finding.substances, "" if _of_a_pair(finding) else finding.code)
        known = best.get(key)
        if known is None:
            best[key] = finding
            continue
        worse = min(known, finding, key=lambda each: order.index(each.severity))
        items = tuple(sorted({*known.items, *finding.items}))
        best[key] = replace(worse, items=items)
    return sorted(best.values(), key=lambda each: order.index(each.severity))


def _of_a_pair(finding: Finding) -> bool:
    kinds = (FindingKind.INTERACTION, FindingKind.DUPLICATE)
    return finding.kind in kinds and len(finding.substances) > 1


def _interaction(
    one: Drug,
    other: Drug,
    substances: tuple[str, str],
    known: Interaction,
    knowledge: Knowledge,
) -> Finding:
    first, second = sorted(substances)
    local = _local(one, substances[0], knowledge) or _local(other, substances[1], knowledge)
    return Finding(
        kind=FindingKind.INTERACTION,
        severity=Severity.MINOR if local else known.severity,
        items=tuple(sorted((one.key, other.key))),
        substances=(first, second),
        code=f"interaction:{first}-{second}",
        mechanism=known.mechanism,
        advice=known.advice,
        source=known.source,
        data_version=knowledge.version,
    )


def _duplicate(
    one: Drug, other: Drug, substances: tuple[str, ...], ruling: Ruling, knowledge: Knowledge
) -> Finding:
    local = one.route in LOCAL_ROUTES or other.route in LOCAL_ROUTES
    same = len(substances) == 1
    return Finding(
        kind=FindingKind.DUPLICATE,
        severity=Severity.MINOR if local else ruling.severity,
        items=tuple(sorted((one.key, other.key))),
        substances=tuple(sorted(substances)),
        code=f"{ruling.code}:{substances[0]}" if same else ruling.code,
        mechanism=ruling.mechanism,
        advice=ruling.advice,
        source=ruling.source,
        data_version=knowledge.version,
    )


def _shared_classes(first: str, second: str, knowledge: Knowledge) -> Iterator[Ruling]:
    for shared in knowledge.duplicate_classes:
        if first in shared.ingredients and second in shared.ingredients:
            yield shared.ruling


def _local(drug: Drug, code: str, knowledge: Knowledge) -> bool:
    absorbed = ABSORBED_LOCALLY in knowledge.ingredients.groups_of(code)
    return drug.route in LOCAL_ROUTES and not absorbed
