"""Numbers as people write them: with a point or a comma for decimals, and the other for thousands."""

import polars as pl

_INDONESIAN = r"^-?\d{1,3}(\.\d{3})+,\d+$|^-?\d{1,3}(\.\d{3}){2,}$"
_ENGLISH = r"^-?\d{1,3}(,\d{3})+\.\d+$|^-?\d{1,3}(,\d{3}){2,}$"
_POINT_GROUP = r"^-?[1-9]\d{0,2}\.\d{3}$"
_COMMA_GROUP = r"^-?[1-9]\d{0,2},\d{3}$"


def read(column: pl.Series) -> tuple[pl.Series, str]:
    """Read a column of numbers; what is none is null.

    A sign is taken for thousands where some number shows it (1.234,5 or 1.234.567), or where every number that has it
    has three digits behind it; else it is a decimal point or comma.

    Returns
    -------
    pl.Series
        Float64.
    str
        Which sign was taken for thousands, as a sentence; "" where none was.

    Examples
    --------
    >>> read(pl.Series(["82.755", "103.008", "950"]))[0].to_list()
    [82755.0, 103008.0, 950.0]
    >>> read(pl.Series(["82.755", "10.5"]))[0].to_list()
    [82.755, 10.5]
    """
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_nan(None), ""
    text = column.cast(pl.String).str.replace_all(r"[\s']", "")
    sign = thousands(text)
    bare = text.str.replace_all(sign, "", literal=True) if sign else text
    numbers = bare.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return numbers.fill_nan(None), _said(sign)


def thousands(text: pl.Series) -> str:
    """Return the sign that stands for thousands in a column of text; "" where the column shows none."""
    indonesian, english = text.str.contains(_INDONESIAN).any(), text.str.contains(_ENGLISH).any()
    if indonesian != english:
        return "." if indonesian else ","
    with_point, with_comma = (text.filter(text.str.contains(sign, literal=True)) for sign in ".,")
    if len(with_point) and not len(with_comma) and with_point.str.contains(_POINT_GROUP).all():
        return "."
    if len(with_comma) and not len(with_point) and with_comma.str.contains(_COMMA_GROUP).all():
        return ","
    return ""


def _said(sign: str) -> str:
    if not sign:
        return ""
    name = "Titik" if sign == "." else "Koma"
    return f"{name} dibaca sebagai pemisah ribuan: 1{sign}234 adalah seribu dua ratus tiga puluh empat."
