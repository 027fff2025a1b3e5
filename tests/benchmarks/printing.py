"""Measure printing: an atlas with a profile of every kelurahan, of Kota Contoh and of all DKI, and one sheet."""

import io
import tempfile
from pathlib import Path

import geopandas as gpd
import pypdf

from geo import boundaries, compute, register, sample, schema, specification
from geo.codes import CodeSystem
from geo.disclosure import PLANNER
from geo.store import Store
from maps import atlas, export
from maps.ground import Ground
from maps.typesetting import PLAIN, typeset
from tests import qgis
from tests.benchmarks.machine import Cost, run

_MODULE = "tests.benchmarks.printing"
_DKI = Path(__file__).parents[3] / "shared" / "data" / "boundaries" / "dki_kelurahan_bps2020.gpkg"


def main() -> None:
    """Print one line a piece of work."""
    with tempfile.TemporaryDirectory() as folder:
        city = str(Path(folder) / "city")
        run("store_city", _MODULE, folder=city)
        _line("atlas, 68 kelurahan, all profiled", run("print_all", _MODULE, folder=city), "reach 10 s, 5 MB")
        _line("one A3 sheet", run("print_one", _MODULE, folder=city), "reach 1 s")
        _beside_qgis(city)
        if _DKI.exists():
            dki = str(Path(folder) / "dki")
            run("store_dki", _MODULE, folder=dki)
            cost = run("print_all", _MODULE, folder=dki)
            _line("atlas, kelurahan of DKI, all profiled", cost, "reach 40 s, 1,536 MiB")
        else:
            print("the boundaries of DKI are not beside the checkout: its atlas is not measured")


def _beside_qgis(folder: str) -> None:
    """Print the 68 kelurahan of one run as 68 sheets of A3, by us and by QGIS's print layouts."""
    ours = run("print_sheets", _MODULE, folder=folder)
    _line("68 A3 sheets, one a kelurahan", ours, "")
    if reason := qgis.missing():
        print(f"{reason}: its atlas is not measured")
        return
    python = qgis.python()
    assert python is not None
    package, out = f"{folder}/city.gpkg", f"{folder}/qgis.pdf"
    run("export_city", _MODULE, folder=folder)
    theirs = run(
        "print_atlas", "tests.qgis.printing", python=python, package=package, level="kelurahan", out=out
    )
    _line(
        "QGIS atlas, 68 A3 pages", theirs, "map, names, title, legend, scale bar; no grid, cells or profile"
    )
    ratios = (
        f"{ours.wall_s / theirs.wall_s:.1f} x time, {ours.cpu_s / theirs.cpu_s:.1f} x CPU, "
        f"{ours.peak_mib / theirs.peak_mib:.1f} x memory, {ours.answer[1] / theirs.answer[1]:.1f} x bytes"  # type: ignore[index]
    )
    print(f"{'ratio, ours to QGIS':<44}{ratios}")


def _line(what: str, cost: Cost, reach: str) -> None:
    pages, size = cost.answer  # type: ignore[misc]
    printed = f"{pages} pages {size / 1e6:.1f} MB"
    print(f"{what:<44}{cost.wall_s:>7.2f} s {cost.peak_mib:>6.0f} MiB {printed:>20}  {reach}", flush=True)


def store_city(folder: str) -> None:
    """Store a run of Kota Contoh on its kelurahan."""
    place = Path(folder)
    sample.write_sample(place, households=60_000, seed=1)
    _store(place, place / "kota_contoh_kelurahan.gpkg", CodeSystem.KEMENDAGRI)


def store_dki(folder: str) -> None:
    """Store a run of a synthetic register on the kelurahan of DKI Jakarta."""
    place = Path(folder)
    units = boundaries.read(_DKI, name="place", level="kelurahan", code_system=CodeSystem.BPS).units
    outlines = units[units["level"] == "kelurahan"][["code", "name", "geometry"]]
    sample.write_sample(place, units=gpd.GeoDataFrame(outlines, crs=4326), households=500_000, seed=1)
    _store(place, _DKI, CodeSystem.BPS)


def _store(place: Path, layer: Path, system: CodeSystem) -> None:
    units = boundaries.read(layer, name="place", level="kelurahan", code_system=system)
    bound = register.bind(
        place / "households.parquet",
        place / "members.parquet",
        schema.load("dtsen"),
        specification.load("default"),
    )
    store = Store(f"sqlite:///{place / 'bench.gpkg'}", create=True)
    store.save_boundaries(units)
    store.save_run(compute.compute(bound, units))
    store.close()


def print_all(folder: str) -> tuple[int, int]:
    """Print the atlas with a profile of every kelurahan; return its pages and bytes."""
    published = Store(f"sqlite:///{Path(folder) / 'bench.gpkg'}").published("latest", PLANNER)
    everyone = published.levels["kelurahan"].table["code"].to_list()
    return _size(atlas.print_atlas(published, profiles=everyone))


def print_one(folder: str) -> tuple[int, int]:
    """Print one kecamatan on A3; return its pages and bytes."""
    published = Store(f"sqlite:///{Path(folder) / 'bench.gpkg'}").published("latest", PLANNER)
    code = published.levels["kecamatan"].table["code"][0]
    return _size(atlas.print_sheet(published, "kecamatan", code))


def print_sheets(folder: str) -> tuple[int, int]:
    """Print one A3 sheet of every kelurahan, in one file; return its pages and bytes."""
    ground = Ground(Store(f"sqlite:///{Path(folder) / 'bench.gpkg'}").published("latest", PLANNER))
    subjects = [ground.subject("kelurahan", code) for code in ground.main.zones.table["code"]]
    pages = [page for subject in subjects for page in atlas.sheet_pages(ground, subject, PLAIN)]
    return _size(typeset(pages, "Kelurahan", PLAIN))


def export_city(folder: str) -> None:
    """Write the run as a GeoPackage, from which QGIS prints."""
    published = Store(f"sqlite:///{Path(folder) / 'bench.gpkg'}").published("latest", PLANNER)
    export.write_geopackage(published, export.levels_of(published, None), Path(folder) / "city.gpkg")


def _size(pdf: bytes) -> tuple[int, int]:
    return len(pypdf.PdfReader(io.BytesIO(pdf)).pages), len(pdf)


if __name__ == "__main__":
    main()
