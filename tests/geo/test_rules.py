"""Rules look at one row, answer yes, no or unknown, and combine in three-valued logic."""

from fractions import Fraction
from itertools import product

import polars as pl
import pytest

from geo import schema
from geo.errors import SpecificationError
from geo.register import Register
from geo.rules import check_rule
from geo.specification import Clause, Dimension, Indicator, Label, Specification

DTSEN = schema.load("dtsen")
PROBE = schema.probe(DTSEN.household_variables)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("lantai_rumah = 8", "reads the column 'lantai_rumah', which the register schema does not know"),
        ("lantai = 'tanah'", "cannot be evaluated"),
        ("lantai", "gives Int16; it must give true or false"),
        ("SUM(lantai) > 3", "depends on other rows"),
        ("luas_lantai < AVG(luas_lantai)", "depends on other rows"),
        ("COUNT(*) > lantai", "depends on other rows"),
        ("lantai = ROW_NUMBER() OVER ()", "depends on other rows"),
        ("lantai = 1; DROP TABLE x", "is not a SQL expression"),
        ("EXISTS (SELECT 1)", "without subqueries"),
        ("RANDOM() > lantai", "is not a SQL expression"),
        ("lantai BETWEEN", "is not a SQL expression"),
        ("", "is not a SQL expression"),
    ],
)
def test_a_rule_that_does_not_answer_row_by_row_is_refused(rule: str, says: str) -> None:
    with pytest.raises(SpecificationError, match=says) as raised:
        check_rule(rule, "indicator 'x'", PROBE)
    assert str(raised.value).startswith("indicator 'x': the rule ")


YES, NO, UNKNOWN = True, False, None

#: left, right: left AND right, left OR right (Kleene).
TRUTH = {
    (YES, YES): (YES, YES),
    (YES, NO): (NO, YES),
    (YES, UNKNOWN): (UNKNOWN, YES),
    (NO, YES): (NO, YES),
    (NO, NO): (NO, NO),
    (NO, UNKNOWN): (NO, UNKNOWN),
    (UNKNOWN, YES): (UNKNOWN, YES),
    (UNKNOWN, NO): (NO, UNKNOWN),
    (UNKNOWN, UNKNOWN): (UNKNOWN, UNKNOWN),
}

Answer = bool | None


def answer(clauses: tuple[Clause, ...], household: Answer, member: Answer, *, members: bool = True) -> Answer:
    """Answer one indicator of a household whose household rule and member rule have the given answers."""
    label = Label("x", "x")
    indicator = Indicator("x", "d", Fraction(1), label, clauses)
    third = Fraction(1, 3)
    specification = Specification("x", label, (Dimension("d", label),), (indicator,), third, third, third)
    register = Register(
        "x",
        None,
        None,
        DTSEN,
        specification,
        (),
        ("h",),
        ("m",),
        frozenset(),
        frozenset(),  # type: ignore[arg-type]
    )

    def masks(value: Answer, known: bool) -> tuple[int | None, int | None]:
        return (int(value is True), int(value is None)) if known else (None, None)

    columns = dict(
        zip(
            ("yes", "unknown", "member_yes", "member_unknown"),
            (*masks(household, True), *masks(member, members)),
            strict=True,
        )
    )
    frame = pl.DataFrame({name: pl.Series([value], dtype=pl.UInt32) for name, value in columns.items()})
    deprived, missing = register.patterns(frame).select("deprived", "missing").row(0)
    assert not deprived & missing
    return None if missing else bool(deprived)


@pytest.mark.parametrize(("household", "member"), list(product((YES, NO, UNKNOWN), repeat=2)))
def test_conditions_of_a_clause_hold_together_and_clauses_are_alternatives(
    household: Answer, member: Answer
) -> None:
    together, either = TRUTH[household, member]
    assert answer((Clause(household="h", any_member="m"),), household, member) is together
    assert answer((Clause(household="h"), Clause(any_member="m")), household, member) is either


@pytest.mark.parametrize(("member", "no_member"), [(YES, NO), (NO, YES), (UNKNOWN, UNKNOWN)])
def test_no_member_is_the_opposite_of_any_member(member: Answer, no_member: Answer) -> None:
    assert answer((Clause(any_member="m"),), YES, member) is member
    assert answer((Clause(no_member="m"),), YES, member) is no_member


def test_without_a_known_member_every_question_about_members_is_open() -> None:
    assert answer((Clause(any_member="m"),), YES, None, members=False) is UNKNOWN
    assert answer((Clause(no_member="m"),), YES, None, members=False) is UNKNOWN
    assert answer((Clause(household="h"), Clause(no_member="m")), YES, None, members=False) is YES
