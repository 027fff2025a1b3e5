"""The application: routes, problem documents, security headers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import as_file, files

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from api import auth, problems
from api.library import Library
from api.routes import files as run_files
from api.routes import page, runs
from api.settings import Settings
from geo import __version__
from maps.offline import STATIC_URL

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


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
    RuntimeError
        When a route does not declare whom it is for.
    """
    library = Library(settings or Settings())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
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
    app.state.recognise = auth.recognise_nobody
    problems.install(app)
    app.middleware("http")(_with_security_headers)
    app.add_middleware(GZipMiddleware, minimum_size=1_000)
    for router in (runs.router, run_files.router, page.router):
        app.include_router(router)
    with as_file(files("maps") / "static") as static:
        app.mount(STATIC_URL, StaticFiles(directory=static), name="static")
    auth.declarations(app)  # refuses a route that does not say whom it is for
    return app


async def _with_security_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
