"""Job `ingest`: the values of an analyzer's message become results, or are held."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from deployments.laboratory.measured import Measured
from deployments.laboratory.storing import store
from deployments.laboratory.versions import Source
from deployments.laboratory.worker_shapes import Job, Tools
from storage.laboratory import messages


def run(connection: Connection, job: Job, tools: Tools) -> None:
    """Stores each value of a message once; says on the message what became of them."""
    message = messages.find(connection, job.object_id)
    assert message is not None  # noqa: S101  # the job was put into the queue with it
    measured = [Measured.from_json(one) for one in message.content or ()]
    patience = timedelta(minutes=tools.settings.alert_step_minutes)
    zone = ZoneInfo(tools.settings.time_zone)
    source = Source("hl7", message.id, tools.mover, tools.at, patience, zone)
    outcomes = store(connection, tools.snapshot, measured, source)
    held = any(one.status == "held" for one in outcomes)
    messages.settle(connection, message.id, "held" if held else "placed")
