"""Rules: one SQL expression over the variables of one row, answered yes, no or unknown."""

from collections.abc import Iterable

import polars as pl

from geo.errors import SpecificationError


def compile_rule(rule: object, where: str) -> pl.Expr:
    """Turn the SQL text of a rule into a polars expression.

    Raises
    ------
    SpecificationError
        When the text is not one SQL expression over columns.
    """
    if not isinstance(rule, str):
        raise SpecificationError(f"{where}: the rule {rule!r} is not text; write a SQL expression in quotes.")
    try:
        expression = pl.sql_expr(rule)
        names = expression.meta.root_names()
    except pl.exceptions.PolarsError as error:
        raise SpecificationError(
            f"{where}: the rule {rule!r} is not a SQL expression ({_first_line(error)})."
        ) from error
    if not names or any(name.startswith("_POLARS") for name in names):
        raise SpecificationError(
            f"{where}: the rule {rule!r} must compare columns of one row, without subqueries."
        )
    return expression


def check_rule(rule: str, where: str, probe: pl.DataFrame) -> None:
    """Refuse a rule that does not answer yes or no, row by row.

    Parameters
    ----------
    probe
        A few rows of made-up values of every canonical variable, in the types of the register schema.

    Raises
    ------
    SpecificationError
        For an unknown column, a wrong type, or a value that depends on other rows.
    """
    expression = compile_rule(rule, where)
    unknown = sorted(set(expression.meta.root_names()) - set(probe.columns))
    if unknown:
        raise SpecificationError(
            f"{where}: the rule {rule!r} reads the column {unknown[0]!r}, which the register schema does not know. "
            f"Known: {', '.join(probe.columns)}."
        )
    try:
        answers = probe.select(answer=expression)["answer"]
        one_by_one = pl.concat([row.select(answer=expression)["answer"] for row in probe.iter_slices(1)])
    except pl.exceptions.PolarsError as error:
        raise SpecificationError(
            f"{where}: the rule {rule!r} cannot be evaluated ({_first_line(error)})."
        ) from error
    if answers.dtype != pl.Boolean:
        raise SpecificationError(
            f"{where}: the rule {rule!r} gives {answers.dtype}; it must give true or false."
        )
    if not answers.equals(one_by_one):
        raise SpecificationError(
            f"{where}: the rule {rule!r} depends on other rows; it must look at one row only."
        )


def variables(rules: Iterable[str | None]) -> frozenset[str]:
    """Return the variables that rules read.

    Examples
    --------
    >>> sorted(variables(["lantai IN (7, 8, 9) OR atap = 4", None]))
    ['atap', 'lantai']
    """
    return frozenset(
        name for rule in rules if rule is not None for name in pl.sql_expr(rule).meta.root_names()
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
