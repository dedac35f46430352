"""What follows from findings: refused, overridden with a reason, or told. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from deployments.errors import FieldError
from deployments.pharmacy.errors import Contraindicated, OverrideNeeded, UnknownOverride
from deployments.pharmacy.prescription_schemas import (
    FindingView,
    Override,
    Translated,
)
from deployments.pharmacy.reasons import OverrideReason
from deployments.pharmacy.rules import Planned
from deployments.pharmacy.safety.findings import Finding, FindingKind, Severity, Text

NEEDS_REASON: Final = frozenset({Severity.SERIOUS, Severity.NOT_CHECKED})
NONE_DECLARED: Final[Mapping[Finding, Override]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding and the reason to go on in spite of it, if it needs one."""

    finding: Finding
    override: Override | None = None


def judge(
    findings: Sequence[Finding],
    overrides: Iterable[Override],
    names: Mapping[str, str],
    declared: Mapping[Finding, Override] = NONE_DECLARED,
    answered: Iterable[Finding] = (),
) -> list[Judged]:
    """The findings with what overrides them.

    Args:
        findings: of the safety check.
        overrides: what the caller says to them.
        names: of the drugs by their keys.
        declared: what items say to the findings that they make.
        answered: findings to which somebody gave a reason before; saying it again is no mistake.

    Raises:
        Contraindicated: one of them nobody overrides.
        UnknownOverride: an override fits none of the findings.
        OverrideNeeded: a serious one, or one of what cannot be checked, has no fitting reason.
    """
    forbidden = [one for one in findings if one.severity is Severity.CONTRAINDICATED]
    if forbidden:
        raise Contraindicated("see findings", *_told(forbidden, names))
    said = {override.finding: override for override in overrides}
    _check_known(said, {one.code for one in (*findings, *answered)})
    judged = [
        Judged(one, _fitting(one, declared.get(one) or said.get(one.code))) for one in findings
    ]
    open_ = [
        one.finding
        for one in judged
        if one.override is None and one.finding.severity in NEEDS_REASON
    ]
    if open_:
        raise OverrideNeeded("see findings; send overrides", *_told(open_, names))
    return judged


def declared_parallel(
    findings: Iterable[Finding], items: Iterable[Planned]
) -> dict[Finding, Override]:
    """Items that say why they are given beside others answer for the duplicates they make."""
    reasons = {item.key: item.request.parallel_reason for item in items}
    why = OverrideReason.INTENDED_COMBINATION
    return {
        finding: Override(finding=finding.code, reason_code=why, note=reason)
        for finding in findings
        if finding.kind is FindingKind.DUPLICATE
        for reason in map(reasons.get, finding.items)
        if reason
    }


def view(
    finding: Finding, names: Mapping[str, str], override: Override | None = None
) -> FindingView:
    """A finding as callers see it."""
    return FindingView(
        kind=finding.kind,
        severity=finding.severity,
        items=list(finding.items),
        names=[names.get(key, key) for key in finding.items],
        substances=list(finding.substances),
        code=finding.code,
        mechanism=_translated(finding.mechanism),
        advice=_translated(finding.advice),
        source=finding.source,
        data_version=finding.data_version,
        override_reason=override.reason_code if override else None,
        override_note=override.note if override else None,
    )


def _check_known(said: Iterable[str], codes: Collection[str]) -> None:
    unknown = [code for code in said if code not in codes]
    if unknown:
        errors = [FieldError("/overrides", "unknown", code) for code in unknown]
        raise UnknownOverride("the check does not say this (any more)", errors)


def _fitting(finding: Finding, override: Override | None) -> Override | None:
    """The override, if it may be used here: by-hand checks are for what the data lacks."""
    if override is None or finding.severity not in NEEDS_REASON:
        return None
    by_hand = override.reason_code is OverrideReason.NOT_COVERED
    return override if not by_hand or finding.severity is Severity.NOT_CHECKED else None


def _told(
    findings: Sequence[Finding], names: Mapping[str, str]
) -> tuple[list[FieldError], dict[str, Any]]:
    errors = [
        FieldError(pointer, finding.code, f"{finding.severity}: {finding.mechanism.en}")
        for finding in findings
        for pointer in finding.items
        if pointer.startswith("/")
    ]
    views = [view(finding, names).model_dump(mode="json") for finding in findings]
    return errors, {"findings": views}


def _translated(text: Text) -> Translated:
    return Translated(en=text.en, vi=text.vi, fr=text.fr)
