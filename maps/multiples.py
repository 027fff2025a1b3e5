"""All indicators on one page: one small map each, coloured by one scale."""

from geo.disclosure import PublishedRun
from geo.specification import Label
from maps import figure, insets
from maps.choropleth import base_of, choropleth
from maps.ground import Ground
from maps.legend import signs_without_class, too_far
from maps.marginalia import audience_name, edition, level_name
from maps.palette import INK, Classes, Measure, classify, measures
from maps.typesetting import PLAIN, Page, PrintSettings, typeset

_PAGE_MM = (396.0, 232.0)
_GAP_MM = 4.0
_CAPTION_MM = 7.0


def print_indicators(run: PublishedRun, settings: PrintSettings = PLAIN) -> bytes:
    """Print the share of persons deprived in every indicator as small maps on one A3 page.

    All maps have one scale of colour, so an indicator that is high everywhere looks so.

    Returns
    -------
    bytes
        A PDF of one page.
    """
    wording = settings.wording
    title = wording("indicators_sheet", place=run.summary.boundaries.place)
    running = wording(
        "indicators_running",
        edition=edition(run.summary, wording),
        audience=audience_name(run.audience, wording),
    )
    return typeset([indicators_page(run, settings)], title, settings, running=running)


def indicators_page(run: PublishedRun, settings: PrintSettings) -> Page:
    """Return all that the template sets on the page of small maps."""
    wording, ground = settings.wording, Ground(run)
    table = ground.main.zones.table
    shown = [
        measure for measure in measures(run.summary.specification) if measure.id.startswith("uncensored_")
    ]
    columns, width, height = _fitting(ground, len(shown))
    base = base_of(ground, width, height)
    scale = classify([value for measure in shown for value in table[measure.id].to_list()], shown[0])
    fills = [[_fill(ground, measure, scale, at) for at in range(table.height)] for measure in shown]
    seen = {fill for each in fills for fill in each}
    without = {"hidden": wording("symbol_hidden")} if None in seen else {}
    without |= {"empty": wording("no_figure")} if INK.empty in seen else {}
    return {
        "kind": "indicators",
        "title": wording("indicators_sheet", place=run.summary.boundaries.place),
        "explanation": wording(
            "indicators_explanation",
            level=level_name(ground.main_level, wording),
            measure=wording.of(shown[0].unit),
        ),
        "columns": columns,
        "width": width,
        "maps": [
            {
                "svg": choropleth(base, each),
                "name": wording.of(_indicator_label(run, measure)),
                "mean": wording.percent(_mean(ground, measure.id)),
                "alt": wording("alt_indicator", name=wording.of(measure.label)),
            }
            for measure, each in zip(shown, fills, strict=True)
        ],
        "signs": signs_without_class(without),
        "beyond": too_far(ground, base.frame, wording),
        "scale": f"1:{wording.number(base.frame.scale)}",
        "classes": [
            {"colour": item.colour, "range": scale.range_label(item, wording.lang), "share": "", "zones": ""}
            for item in scale.items
        ],
    }


def _fitting(ground: Ground, maps: int) -> tuple[int, float, float]:
    """Return how many columns give the largest maps of this place, and their width and height."""
    choices = []
    for columns in range(1, maps + 1):
        rows = -(-maps // columns)
        width = (_PAGE_MM[0] - (columns - 1) * _GAP_MM) / columns
        height = (_PAGE_MM[1] - (rows - 1) * _GAP_MM) / rows - _CAPTION_MM
        near, _ = insets.mainland(ground.whole.outline_m, width, height)
        choices.append((figure.needed_scale(near, width, height), columns, width, height))
    _, columns, width, height = min(choices)
    return columns, width, height


def _fill(ground: Ground, measure: Measure, scale: Classes, position: int) -> str | None:
    row = ground.main.zones.table.row(position, named=True)
    if row["status"] == "shown":
        return scale.colour(row[measure.id])
    return None if row["status"] == "hidden" else INK.empty


def _indicator_label(run: PublishedRun, measure: Measure) -> Label:
    return next(each.label for each in run.summary.specification.indicators if each.id == measure.indicator)


def _mean(ground: Ground, column: str) -> float | None:
    whole = next((level for level in ground.run.levels.values() if level.table.height == 1), None)
    mean: float | None = None if whole is None else whole.table[column][0]
    return mean
