"""Join members to households without holding either in memory.

Both sides are reduced to a few bytes a row and set aside in buckets of families on disk; one bucket at a time is
joined. A family is known only by a hash keyed with a secret of this run; the files have no name in the file system.
"""

import secrets
import tempfile
import threading
from typing import IO

import numpy as np
import polars as pl
import pyarrow as pa

_ROWS_PER_BUCKET = 500_000
_MASKS = ("yes", "unknown", "people")
#: Keys that need no cleaning and are usable, told by one look where most registers have no other.
_PLAIN_KEY = r"^[A-Za-z1-9][0-9\-]{7,}$"
_NO_KEY = r"(?i)^[0\-. ]*$|^(?:null|none|nan|na|n/a|tidak ada|belum ada|kosong|x)$|e\+"


class FamilyHash:
    """Replace family keys by a 128-bit hash under a secret that ends with the process."""

    def __init__(self, buckets: int) -> None:
        self._seeds = secrets.randbits(62), secrets.randbits(62)
        self._buckets = buckets

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Replace the column ``key`` by ``family`` (two hashes) and ``bucket``; rows without a usable key get null."""
        first, second = self.hashes(rows["key"])
        bucket = (first % self._buckets).fill_null(0).cast(pl.UInt16)
        return rows.drop("key").with_columns(family_1=first, family_2=second, bucket=bucket)

    def hashes(self, key: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Return both hashes of each key, null where it is not usable."""
        key = _cleaned(key.cast(pl.String))
        none = key.is_null()
        first, second = (key.hash(seed).set(none, None) for seed in self._seeds)
        return first, second


def _cleaned(key: pl.Series) -> pl.Series:
    if key.str.contains(_PLAIN_KEY).all():
        return key
    key = key.str.strip_chars()
    if key.str.ends_with(".0").any():
        key = key.str.strip_suffix(".0")
    return key.set(~is_usable(key), None)


def is_usable(key: pl.Series) -> pl.Series:
    """Return which keys tell families apart.

    Blanks, zeros and dashes would merge strangers, and so would what a spreadsheet leaves of a long number: 3.2E+15.
    """
    return ~key.str.contains(_NO_KEY).fill_null(True)


class Buckets:
    """Rows set aside on disk by bucket."""

    def __init__(self, number: int) -> None:
        self._files: list[IO[bytes]] = [tempfile.TemporaryFile() for _ in range(number)]  # noqa: SIM115
        self._writers: list[pa.RecordBatchStreamWriter | None] = [None] * number
        self._lock = threading.Lock()
        self._empty: pl.DataFrame | None = None

    def add(self, rows: pl.DataFrame) -> None:
        """Set rows aside by their column ``bucket``."""
        parts = rows.partition_by("bucket", as_dict=True, include_key=False)
        with self._lock:
            self._empty = rows.drop("bucket").clear()
            for (bucket,), part in parts.items():
                self._writer(int(bucket), part).write_table(
                    part.to_arrow(compat_level=pl.CompatLevel.oldest())
                )

    def _writer(self, bucket: int, part: pl.DataFrame) -> pa.RecordBatchStreamWriter:
        writer = self._writers[bucket]
        if writer is None:
            schema = part.to_arrow(compat_level=pl.CompatLevel.oldest()).schema
            writer = pa.ipc.new_stream(self._files[bucket], schema)
            self._writers[bucket] = writer
        return writer

    def take(self, bucket: int) -> pl.DataFrame | None:
        """Give back the rows of a bucket, None when nothing was ever set aside, and free their space."""
        writer, file = self._writers[bucket], self._files[bucket]
        if writer is None:
            return self._empty
        writer.close()
        file.seek(0)
        rows = pl.DataFrame(pa.ipc.open_stream(file).read_all())
        file.close()
        return rows

    def close(self) -> None:
        """Free all space."""
        for file in self._files:
            file.close()


def number_of_buckets(rows: int) -> int:
    """Return how many buckets keep each small enough to join in memory."""
    return max(1, min(1024, -(-rows // _ROWS_PER_BUCKET)))


def merge_neighbours(members: pl.DataFrame) -> pl.DataFrame:
    """Merge the masks of members of one family that stand together in the file, as most do.

    What stands apart is merged when the families are joined.
    """
    first = members["key"].ne_missing(members["key"].shift()).to_numpy().copy()
    first[:1] = True
    starts = np.flatnonzero(first)
    merged = {name: np.bitwise_or.reduceat(members[name].to_numpy(), starts) for name in ("yes", "unknown")}
    people = np.diff(np.append(starts, members.height)).astype(np.uint32)
    return pl.DataFrame({"key": members["key"].gather(starts), **merged, "people": people})


def join(households: pl.DataFrame, members: pl.DataFrame | None) -> tuple[pl.DataFrame, dict[str, int]]:
    """Give each household the masks of its members: a rule is answered yes by one member, else unknown by one.

    Parameters
    ----------
    members
        Columns ``family_1``, ``family_2``, ``yes``, ``unknown``, ``people``; a family may stand in several rows.

    Returns
    -------
    households
        With ``member_yes``, ``member_unknown`` and ``people``, null where no member is known.
    findings
        What does not fit, by the name that `geo.report.PlacementReport.reasons` has for it.
    """
    keys = ["family_1", "family_2"]
    if members is None:
        members = pl.DataFrame(schema={**dict.fromkeys(keys, pl.UInt64), **dict.fromkeys(_MASKS, pl.UInt32)})
    families = members.group_by(keys).agg(
        member_yes=pl.col("yes").bitwise_or(),
        member_unknown=pl.col("unknown").bitwise_or(),
        people=pl.col("people").sum(),
    )
    joined = households.join(families, on=keys, how="left")
    orphans = families.join(households, on=keys, how="anti")
    keyed = joined.filter(pl.col("family_1").is_not_null())
    findings = {
        **repeated(keyed),
        "without_members": int(keyed["people"].null_count()),
        "members_without_household": int(orphans["people"].sum()),
    }
    return joined.drop(keys), findings


def repeated(keyed: pl.DataFrame) -> dict[str, int]:
    """Count households that stand again under their key: with the same answers, or with others.

    Parameters
    ----------
    keyed
        Households with a key, as ``family_1``, ``family_2``.
    """
    keys = ["family_1", "family_2"]
    more = keyed.filter(pl.struct(keys).is_duplicated())
    again = more.height - more.select(keys).n_unique() if more.height else 0
    same = more.height - more.n_unique() if more.height else 0
    return {"repeated_household": same, "key_of_several_households": again - same}


def without_members(households: pl.DataFrame) -> pl.DataFrame:
    """Mark households of which no member is known."""
    unknown = pl.lit(None, pl.UInt32)
    return households.with_columns(member_yes=unknown, member_unknown=unknown, people=unknown)
