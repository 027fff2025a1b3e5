"""Weights, cutoffs and other numbers that are kept as exact fractions, so that equal scores are equal."""

import re
from collections.abc import Mapping
from fractions import Fraction

from geo.errors import SpecificationError

#: 1/3, 0.25, 2 and their negatives (which are refused later, in words); ASCII digits only.
_EXACT = re.compile(r"-?[0-9]{1,24}([./][0-9]{1,24})?")


def check_weights(weights: Mapping[str, Fraction]) -> None:
    """Refuse weights that are negative or do not add up to exactly 1.

    Raises
    ------
    SpecificationError
        Naming the indicator, or the sum.
    """
    for indicator, weight in weights.items():
        if weight < 0:
            raise SpecificationError(
                f"indicator {indicator!r}: the weight {weight} is negative; give 0 or more."
            )
    total = sum(weights.values(), Fraction(0))
    if total != 1:
        raise SpecificationError(
            f"the weights of the indicators add up to {total} (about {float(total):.4f}); they must add up to 1. "
            "Write them as fractions such as 1/24."
        )


def check_cutoff(value: Fraction, name: str = "cutoff") -> None:
    """Refuse a line that no score can reach or that everybody reaches.

    Raises
    ------
    SpecificationError
        When the value is not above 0 and at most 1.
    """
    if not 0 < value <= 1:
        raise SpecificationError(
            f"the {name} is {value}; it must be above 0 and at most 1, for example 1/3, because scores lie "
            "between 0 and 1."
        )


def fraction(value: object, where: str) -> Fraction:
    """Read an exact number from the text ``1/3``, ``0.25`` or a whole number.

    Raises
    ------
    SpecificationError
        When it is a float (not exact) or no number at all.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SpecificationError(
            f'{where}: {value!r} is not exact; write it in quotes as a fraction, such as "1/3".'
        )
    try:
        # Not all that Fraction reads: 1e999999999 would be written out, digit by digit.
        if isinstance(value, int) or _EXACT.fullmatch(value.strip()):
            return Fraction(value)
    except ZeroDivisionError:
        pass
    raise SpecificationError(f'{where}: {value!r} is not a number; write a fraction such as "1/3".')
