"""The document of the API: FastAPI's own, with the shapes that only hand-written answers refer to."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.answers import Columns, FeatureCollection
from api.problems import Problem, documented

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
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in _REFERRED:
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
    for operations in found["paths"].values():
        for operation in operations.values():
            responses = operation["responses"]
            for status, problem in documented(*_statuses(operation)).items():
                if status == 422 or str(status) not in responses:
                    responses[str(status)] = problem
    return found


def _statuses(operation: dict[str, Any]) -> list[int]:
    """Return what any operation of this shape may answer."""
    parameters = operation.get("parameters", [])
    found = [401]  # a wrong app password
    if any(parameter["in"] == "path" for parameter in parameters):
        found.append(404)
    if "requestBody" in operation:
        found += [408, 413]
    if parameters or "requestBody" in operation:
        found.append(422)
    return found
