"""How many workers the backlog wants; named in `serve_config.yaml`."""

from math import ceil
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ray.serve.config import AutoscalingContext

JOBS_PER_WORKER: Final = 200
"""About what one worker does in ten seconds."""


def follow_backlog(context: "AutoscalingContext") -> tuple[int, dict[str, Any]]:
    """A worker for each so many jobs that wait, within the limits of the configuration.

    Every worker reports the backlog of the whole queue, so the newest report of any one counts.
    """
    reports = [
        point.value
        for series in (context.raw_metrics or {}).get("backlog", {}).values()
        for point in series[-1:]
    ]
    wanted = ceil(max(reports, default=0.0) / JOBS_PER_WORKER)
    low, high = context.capacity_adjusted_min_replicas, context.capacity_adjusted_max_replicas
    return max(low, min(high, max(wanted, 1))), {}
