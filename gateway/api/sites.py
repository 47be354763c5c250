"""Sites: which there are."""

from fastapi import APIRouter

from gateway.api.identity import Reader, visible_site
from gateway.api.problems import documented
from gateway.api.service import TheService
from gateway.api.shapes import SiteOut, site_out

router = APIRouter(tags=["sites"], prefix="/api/v1/sites")


@router.get(
    "",
    operation_id="listSites",
    summary="List the sites that you may see",
    responses=documented(401, 403),
)
def list_sites(service: TheService, who: Reader) -> list[SiteOut]:
    """Give every site with its spaces, in the order of the configuration."""
    return [site_out(service.places, site) for site in service.places.sites if who.sees(site.id)]


@router.get(
    "/{site}",
    operation_id="getSite",
    summary="Get one site",
    responses=documented(401, 403, 404),
)
def get_site(service: TheService, who: Reader, site: str) -> SiteOut:
    """Give a site with its spaces."""
    return site_out(service.places, visible_site(service, who, site))
