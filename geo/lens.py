"""Poverty seen by one agency: only the indicators that it answers for."""

from fractions import Fraction

from geo.errors import ParameterError
from geo.specification import Specification


def of_agency(specification: Specification, agency: str) -> dict[str, Fraction]:
    """Return the weights that are left when only one agency's indicators count; they add up to 1 again.

    Raises
    ------
    ParameterError
        When no indicator of weight above 0 is the agency's, naming the agencies there are.

    Examples
    --------
    >>> from geo import specification
    >>> {name: str(weight) for name, weight in of_agency(specification.load("bogor"), "Disdik").items()}
    {'anak_tidak_sekolah': '1'}
    """
    own = {item.id: item.weight for item in specification.indicators if item.agency == agency and item.weight}
    if not own:
        known = sorted({item.agency for item in specification.indicators if item.agency and item.weight})
        raise ParameterError(
            f"no indicator is {agency!r}'s. Agencies: {', '.join(known) or 'none are named'}."
        )
    whole = sum(own.values())
    return {name: weight / whole for name, weight in own.items()}
