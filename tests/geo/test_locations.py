"""A table of locations is joined by family key, whatever wrote it; no key is kept."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from geo.boundaries import BoundarySet
from geo.counting import count
from geo.errors import RegisterError
from geo.locate import Locator
from geo.locations import LocationTable, point_columns
from geo.register import bind
from geo.report import PlacementReport
from geo.schema import RegisterSchema
from geo.specification import Specification

#: Header and one row of each kind of export; every one says 107.005, -5.995 of the family K1.
EXPORTS = {
    "people.csv": "family;lintang;bujur\nK1;-5,995;107,005\n",
    "kobo.csv": "start;no_kk;lokasi;_lokasi_latitude;_lokasi_longitude;_lokasi_altitude;_lokasi_precision\n"
    "2024;K1;-5.995 107.005 0 4;-5.995;107.005;0;4\n",
    "kobo_group.csv": "rumah/family;rumah/titik/_lokasi_latitude;rumah/titik/_lokasi_longitude\nK1;-5.995;107.005\n",
    "odk.csv": "SubmissionDate,rumah-lokasi-Latitude,rumah-lokasi-Longitude,rumah-lokasi-Accuracy,NO KK\n"
    "2024,-5.995,107.005,4,K1\n",
    "one_column.csv": "nomor_kk;geopoint\nK1;-5.995 107.005 30.0 4.1\n",
    "titles.csv": "LOKASI RUMAH\n\nnomor_kk;titik\nK1;-5.995 107.005 30.0 4.1\n",
    "pair.csv": 'no_kk,koordinat\nK1,"-5.995, 107.005"\n',
    "degrees.csv": "id_keluarga;lat;lon\nK1;5°59'42\" LS;107°00'18\" BT\n",
}


@pytest.fixture
def placed(
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
    tmp_path: Path,
) -> Callable[[Path], PlacementReport]:
    from geo.locate import Unusable

    def place(locations: Path) -> PlacementReport:
        rows = {
            "family": ["K1", "K2", "K3", "-"],
            "lon": [None, None, 107.015, None],
            "lat": [None, None, -5.995, None],
        }
        table = pl.DataFrame(rows).with_columns(code=pl.lit("9902010001"), persons=3, i0=1)
        table.write_parquet(tmp_path / "h.parquet")
        register = bind(tmp_path / "h.parquet", None, small_schema, specify([Fraction(1)]), "x", locations)
        return count(register, Locator(boundaries, 9, unusable=Unusable.INTERPRET))[1]

    return place


@pytest.mark.parametrize("name", list(EXPORTS))
def test_every_export_places_the_same_household(
    name: str, placed: Callable[[Path], PlacementReport], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(EXPORTS[name])
    report = placed(path)
    assert report.reasons["from_locations"] == 1
    # K1 by the table; K2 and the one without a key by code; K3 by its own point, in another unit than its code.
    assert (report.located, report.by_code) == (1, 3)


def test_the_point_of_the_register_goes_before_that_of_the_table(
    placed: Callable[[Path], PlacementReport], tmp_path: Path
) -> None:
    path = tmp_path / "l.csv"
    path.write_text("family,lat,lon\nK3,-5.995,107.005\n-,-5.995,107.005\n")
    report = placed(path)
    assert "from_locations" not in report.reasons
    assert report.reasons["point_in_other_unit"] == 1


def test_a_family_with_two_points_has_none(placed: Callable[[Path], PlacementReport], tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text(
        "family,lat,lon\nK1,-5.995,107.005\nK1,-5.995,107.006\nK2,-5.995,107.005\nK2,-5.995,107.005\n"
    )
    assert placed(path).reasons["from_locations"] == 1


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("family,x1,y1", "no columns of latitude and longitude"),
        ("family,lat,rumah_lat,lon", "several columns may be the latitude"),
        ("rumah,lat,lon", "family key is not recognised. Call it 'family'"),
    ],
)
def test_a_table_that_is_not_understood_is_refused_with_what_to_do(
    header: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "l.csv"
    path.write_text(f"{header}\n{','.join('1' * (header.count(',') + 1))}\n")
    with pytest.raises(RegisterError, match=says):
        LocationTable(path, "family")


def test_no_key_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("family,lat,lon\nKUNCIRAHASIA,-5.995,107.005\n")
    table = LocationTable(path, "family")
    assert "KUNCIRAHASIA" not in str(vars(table)["_points"].rows())
    assert point_columns(["Y", "X"], path).latitude == "Y"
