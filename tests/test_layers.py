"""The layers of the house: geo ← geo.store ← maps ← api, and one way out for a number."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("geo", "maps", "api", "data")

#: What the modules under a folder may not import; a name stands for itself and all below it.
FORBIDDEN = {
    "geo": {
        "geo.store",
        "maps",
        "api",
        "sqlalchemy",
        "geoalchemy2",
        "psycopg",
        "fastapi",
        "starlette",
        "folium",
    },
    "geo/store": {"maps", "api", "fastapi", "starlette", "folium"},
    "maps": {"api", "geo.store", "fastapi", "starlette", "uvicorn", "sqlalchemy"},
    "api/routes": {"sqlalchemy", "geoalchemy2", "psycopg", "scipy", "statistics", "numpy"},
}


def modules(folder: str) -> Iterator[Path]:
    """Yield the modules of a folder; a folder inside it with rules of its own is left out."""
    own = [ROOT / other for other in FORBIDDEN if other != folder and other.startswith(f"{folder}/")]
    for path in sorted((ROOT / folder).rglob("*.py")):
        if not any(other in path.parents for other in own):
            yield path


def imported(path: Path) -> set[str]:
    """Return every module and every name from a module that a file imports, wherever in it."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("folder", list(FORBIDDEN))
def test_imports_go_left_only(folder: str) -> None:
    files = list(modules(folder))
    assert files
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imported(path)
        for other in FORBIDDEN[folder]
        if name == other or name.startswith(f"{other}.")
    }
    assert wrong == set()


def test_this_test_sees_imports_in_all_their_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "geo" / "x").mkdir(parents=True)
    path = tmp_path / "geo" / "x" / "y.py"
    path.write_text(
        "import a.b\nfrom geo import store\ndef f():\n    from .. import store as s\n    from . import z\n"
    )
    assert {"a.b", "geo.store", "geo.x.z"} <= imported(path)


def named(identifier: str) -> set[str]:
    """Return the shipped modules in which an identifier is used, as a name, an attribute or an import."""
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = {
                    getattr(node, "id", None),
                    getattr(node, "attr", None),
                    *(alias.name for alias in getattr(node, "names", []) if isinstance(alias, ast.alias)),
                }
                if identifier in names:
                    found.add(path.relative_to(ROOT).as_posix())
    return found


def test_only_disclosure_can_make_a_published_table() -> None:
    assert named("_SEAL") == {"geo/disclosure.py"}


def test_only_the_store_gives_back_what_was_published_before() -> None:
    assert named("reopen") == {"geo/store/store.py"}


def test_maps_and_api_touch_no_tally_or_measure() -> None:
    counts = {"geo.tally", "geo.measures", "geo.counting"}
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for folder in ("maps", "api")
        for path in (ROOT / folder).rglob("*.py")
        for name in imported(path)
        if name in counts
    }
    assert wrong == set()
