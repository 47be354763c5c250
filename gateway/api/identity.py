"""Who asks, and may they? A machine shows a token, a browser a cookie.

A cookie is sent by the browser whoever wrote the page, so that a request with a cookie that changes
something must also come from one of our own pages: its ``Origin`` (or, where a browser leaves that
out, ``Sec-Fetch-Site``) says so. A token is sent by nobody who does not know it.
"""

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from gateway.access import Principal, Scope
from gateway.api.problems import Problem, not_found
from gateway.api.service import Service, TheService
from hardware.place import Site

COOKIE = "kyoten_session"
_SAFE = ("GET", "HEAD", "OPTIONS")

_bearer = HTTPBearer(auto_error=False, description="An API token: `python -m gateway token add`.")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="A signed-in member of staff.")


def cookie_name(service: Service) -> str:
    """Name the session's cookie; over https so that no other host of the domain can set it."""
    return f"__Host-{COOKIE}" if is_https(service) else COOKIE


def from_our_page(request: Request, service: Service) -> None:
    """Check that a browser's request comes from one of our own pages.

    Raises:
        Problem: it does not, or does not say so.
    """
    origin = request.headers.get("origin")
    if origin is None and request.headers.get("sec-fetch-site") == "same-origin":
        return
    if origin != service.public_url:
        raise Problem(
            403,
            "foreign-page",
            f"this came from {origin or 'a page that does not say which'}; only pages of "
            f"{service.public_url} may do this (http.public_url in gateway.toml)",
        )


def recognise(
    request: Request,
    service: TheService,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
    _described: Annotated[str | None, Security(_cookie)] = None,
) -> Principal:
    """Find out who asks.

    Raises:
        Problem: nobody we know.
    """
    if bearer is not None:
        who = service.ledger.accounts.of_token(bearer.credentials)
    else:
        who = visitor(request, service)
        if who is not None and request.method not in _SAFE:
            from_our_page(request, service)
    if who is None:
        raise Problem(
            401,
            "not-signed-in",
            "sign in, or send an API token",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return who


def visitor(request: Request, service: Service) -> Principal | None:
    """Find out whose browser asks; None if nobody is signed in there."""
    cookie = request.cookies.get(cookie_name(service))
    if cookie is None:
        return None
    return service.ledger.accounts.of_session(cookie, now=service.now())


class Needs:
    """A dependency: whoever asks must have a scope (at some site; ``visible_site`` says which)."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def __call__(self, who: Annotated[Principal, Depends(recognise)]) -> Principal:
        """Let those with the scope pass.

        Raises:
            Problem: they have it not.
        """
        if self._scope not in who.scopes:
            raise Problem(403, "not-allowed", f"this needs the scope {self._scope.value!r}")
        return who


AnyBody = Annotated[Principal, Depends(recognise)]
Reader = Annotated[Principal, Depends(Needs(Scope.READ))]
Booker = Annotated[Principal, Depends(Needs(Scope.BOOK))]
Opener = Annotated[Principal, Depends(Needs(Scope.DOOR))]


def visible_site(service: Service, who: Principal, site: str) -> Site:
    """Find a site among those that somebody sees.

    Raises:
        Problem: there is none; a site of others is not told from one that does not exist.
    """
    known = service.places.site(site)
    if known is None or not who.sees(site):
        raise not_found(f"there is no site {site!r}")
    return known


def address_of(request: Request) -> str:
    """Give the address that a request comes from, as far as that is known."""
    return request.client.host if request.client is not None else "unknown"


def is_https(service: Service) -> bool:
    """Whether people reach the service over https."""
    return service.public_url.startswith("https:")
