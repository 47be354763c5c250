"""The pages that people open: the sign-in page and the board."""

from importlib import resources
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined

from gateway.api.identity import visible_site, visitor
from gateway.api.service import TheService
from gateway.web.words import load_words

router = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    """Add the pages and their files to the application."""
    words = load_words()
    templates = Environment(
        loader=PackageLoader("gateway.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(t=words.both, ja=words.ja)
    app.state.templates = templates
    app.include_router(router)
    static = resources.files("gateway.web").joinpath("static")
    app.mount("/static", StaticFiles(directory=str(static)), name="static")


@router.get("/")
def home(request: Request, service: TheService) -> Response:
    """Lead to the first board that the visitor may see, or to the sign-in page."""
    who = visitor(request, service)
    if who is None:
        return _sign_in_first("/")
    for site in service.places.sites:
        if who.sees(site.id):
            return RedirectResponse(f"/board/{site.id}", 303)
    return _page(request, "nothing.html", who=who)


@router.get("/sign-in")
def sign_in(request: Request) -> Response:
    """Show the page to sign in at."""
    return _page(request, "sign_in.html")


@router.get("/board/{site}")
def board(request: Request, service: TheService, site: str) -> Response:
    """Show the live board of a site."""
    who = visitor(request, service)
    if who is None:
        return _sign_in_first(request.url.path)
    return _page(
        request,
        "board.html",
        who=who,
        site=visible_site(service, who, site),
        sites=[other for other in service.places.sites if who.sees(other.id)],
    )


@router.get("/api/v1/docs")
def api(request: Request) -> Response:
    """Describe the API to people, from the same description that machines read."""
    operations = [
        (method.upper(), path, operation)
        for path, methods in request.app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    return _page(request, "api.html", tags=request.app.openapi_tags, operations=operations)


def _sign_in_first(then: str) -> Response:
    return RedirectResponse(f"/sign-in?{urlencode({'then': then})}", 303)


def _page(request: Request, template: str, **values: object) -> Response:
    templates: Environment = request.app.state.templates
    return HTMLResponse(templates.get_template(template).render(**values))
