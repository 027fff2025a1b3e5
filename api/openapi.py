"""The document of the API: FastAPI's own, with the shapes that only hand-written answers refer to."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.answers import Columns, FeatureCollection
from api.problems import Problem

_REFERRED: tuple[type[BaseModel], ...] = (Problem, Columns, FeatureCollection)


def install(app: FastAPI) -> None:
    """Make the application describe itself, once all routes are known."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for model in _REFERRED:
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return found
