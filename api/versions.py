"""A checked boundary file becomes a version of a set: the same for the command line and for an upload."""

from dataclasses import dataclass

from geo.boundaries import BoundarySet, Checked
from geo.errors import NotFoundError
from geo.store import Store
from maps import boundary_report

#: A version keeps so many findings of its intake report; a file of a country has a hundred thousand.
_FINDINGS_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a load.

    Attributes
    ----------
    is_new
        False when the same version was there.
    since
        What changed since the version before, in words; empty for the first one.
    """

    is_new: bool
    since: str


def load(store: Store, checked: Checked, boundaries: BoundarySet) -> Loaded:
    """Keep a version with the report of its intake, in one transaction, and say what changed since the last."""
    before = _last_version(store, boundaries)
    is_new = store.save_boundaries(boundaries, checked.report.as_dict(_FINDINGS_KEPT))
    return Loaded(is_new, boundary_report.since(before, boundaries) if is_new and before else "")


def _last_version(store: Store, boundaries: BoundarySet) -> BoundarySet | None:
    try:
        return store.boundaries(boundaries.name)
    except NotFoundError:
        return None
