"""What is counted, by route and by event, on Ray's Prometheus endpoint."""

from typing import Any, Final

BUCKETS_S: Final = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]


class Metrics:
    """Counts nothing: for tests and for tools outside Ray."""

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One HTTP request, by route template and status."""

    def delivered(self, listener: str, events: int) -> None:
        """Events that took effect at a listener."""

    def parked(self, listener: str) -> None:
        """An event that was given up on."""


class RayMetrics(Metrics):
    """Counts through `ray.serve.metrics`, which adds application, deployment and replica."""

    def __init__(self) -> None:
        from ray.serve import metrics as ray_metrics  # noqa: PLC0415  # only inside a replica

        metrics: Any = ray_metrics  # its annotations take one tag only

        self._requests: Any = metrics.Counter(
            "medray_http_requests", "HTTP requests", ("method", "route", "status")
        )
        self._seconds: Any = metrics.Histogram(
            "medray_http_seconds", "Time to answer", BUCKETS_S, ("method", "route")
        )
        self._delivered: Any = metrics.Counter(
            "medray_events_delivered", "Events that took effect", ("listener",)
        )
        self._parked: Any = metrics.Counter(
            "medray_events_parked", "Events given up on", ("listener",)
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts and times one HTTP request."""
        self._requests.inc(tags={"method": method, "route": route, "status": f"{status // 100}xx"})
        self._seconds.observe(seconds, tags={"method": method, "route": route})

    def delivered(self, listener: str, events: int) -> None:
        """Counts delivered events."""
        self._delivered.inc(events, tags={"listener": listener})

    def parked(self, listener: str) -> None:
        """Counts an event given up on."""
        self._parked.inc(tags={"listener": listener})
