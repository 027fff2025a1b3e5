"""What the register says of each unit: codes and names of the levels above, and the words of an address."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.codes import Code, CodeSystem, parent, parse
from geo.errors import BoundaryError

#: Header prefix in the extract, administrative level, and the columns of a layer that may hold its name.
_LEVELS = (
    ("provinsi", "provinsi", "provinsi"),
    ("kabupaten_kota", "kota", "kota"),
    ("kecamatan", "kecamatan", "kecamatan"),
    ("kelurahan_desa", "kelurahan", "kelurahan"),
)
_MOST_RT = 99


@dataclass(frozen=True, slots=True)
class Places:
    """One row per unit of the layer.

    Attributes
    ----------
    columns
        Codes as digits and names, by header of the register.
    kelurahan
        Number of the kelurahan of each unit, from 0.
    rw
        The RW number of each unit; 0 where the units are kelurahan.
    """

    columns: dict[str, pa.Array]
    kelurahan: NDArray[np.int64]
    rw: NDArray[np.int64]


def describe(units: gpd.GeoDataFrame) -> Places:
    """Read the codes and names of a boundary layer.

    A dotted code is Kemendagri's; digits alone are taken for BPS. In the register both are digits, as DTSEN
    extracts hold them.

    Parameters
    ----------
    units
        Kelurahan or RW with a column ``code``, and names in ``name``, ``kelurahan``, ``kecamatan``, ``kota``,
        ``provinsi`` where the layer has them.

    Raises
    ------
    BoundaryError
        When the layer has no column ``code``, or a unit is neither a kelurahan nor an RW.
    CodeError
        When a code is none of its system.
    """
    if "code" not in units.columns:
        raise BoundaryError(
            f"The boundary layer has no column 'code' (it has {', '.join(map(str, units.columns))}). "
            "Rename the column that holds the wilayah code."
        )
    lines = [_lineage(str(code)) for code in units["code"]]
    columns = {}
    for header, level, name in _LEVELS:
        digits = pa.array([line[level].text.replace(".", "") for line in lines])
        columns["kode_provinsi" if level == "provinsi" else f"kode_{header}"] = digits
        columns[header] = _names(units, lines, level, name)
    codes = [line["kelurahan"].text for line in lines]
    numbers = [int(line["rw"].text[-3:]) if "rw" in line else 0 for line in lines]
    return Places(columns, np.unique(codes, return_inverse=True)[1], np.array(numbers))


def _lineage(text: str) -> dict[str, Code]:
    code: Code | None = parse(text, CodeSystem.KEMENDAGRI if "." in text else CodeSystem.BPS)
    line: dict[str, Code] = {}
    while code is not None:
        line[code.level] = code
        code = parent(code)
    if "kelurahan" not in line:
        raise BoundaryError(
            f"Unit {text!r} is coarser than a kelurahan. A register is made over kelurahan or RW: "
            "choose a finer layer."
        )
    return line


def _names(units: gpd.GeoDataFrame, lines: list[dict[str, Code]], level: str, column: str) -> pa.Array:
    finest = "rw" if "rw" in lines[0] else "kelurahan"
    source = "name" if level == finest and "name" in units.columns else column
    if source not in units.columns:
        return pa.nulls(len(units), pa.string())
    return pa.array(units[source].astype(object).where(units[source].notna(), None).to_list(), pa.string())


def addresses(rt: NDArray[np.int64], rw: NDArray[np.int64]) -> pa.Array:
    """Write ``RT 02 RW 06`` for each household; an address here says nothing more.

    Examples
    --------
    >>> addresses(np.array([2]), np.array([6]))[0].as_py()
    'RT 02 RW 06'
    """
    pairs, index = np.unique(rw * (_MOST_RT + 1) + rt, return_inverse=True)
    texts = [f"RT {pair % (_MOST_RT + 1):02d} RW {pair // (_MOST_RT + 1):02d}" for pair in pairs]
    return pa.array(texts, pa.string()).take(pa.array(index))


def family_keys(first: int, count: int, width: int) -> NDArray[np.uint8]:
    """Return made-up family keys ``K0000001``, … as rows of ASCII bytes, numbered from ``first``."""
    number = np.arange(first, first + count, dtype=np.int64)[:, None]
    digits = number // 10 ** np.arange(width - 1, -1, -1, dtype=np.int64) % 10 + ord("0")
    return np.column_stack([np.full(count, ord("K")), digits]).astype(np.uint8)


def text_array(rows: NDArray[np.uint8]) -> pa.Array:
    """Turn rows of ASCII bytes into an Arrow text column."""
    offsets = np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int32)
    return pa.Array.from_buffers(
        pa.string(), len(rows), [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))]
    )
