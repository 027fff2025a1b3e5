"""What the server counts for Prometheus."""

from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one application, labelled by the template of a route, never by an address."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = Counter(
            "kantong_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "kantong_http_request_seconds",
            "Seconds from the start of a request to the end of its answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.in_progress = Gauge(
            "kantong_http_requests_in_progress", "Requests being answered.", registry=self.registry
        )
        self.turned_away = Counter(
            "kantong_turned_away", "Heavy work refused as all places were taken.", registry=self.registry
        )
        self.jobs = Gauge("kantong_jobs", "Jobs kept, by state.", ("state",), registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer; status 0 is a client that went away."""
        number, spread = self._of(method, route, status)
        number.inc()
        spread.observe(seconds)

    @cache  # noqa: B019 – there are as many as there are routes, and one Metrics an application
    def _of(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(method, route, str(status)), self._seconds.labels(method, route)

    def text(self) -> bytes:
        """Return all counters in Prometheus' text format."""
        return generate_latest(self.registry)
