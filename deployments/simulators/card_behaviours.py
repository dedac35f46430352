"""How the simulated card company behaves: told by the card, or drawn by chance. Pure rules."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from deployments.simulators.settings import SimulatorsSettings

Telling = Literal["once", "twice", "reversed", "early", "late", "never"]


@dataclass(frozen=True)
class Behaviour:
    """What becomes of one request.

    Attributes:
        decline_code: why the bank says no; None when it says yes.
        lost: nothing happens, and nobody answers.
        silent: it takes effect, and nobody answers.
        late: the answer comes late, but comes.
        pending: the first answer is that it is not decided yet.
        telling: how the webhook goes out; "reversed" sends the newest event first, "early" sends
            it before the answer.
    """

    decline_code: str | None = None
    lost: bool = False
    silent: bool = False
    late: bool = False
    pending: bool = False
    telling: Telling = "once"


GOOD: Final = Behaviour()
UNKNOWN_CARD: Final = Behaviour(decline_code="invalid_card")
CARDS: Final[Mapping[str, Behaviour]] = {
    "tok_approved": GOOD,
    "tok_insufficient_funds": Behaviour(decline_code="insufficient_funds"),
    "tok_expired_card": Behaviour(decline_code="expired_card"),
    "tok_stolen_card": Behaviour(decline_code="stolen_card"),
    "tok_timeout_charged": Behaviour(silent=True),
    "tok_timeout_charged_untold": Behaviour(silent=True, telling="never"),
    "tok_timeout_uncharged": Behaviour(lost=True),
    "tok_late": Behaviour(late=True),
    "tok_pending": Behaviour(pending=True),
    "tok_pending_declined": Behaviour(pending=True, decline_code="do_not_honor"),
    "tok_pending_reversed": Behaviour(pending=True, telling="reversed"),
    "tok_webhook_twice": Behaviour(telling="twice"),
    "tok_webhook_early": Behaviour(late=True, telling="early"),
    "tok_webhook_late": Behaviour(telling="late"),
    "tok_webhook_never": Behaviour(telling="never"),
}


def behaviour_of(
    card: str, reference: str, earlier: int, settings: SimulatorsSettings
) -> Behaviour:
    """What becomes of the request: what the card says; for a good card, what chance says.

    Args:
        card: token of the card.
        reference: the customer's.
        earlier: requests with this reference before; only the first one is lost or hangs.
        settings: the chances.
    """
    told = CARDS.get(card, UNKNOWN_CARD)
    found = _by_chance(reference, settings) if told is GOOD else told
    return replace(found, lost=False, silent=False) if earlier else found


def _by_chance(reference: str, settings: SimulatorsSettings) -> Behaviour:
    chance = random.Random(f"{settings.seed}:{reference}")  # noqa: S311  # repeatable on purpose
    declined = chance.random() < settings.card_payments_declined
    return Behaviour(
        decline_code="insufficient_funds" if declined else None,
        lost=chance.random() < settings.card_payments_lost,
        silent=chance.random() < settings.card_payments_silent,
        pending=chance.random() < settings.card_payments_pending,
    )
