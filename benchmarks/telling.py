"""Tells people things at a steady pace, as a service's relay does: by the handle of notifications.

`python -m benchmarks.telling --per-second 100 --seconds 60 ...` with the environment of a running
hospital; ids of people on standard input, one a line, or `--invent N` new ones, which it prints.
An event is told again until it is heard, as the outbox would.
"""

import argparse
import asyncio
import json
import os
import random
import sys
from collections import Counter
from uuid import UUID

import ray
from ray import serve

from deployments.access import Principal, Role
from deployments.calls import Remote
from deployments.events import Envelope
from deployments.users.client import UsersClient
from deployments.users.events import UserRegistered
from deployments.users.schemas import Identifier, ImportedPerson

RETRY_S = 0.2
BATCH = 50


async def invent(count: int, seed: int) -> list[UUID]:
    """New patients, without passwords, which would take long to make."""
    users, importer = UsersClient(Remote("users", "Users")), Principal.for_service("benchmark")
    gate = asyncio.Semaphore(16)

    async def one(number: int) -> UUID:
        async with gate:
            person = ImportedPerson(
                role=Role.PATIENT,
                identifiers=[Identifier(system="urn:medray:benchmark", value=f"{seed}-{number}")],
                family_name="Trần",
                given_name=f"Thử {number}",
            )
            return (await users.import_person(importer, person)).id

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def tell(people: list[UUID], per_second: float, seconds: float, seed: int) -> Counter[UUID]:
    """Tells somebody something at each beat; returns how often each was told.

    What is due goes in one batch, as a relay sends it, so a slow house is not buried in calls.
    """
    chance, told = random.Random(seed), Counter[UUID]()
    loop = asyncio.get_running_loop()
    began, beats, beat = loop.time(), int(per_second * seconds), 0
    while beat < beats:
        await asyncio.sleep(max(0.0, began + beat / per_second - loop.time()))
        due = min(beats, int((loop.time() - began) * per_second) + 1) - beat
        batch = [chance.choice(people) for _ in range(max(1, min(due, BATCH)))]
        told.update(batch)
        beat += len(batch)
        await _until_heard([Envelope.of(UserRegistered(user_id=person)) for person in batch])
    return told


async def _until_heard(envelopes: list[Envelope]) -> None:
    while envelopes:
        handle = serve.get_deployment_handle("Notifications", app_name="notifications")
        try:
            async with asyncio.timeout(10):
                answers = await handle.hear.remote(envelopes)
        except Exception as error:  # noqa: BLE001  # whatever it was, it is told again
            print(type(error).__name__, file=sys.stderr)
            await asyncio.sleep(RETRY_S)
            continue
        envelopes = [it for it, wrong in zip(envelopes, answers, strict=True) if wrong]


def main() -> None:
    """Prints the people when it invents some, and at the end how often each was told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invent", type=int, default=0)
    parser.add_argument("--per-second", type=float, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    ray.init(
        address=os.environ["RAY_ADDRESS"],
        namespace="serve",
        log_to_driver=False,
        logging_level="ERROR",
    )
    if asked.invent:
        print(json.dumps([str(it) for it in asyncio.run(invent(asked.invent, asked.seed))]))
        return
    people = [UUID(line.strip()) for line in sys.stdin if line.strip()]
    told = asyncio.run(tell(people, asked.per_second, asked.seconds, asked.seed))
    print(json.dumps({str(person): count for person, count in told.items()}))


if __name__ == "__main__":
    main()
