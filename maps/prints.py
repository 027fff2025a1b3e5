"""What is printed of one run, and in which formats: the same for the command line and the service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from geo.disclosure import PublishedRun
from geo.errors import ParameterError
from geo.shortlists import Shortlist
from maps import annex, annex_files, atlas
from maps.numbers import Language
from maps.office import Office
from maps.paper import paper_of
from maps.thematic import DEFAULT_MEASURE
from maps.typesetting import PLAIN, PrintSettings, Progress, silent
from maps.wording import Wording


@dataclass(frozen=True, slots=True)
class AtlasOrder:
    """The whole atlas."""


@dataclass(frozen=True, slots=True)
class SheetOrder:
    """The sheet of one place, or its sheets, by a measure of the run or a layer beside its register."""

    level: str
    code: str
    measure: str = DEFAULT_MEASURE


@dataclass(frozen=True, slots=True)
class AnnexOrder:
    """A shortlist as the annex of a decree."""

    shortlist: Shortlist


Order = AtlasOrder | SheetOrder | AnnexOrder

#: Formats of an annex; everything else is a PDF.
ANNEX_FORMATS: Mapping[str, Callable[[PublishedRun, Shortlist, PrintSettings], bytes]] = {
    "pdf": annex.print_annex,
    "docx": annex_files.write_docx,
    "xlsx": annex_files.write_xlsx,
}


def settings_of(lang: Language, paper: str, scale: int | None, office: Office | None) -> PrintSettings:
    """Return how to print, from the names that a person gives.

    Raises
    ------
    ParameterError
        For paper that is not printed on.
    """
    return PrintSettings(Wording(lang), paper_of(paper), scale, office)


def refuse_format(order: Order, kind: str) -> None:
    """Refuse a format that an order is not printed in.

    Raises
    ------
    ParameterError
        Naming those that there are.
    """
    formats = ANNEX_FORMATS if isinstance(order, AnnexOrder) else ("pdf",)
    if kind not in formats:
        what = "an annex" if isinstance(order, AnnexOrder) else "what is not an annex"
        raise ParameterError(f"{what} is written as {', '.join(formats)}, not as {kind!r}.")


def printed(
    run: PublishedRun,
    order: Order,
    settings: PrintSettings = PLAIN,
    *,
    kind: str = "pdf",
    listed: int | None = None,
    progress: Progress = silent,
) -> bytes:
    """Print an order.

    Parameters
    ----------
    run
        What one audience may see of a run; every page names that audience.
    kind
        ``pdf``; for an annex also ``docx`` or ``xlsx``.
    listed, progress
        As in `maps.atlas.print_atlas`.

    Raises
    ------
    ParameterError
        When the run has no such place, or the order cannot be printed as the settings say.
    """
    refuse_format(order, kind)
    if isinstance(order, AnnexOrder):
        return ANNEX_FORMATS[kind](run, order.shortlist, settings)
    if isinstance(order, SheetOrder):
        return atlas.print_sheet(
            run, order.level, order.code, settings, measure=order.measure, listed=listed, progress=progress
        )
    return atlas.print_atlas(run, settings, listed=listed, progress=progress)
