"""Signing in and out, for members of staff at a browser."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from gateway.access import Principal
from gateway.api.identity import (
    AnyBody,
    address_of,
    cookie_name,
    from_our_page,
    is_https,
)
from gateway.api.problems import Problem, documented
from gateway.api.service import Service, TheService
from gateway.ledger.accounts import SESSION_LIFETIME
from gateway.passwords import LONGEST

router = APIRouter(tags=["session"], prefix="/api/v1/session")


class SignIn(BaseModel):
    """A name and a password."""

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {"examples": [{"name": "tanaka", "password": "…"}]},
    }

    name: str = Field(max_length=80)
    password: str = Field(max_length=LONGEST, repr=False)


class WhoOut(BaseModel):
    """Who you are, and what you may do where; ``*`` is every site."""

    name: str
    kind: str
    scopes: list[str]
    sites: list[str]


@router.post(
    "",
    status_code=201,
    operation_id="signIn",
    summary="Sign in",
    responses=documented(401, 403, 422, 429, 503),
)
async def sign_in(
    service: TheService, request: Request, response: Response, wish: SignIn
) -> WhoOut:
    """Begin a session: the answer sets its cookie. From pages of our own only."""
    from_our_page(request, service)
    address = address_of(request)
    wait = service.throttle.wait(wish.name, address)
    if wait > 0:
        service.metrics.sign_ins.labels("throttled").inc()
        raise Problem(
            429,
            "too-many-tries",
            f"too many wrong passwords; try again in {wait:.0f} s",
            headers={"Retry-After": str(int(wait) + 1)},
        )
    # Counted as wrong until it is known to be right, so that tries side by side count too.
    service.throttle.failed(wish.name, address)
    token = await run_in_threadpool(_sign_in, service, wish)
    if token is None:
        service.metrics.sign_ins.labels("refused").inc()
        raise Problem(401, "wrong-password", "that name and password do not go together")
    service.throttle.succeeded(wish.name, address)
    service.metrics.sign_ins.labels("accepted").inc()
    response.set_cookie(
        cookie_name(service),
        token,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        httponly=True,
        secure=is_https(service),
        samesite="lax",
    )
    who = await run_in_threadpool(service.ledger.accounts.of_session, token, now=service.now())
    assert who is not None, "the session was made just now"
    return _who(who)


@router.delete(
    "",
    status_code=204,
    operation_id="signOut",
    summary="Sign out",
    responses=documented(401, 403, 503),
)
def sign_out(service: TheService, who: AnyBody, request: Request, response: Response) -> None:  # noqa: ARG001
    """End the session that the cookie names."""
    name = cookie_name(service)
    service.ledger.accounts.sign_out(request.cookies.get(name, ""), now=service.now())
    response.delete_cookie(name, httponly=True, secure=is_https(service), samesite="lax")


@router.get(
    "",
    operation_id="whoAmI",
    summary="Say who you are",
    responses=documented(401, 503),
)
def who_am_i(who: AnyBody) -> WhoOut:
    """Say as whom you are known here."""
    return _who(who)


def _sign_in(service: Service, wish: SignIn) -> str | None:
    account = service.ledger.accounts.find(wish.name)
    known = None if account is None else account.password_hash
    if not service.passwords.holds(known, wish.password) or account is None:
        return None
    return service.ledger.accounts.sign_in(account, now=service.now())


def _who(who: Principal) -> WhoOut:
    return WhoOut(
        name=who.actor.name,
        kind=who.actor.kind,
        scopes=sorted(who.scopes),
        sites=sorted(who.sites),
    )
