"""What a worker does with each kind of job."""

from collections.abc import Mapping
from typing import Final

from deployments.laboratory import ingesting, reporting, verifying
from deployments.laboratory.worker_shapes import Handler

HANDLERS: Final[Mapping[str, Handler]] = {
    "ingest": ingesting.run,
    "verify": verifying.run,
    "report": reporting.run,
}
"""By kind of job."""
