"""Operations on automatic verification: modes, verdicts, and a trial on history."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.laboratory.catalogue_shapes import Snapshot, Test
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import ResultNotFound, TestTypeNotFound
from deployments.laboratory.order_rules import find
from deployments.laboratory.recording import OBJECT, write_audit
from deployments.laboratory.verification_rules import assess, passes
from deployments.laboratory.verification_schemas import (
    Assessment,
    Assessments,
    Disagreement,
    ModeRequest,
    Replay,
    ReplayRequest,
    RuleVerdict,
    VerificationMode,
    VerificationModes,
)
from deployments.laboratory.verifying import gather
from storage.laboratory import orders, results, verification

MOST: Final = 500


class VerificationDesk:
    """Modes, verdicts, replay.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_modes(self, principal: Principal) -> VerificationModes:
        """How far the rules may go for every test in use."""
        principal.require(Permission.LABORATORY_READ_ANY, Permission.LABORATORY_MANAGE)
        snapshot = await self._desk.catalogue.current()
        chosen = await self._desk.database.read(verification.modes)
        usual = self._desk.settings.default_verification_mode
        tests = [one for one in snapshot.tests.values() if one.kind == "test" and one.active]
        return VerificationModes(
            items=[
                VerificationMode.model_validate(
                    {"code": one.code, "mode": chosen.get(one.id, usual)}
                )
                for one in sorted(tests, key=lambda one: one.code)
            ]
        )

    async def set_mode(
        self, principal: Principal, code: str, request: ModeRequest
    ) -> VerificationMode:
        """Chooses how far the rules may go for a test.

        Raises:
            TestTypeNotFound: no such test.
        """
        principal.require(Permission.LABORATORY_MANAGE)
        test = _test(await self._desk.catalogue.current(), code)

        def work(connection: Connection) -> VerificationMode:
            now = self._desk.clock()
            verification.put_mode(
                connection,
                {
                    "test_type_id": test.id, "mode": request.mode,
                    "updated_by": principal.user_id, "updated_at": now,
                },
            )  # fmt: skip
            name = f"verification.{request.mode}"
            write_audit(connection, principal, name, "ActivityDefinition", test.id, now, None)
            return VerificationMode(code=test.code, mode=request.mode)

        return await self._desk.database.transact(work)

    async def list_verdicts(self, principal: Principal, result_id: UUID) -> Assessments:
        """What the rules said of a version of a result, newest first.

        Raises:
            ResultNotFound: no such result.
        """
        principal.require(Permission.LABORATORY_READ_ANY)

        def work(connection: Connection) -> Assessments:
            row = results.find(connection, result_id)
            if row is None:
                raise ResultNotFound
            now = self._desk.clock()
            kind = OBJECT["test"]
            write_audit(connection, principal, "verdict.read", kind, result_id, now, row.patient_id)
            found = verification.of_result(connection, result_id)
            verdicts = verification.verdicts_of(connection, [one.id for one in found])
            return Assessments(items=[_assessment(one, verdicts[one.id]) for one in found])

        return await self._desk.database.transact(work, keyed=False)

    async def replay(self, principal: Principal, request: ReplayRequest) -> Replay:
        """Tries the rules of today on what people decided; nothing is changed.

        Raises:
            TestTypeNotFound: no such test.
        """
        principal.require(Permission.LABORATORY_MANAGE, Permission.LABORATORY_VERIFY)
        snapshot = await self._desk.catalogue.current()
        test = _test(snapshot, request.test)

        def work(connection: Connection) -> Replay:
            rows = verification.decided(connection, test.id, request.since, request.until, MOST)
            return summary([_tried(connection, row, snapshot) for row in rows])

        return await self._desk.database.read(work)


def summary(tried: list[Disagreement]) -> Replay:
    """Counts; pairs that agree are not listed."""
    strict = [one for one in tried if (one.rules, one.person) == ("hold", "released")]
    lax = [one for one in tried if (one.rules, one.person) == ("pass", "repeated")]
    agreed = len(tried) - len(strict) - len(lax)
    return Replay(
        looked_at=len(tried),
        agreed=agreed,
        too_strict=len(strict),
        too_lax=len(lax),
        agreement=agreed / len(tried) if tried else None,
        disagreements=[*lax, *strict],
    )


def _tried(connection: Connection, row: Row[Any], snapshot: Snapshot) -> Disagreement:
    test = orders.find_test(connection, row.test_id)
    assert test is not None  # noqa: S101  # a foreign key
    verdicts = assess(gather(connection, row, test, snapshot))
    return Disagreement(
        result_id=row.id,
        rules="pass" if passes(verdicts) else "hold",
        person="repeated" if row.status == "cancelled" else "released",
        failed=[one.rule for one in verdicts if one.outcome == "fail"],
    )


def _test(snapshot: Snapshot, code: str) -> Test:
    test = find(snapshot, code)
    if test is None or test.kind != "test":
        raise TestTypeNotFound(f"no test {code!r}")
    return test


def _assessment(row: Row[Any], verdicts: list[Row[Any]]) -> Assessment:
    return Assessment(
        id=row.id,
        mode=row.mode,
        passed=row.passed,
        released=row.released,
        at=row.at,
        verdicts=[
            RuleVerdict(rule=one.rule, outcome=one.outcome, detail=one.detail) for one in verdicts
        ],
    )
