"""How many workers a backlog wants."""

from types import SimpleNamespace

import pytest

from deployments.laboratory.scaling import JOBS_PER_WORKER, follow_backlog


@pytest.mark.parametrize(
    ("reports", "workers"),
    [
        ([], 1),
        ([0], 1),
        ([1], 1),
        ([JOBS_PER_WORKER], 1),
        ([JOBS_PER_WORKER + 1], 2),
        ([0, 3 * JOBS_PER_WORKER], 3),
        ([100 * JOBS_PER_WORKER], 4),
    ],
)
def test_a_worker_for_each_so_many_jobs_within_the_limits(reports, workers) -> None:
    """Each worker reports the same queue, so they are not added up."""
    series = {number: [SimpleNamespace(value=one)] for number, one in enumerate(reports)}
    context = SimpleNamespace(
        raw_metrics={"backlog": series},
        capacity_adjusted_min_replicas=1,
        capacity_adjusted_max_replicas=4,
    )
    assert follow_backlog(context)[0] == workers
