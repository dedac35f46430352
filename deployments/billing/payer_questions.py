"""Questions to payers that no X12 transaction here carries: eligibility, consent, appeals."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping

from deployments.billing.adjudicating import find_coverage
from deployments.billing.claim_content import insured_of
from deployments.billing.claim_moving import locked, move
from deployments.billing.payer_exchange import NotTaken, Unknown
from deployments.billing.payer_tools import SOFTWARE, PayerTools
from storage.billing import claims, insurance


class PayerQuestions:
    """Asks payers.

    Args:
        tools: of the worker.
    """

    def __init__(self, tools: PayerTools) -> None:
        self._tools = tools

    async def check(self, job: Row[Any]) -> None:
        """Asks whether somebody is insured on a day.

        Raises:
            Unknown: no answer.
        """

        def gather(connection: Connection) -> tuple[RowMapping, RowMapping] | None:
            check = insurance.find_check(connection, job.object_id)
            coverage = check and insurance.find_coverage(connection, check["coverage_id"])
            return (check, coverage) if check and coverage else None

        found = await self._tools.desk.database.read(gather)
        answer: Mapping[str, Any] = {"inforce": False, "reason": "16"}
        outcome = "error"
        if found is not None:
            check, coverage = found
            body = {
                "member_id": coverage["member_id"],
                "birth_date": coverage["birth_date"].isoformat(),
                "service_day": check["service_day"].isoformat(),
            }
            try:
                answer = await self._tools.exchange.ask(coverage["payer_code"], "eligibility", body)
                outcome = "complete"
            except NotTaken:
                pass
        columns = _eligibility(answer)
        await self._tools.end(
            job,
            lambda connection, now: insurance.answer_check(
                connection, job.object_id, outcome=outcome, answered_at=now, **columns
            ),
        )

    async def ask_first(self, job: Row[Any], claim: RowMapping) -> None:
        """Asks for the payer's consent to what is planned.

        Raises:
            Unknown: no answer; the payer tells the same question by its number.
        """

        def gather(connection: Connection) -> tuple[str, Mapping[str, Any]]:
            coverage = find_coverage(connection, claim)
            insured = insured_of(coverage)
            services = [
                {"code": line["code"], "day": line["service_day"].isoformat()}
                for line in claims.lines(connection, claim["id"])
            ]
            return coverage["payer_code"], {
                "number": claim["number"],
                "member_id": insured.member_id,
                "birth_date": insured.birth_date.isoformat(),
                "diagnoses": claim["diagnoses"],
                "services": services,
            }

        asked = await self._tools.desk.database.read(gather)
        try:
            answer = await self._tools.exchange.ask(asked[0], "preauthorizations", asked[1])
        except NotTaken as refused:
            answer = {"approved": False, "reasons": [str(refused)]}
        await self._tools.end(job, lambda c, now: self._consent(c, job, answer, now))

    async def appeal(self, job: Row[Any], claim: RowMapping) -> None:
        """Sends an appeal; its answer comes as a remittance.

        Raises:
            Unknown: no answer; the payer tells the same appeal by number and version.
        """

        def gather(connection: Connection) -> tuple[str, str]:
            steps = claims.steps(connection, claim["id"])
            return find_coverage(connection, claim)["payer_code"], steps[-1]["note"] or ""

        payer_code, reason = await self._tools.desk.database.read(gather)
        body = {"number": claim["number"], "version": claim["version"], "reason": reason}
        await self._tools.exchange.ask(payer_code, "appeals", body)
        await self._tools.end(
            job, lambda c, now: self._tools.later(c, "collect", claim["payer_id"], now)
        )

    def _consent(
        self, connection: Connection, job: Row[Any], answer: Mapping[str, Any], now: datetime
    ) -> None:
        row = locked(connection, job.object_id)
        actor = SOFTWARE.user_id
        for name in ("send", "accept"):
            row = move(connection, row, name, actor_id=actor, at=now)
        approved = bool(answer.get("approved"))
        move(
            connection,
            row,
            "adjudicate",
            actor_id=actor,
            at=now,
            outcome="complete" if approved else "denied",
            preauthorization=str(answer["number"]) if approved else None,
            reasons=[str(one) for one in answer.get("reasons", [])],
        )


def _eligibility(answer: Mapping[str, Any]) -> dict[str, Any]:
    remaining = answer.get("remaining")
    if remaining is not None and not isinstance(remaining, int):
        raise Unknown("remaining is no number")
    return {
        "inforce": bool(answer.get("inforce")),
        "reason": answer.get("reason"),
        "remaining": remaining,
    }
