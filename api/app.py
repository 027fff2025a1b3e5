"""The application: what stands around the routes, and the list of routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import as_file, files

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api import auth, openapi, problems
from api.heavy import HeavyWork
from api.jobs import Jobs
from api.library import Library
from api.metrics import Metrics
from api.middleware.access import AccessLog
from api.middleware.failures import Failures
from api.middleware.large_bodies import LargeBodies
from api.middleware.measured import Measured
from api.middleware.same_origin import SameOrigin
from api.middleware.security import SecurityHeaders
from api.middleware.slow_bodies import SlowBodies
from api.ogc.catalogue import Catalogue
from api.oidc import Provider
from api.routes import (
    account,
    boundaries,
    compare,
    health,
    jobs,
    ogc,
    page,
    people,
    publication,
    robustness,
    runs,
    shortlists,
    upload,
    what_if,
    zones,
)
from api.routes import files as run_files
from api.settings import Settings
from api.tile_builder import TileBuilder
from api.tile_service import TilesAtHand, TileService
from api.tile_shelf import TileShelf
from api.worker import Places
from geo import __version__
from maps.office import read_office
from maps.offline import STATIC_URL

_UPLOADS_SLOWER = 10
_THIS_MACHINE = ("localhost", "127.0.0.1")

_ROUTERS = (
    health.router,
    account.router,
    people.router,
    runs.router,
    zones.router,
    what_if.router,
    robustness.router,
    compare.router,
    run_files.router,
    jobs.router,
    publication.router,
    boundaries.router,
    upload.router,
    shortlists.router,
    ogc.router,
    page.router,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application for a store.

    Parameters
    ----------
    settings
        From the environment when not given.

    Raises
    ------
    StoreError
        When the store cannot be opened.
    FileError, ParameterError
        When the file of the office cannot be read.
    RuntimeError
        When a route does not declare whom it is for.
    """
    settings = settings or Settings()
    library = Library(settings)
    shelf = TileShelf(library, settings.tiles)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.jobs.close()
        app.state.tiles.close()
        shelf.close()
        library.close()

    app = FastAPI(
        title="Kantong",
        version=__version__,
        summary="Poverty pockets of one local government: measured, ranked and mapped.",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own pages load their scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.state.library = library
    app.state.catalogue = Catalogue(library)
    app.state.accounts = library.accounts
    app.state.recognise = library.accounts.recognise
    app.state.provider = Provider(settings.oidc.issuer, settings.oidc) if settings.oidc.issuer else None
    app.state.metrics = Metrics()
    app.state.heavy = HeavyWork(settings.limits, app.state.metrics)
    app.state.database = settings.database_url
    app.state.limits = settings.limits
    app.state.places = Places(settings.limits.jobs, settings.limits.jobs_waiting)
    app.state.office = read_office(settings.office) if settings.office else None
    app.state.jobs = Jobs(settings, app.state.places, app.state.metrics)
    app.state.tiles = TileBuilder(settings, app.state.places)
    problems.install(app)
    _surround(app, settings, shelf)
    for router in _ROUTERS:
        app.include_router(router)
    with as_file(files("maps") / "static") as static:
        app.mount(STATIC_URL, StaticFiles(directory=static), name="static")
    openapi.install(app)
    auth.declarations(app)  # refuses a route that does not say whom it is for
    return app


def _surround(app: FastAPI, settings: Settings, shelf: TileShelf) -> None:
    """Put the middleware around the routes, innermost first."""
    app.add_middleware(TileService, shelf=shelf)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=4)
    app.add_middleware(SameOrigin)
    limits, uploads = settings.limits, (boundaries.router.prefix, upload.router.prefix)
    app.add_middleware(
        LargeBodies, limit=limits.body_bytes, larger=dict.fromkeys(uploads, limits.upload_bytes)
    )
    patience = _UPLOADS_SLOWER * limits.body_seconds
    app.add_middleware(SlowBodies, seconds=limits.body_seconds, slower=dict.fromkeys(uploads, patience))
    app.add_middleware(
        TrustedHostMiddleware, allowed_hosts=[*_THIS_MACHINE, *settings.web.hosts], www_redirect=False
    )
    app.add_middleware(Failures)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Measured, metrics=app.state.metrics)
    app.add_middleware(AccessLog)
    app.add_middleware(TilesAtHand, shelf=shelf, metrics=app.state.metrics)
