"""Spaces: halls, rooms, lockers, bays, road sections."""

from fastapi import APIRouter

from gateway.api.identity import Reader, visible_site
from gateway.api.problems import documented, not_found
from gateway.api.service import TheService
from gateway.api.shapes import SpaceOut, space_out
from gateway.places import find_space

router = APIRouter(tags=["spaces"], prefix="/api/v1/sites/{site}/spaces")


@router.get(
    "",
    operation_id="listSpaces",
    summary="List the spaces of a site",
    responses=documented(401, 403, 404),
)
def list_spaces(service: TheService, who: Reader, site: str) -> list[SpaceOut]:
    """Give the spaces of a site, in the order of the configuration."""
    known = visible_site(service, who, site)
    return [space_out(service.places, known, space) for space in known.spaces]


@router.get(
    "/{space}",
    operation_id="getSpace",
    summary="Get one space",
    responses=documented(401, 403, 404),
)
def get_space(service: TheService, who: Reader, site: str, space: str) -> SpaceOut:
    """Give a space."""
    known = visible_site(service, who, site)
    found = find_space(known, space)
    if found is None:
        raise not_found(f"there is no space {space!r} at site {site!r}")
    return space_out(service.places, known, found)
