"""What the service counts of itself, in the text format that Prometheus reads."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The service's counters, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "kyoten_http_requests",
            "Requests answered, by route and status.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.request_seconds = Histogram(
            "kyoten_http_request_seconds",
            "Time from a request to the start of its answer.",
            ["method", "route"],
            registry=self._registry,
        )
        self.bookings = Counter(
            "kyoten_bookings", "Wishes to book, by their end.", ["outcome"], registry=self._registry
        )
        self.commands = Counter(
            "kyoten_commands",
            "Commands to doors, by their end.",
            ["outcome"],
            registry=self._registry,
        )
        self.sign_ins = Counter(
            "kyoten_sign_ins",
            "Attempts to sign in, by their end.",
            ["outcome"],
            registry=self._registry,
        )

    def watch(self, name: str, says: str, value: Callable[[], float]) -> None:
        """Show a value that is asked for when somebody reads."""
        Gauge(name, says, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """Give everything that is counted."""
        return generate_latest(self._registry)
