"""The HTTP application, put together from what it is given."""

from typing import Any

from fastapi import FastAPI

from gateway.api import (
    bookings,
    devices,
    doors,
    health,
    live,
    problems,
    readings,
    session,
    sites,
    spaces,
    status,
)
from gateway.api.booking_shapes import TakenOut
from gateway.api.identity import is_https
from gateway.api.middleware import Surround
from gateway.api.service import Service
from gateway.web import pages

_TAGS = [
    {"name": "sites", "description": "Halls and roadside stations."},
    {"name": "spaces", "description": "What a site is divided into."},
    {"name": "devices", "description": "Sensors and locks, as their nodes describe them."},
    {"name": "status", "description": "How everything is now, the worst first."},
    {"name": "readings", "description": "What was measured, over time."},
    {"name": "bookings", "description": "Who has which space when."},
    {"name": "doors", "description": "Unlock and lock, and what became of it."},
    {"name": "live", "description": "What happens, as it happens."},
    {"name": "session", "description": "Signing in and out."},
    {"name": "health", "description": "Whether the service is well."},
]


def create_app(service: Service) -> FastAPI:
    """Make the application; it opens nothing and starts nothing."""
    app = FastAPI(
        title="Kyoten",
        version="1",
        summary="Spaces, doors and readings of a town's small public places.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # FastAPI's pages load their scripts from elsewhere
        redoc_url=None,
        openapi_tags=_TAGS,
    )
    app.state.service = service
    app.add_middleware(
        Surround,
        metrics=service.metrics,
        monotonic=service.clock.monotonic,
        https=is_https(service),
    )
    problems.install(app)
    for noun in (
        sites, spaces, devices, status, readings, bookings, doors, live, session, health,
    ):  # fmt: skip
        app.include_router(noun.router)
    pages.install(app)
    _describe_problems(app)
    return app


def _describe_problems(app: FastAPI) -> None:
    """Have the description say that errors are problem details, as they are."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        described = generate()
        for path in described["paths"].values():
            for operation in path.values():
                for answer in operation["responses"].values():
                    _describe_problem(answer)
        for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's own shapes of errors
            described["components"]["schemas"].pop(unused, None)
        return described

    app.openapi = openapi  # type: ignore[method-assign]


def _describe_problem(answer: dict[str, Any]) -> None:
    """Give an answer that is a problem its media type."""
    content = answer.get("content", {})
    name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
    if name == "HTTPValidationError":
        name = problems.ProblemOut.__name__
    if name in (problems.ProblemOut.__name__, TakenOut.__name__):
        schema = {"$ref": f"#/components/schemas/{name}"}
        answer["content"] = {problems.MEDIA_TYPE: {"schema": schema}}
