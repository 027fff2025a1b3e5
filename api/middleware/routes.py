"""Which route answered, as its template: an address itself may hold what a person wrote."""

from starlette.types import Scope

UNKNOWN = "unknown"


def template(scope: Scope) -> str:
    """Return the template of the route that a request was led to, such as ``/api/v1/runs/{run}``."""
    route = scope.get("route")
    path: str | None = getattr(route, "path", None)
    return path or scope.get("root_path") or UNKNOWN
