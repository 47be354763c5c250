"""Errors as problem details (RFC 9457): everywhere the same shape, and nothing of our inside."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from cloud_sync.stores.store import StoreError
from gateway.ledger.errors import LedgerError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = {"Retry-After": "5"}


class FieldError(BaseModel):
    """What is wrong with one part of a request."""

    where: str = Field(examples=["body.starts_at"])
    says: str = Field(examples=["Input should have timezone info"])


class ProblemOut(BaseModel):
    """Problem details of RFC 9457."""

    type: str = Field(examples=["urn:kyoten:problem:not-found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no space 'hal' at site 'tokiwa'"])
    errors: list[FieldError] | None = None


class Problem(Exception):
    """An answer that is a problem; raised by routes, told by ``install``."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
        self.more = more


def not_found(detail: str) -> Problem:
    """There is no such thing, or it is not theirs to see."""
    return Problem(404, "not-found", detail)


def documented(
    *statuses: int, model: type[BaseModel] = ProblemOut
) -> dict[int | str, dict[str, Any]]:
    """Describe problem answers for OpenAPI."""
    return {
        status: {"model": model, "description": HTTPStatus(status).phrase} for status in statuses
    }


def install(app: FastAPI) -> None:
    """Make every error of the app a problem."""

    @app.exception_handler(Problem)
    async def _problem(_request: Request, error: Problem) -> JSONResponse:
        return problem(error.status, error.code, error.detail, headers=error.headers, **error.more)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {"where": ".".join(str(step) for step in part["loc"]), "says": part["msg"]}
            for part in error.errors()
        ]
        return problem(422, "invalid", "the request is not as documented", errors=errors)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        return problem(error.status_code, code, str(error.detail), headers=error.headers)

    @app.exception_handler(StoreError)
    @app.exception_handler(LedgerError)
    async def _away(_request: Request, error: Exception) -> JSONResponse:
        log.error("%s", error)
        return problem(503, "try-again", "not now; try again soon", headers=RETRY_AFTER)


def problem(
    status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Make the answer that tells a problem."""
    body = {
        "type": f"urn:kyoten:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return JSONResponse(
        body, status, headers=None if headers is None else dict(headers), media_type=MEDIA_TYPE
    )
