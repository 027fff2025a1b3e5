"""Read the number of the RW out of an address; nothing else of it is kept."""

import polars as pl

_MOST_RW = 99
_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_TENS = ("", "x", "xx", "xxx")
_ROMAN = {
    ten + unit: 10 * tens + units for tens, ten in enumerate(_TENS) for units, unit in enumerate(_UNITS)
}

_RT, _RW = r"(?:^|[^a-z])r[\s.]{0,2}t", r"(?:^|[^a-z])r[\s.]{0,2}w"
_NUMBER = r"([0-9o]{1,3}|[ivx]{1,6})"
_END = r"[a-d]?(?:[^0-9a-z]|$)"
_SIGNS = r"[^0-9a-z]{0,4}"
_BETWEEN = r"[^0-9a-z]{1,4}"

#: Where the number of the RW stands, the surest way of writing first.
_SPELLINGS = (
    rf"{_RT}{_SIGNS}(?:dan\s)?r[\s.]{{0,2}}w{_SIGNS}[0-9o]{{3}}([0-9o]{{3}}){_END}",  # RT/RW 002006
    rf"{_RT}{_SIGNS}(?:dan\s)?r[\s.]{{0,2}}w{_SIGNS}(?:[0-9o]{{1,3}}|[ivx]{{1,6}}){_BETWEEN}{_NUMBER}{_END}",
    rf"{_RW}{_SIGNS}r[\s.]{{0,2}}t{_SIGNS}{_NUMBER}{_BETWEEN}(?:[0-9o]{{1,3}}|[ivx]{{1,6}}){_END}",  # RW/RT 6/2
    rf"{_RW}{_SIGNS}(?:ke{_SIGNS}|no{_SIGNS})?{_NUMBER}{_END}",  # RW 06
    rf"{_RT}{_SIGNS}(?:[0-9o]{{1,3}}|[ivx]{{1,6}})\s*[/\\|-]\s*{_NUMBER}{_END}",  # RT 02/06
    r"(?:^|[^0-9a-z/])([0-9o]{1,3})\s*/\s*r[\s.]{0,2}w(?:[^a-z]|$)",  # 06/RW
)


def rw_numbers(addresses: pl.Series) -> pl.Series:
    """Return the number of the RW that each address names, 0 where it names none.

    Parameters
    ----------
    addresses
        Free text, or a column of RW numbers alone.

    Returns
    -------
    pl.Series
        UInt8.

    Examples
    --------
    >>> rw_numbers(pl.Series(["KP BARU RT 02/06", "RT.002 RW.VI", "Rt 2 Rw 6 No 11", "12", "KP BARU NO 6"])).to_list()
    [6, 6, 6, 12, 0]
    """
    text = addresses.cast(pl.String).str.to_lowercase().str.strip_chars().alias("text")
    plain = (
        pl.col("text")
        .str.replace_all(r"rukun\s*tetangga|\berte\b", " rt ")
        .str.replace_all(r"rukun\s*warga|\berwe\b", " rw ")
    )
    found = pl.coalesce(
        pl.col("text").str.extract(r"^([0-9]{1,3})(?:\.0)?$"),
        *(pl.col("plain").str.extract(spelling) for spelling in _SPELLINGS),
    )
    digits = found.str.replace_all("o", "0", literal=True).cast(pl.UInt16, strict=False)
    number = digits.fill_null(found.replace_strict(_ROMAN, default=0, return_dtype=pl.UInt16)).fill_null(0)
    kept = pl.when(number <= _MOST_RW).then(number).otherwise(0)
    return text.to_frame().with_columns(plain=plain).select(rw=kept.cast(pl.UInt8))["rw"]
