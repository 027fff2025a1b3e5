"""How QGIS draws an exported GeoPackage when it is opened: classes and colours of the page and the print, as QML."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from geo.disclosure import Published, PublishedRun
from maps import palette
from maps.columns import columns_of
from maps.ground import POCKET
from maps.palette import GENERAL_MEASURES, INK
from maps.priority import list_length, priorities

_M0 = GENERAL_MEASURES[0]
#: Since this version of QGIS, symbols are read as they are written here.
_VERSION = "3.22"
_HORIZONTAL = "4"


@dataclass(frozen=True, slots=True)
class _Rule:
    """Places drawn alike.

    Attributes
    ----------
    layers
        What is drawn of each, from below: properties of a simple fill.
    """

    label: str
    where: str
    layers: tuple[Mapping[str, str], ...]


def qml(run: PublishedRun, published: Published) -> str:
    """Return the style of a level by M0, its columns named in Indonesian; pockets are outlined."""
    root = ElementTree.Element("qgis", version=_VERSION, styleCategories="Symbology|Labeling|Fields|Forms")
    if published.level == POCKET:
        _renderer(root, [_pocket()])
        _labels(root, "'K' || \"code\"")
    elif published.level.startswith("h3-"):
        _renderer(root, [*_classes(published), *_without_figures(published)])
    else:
        _renderer(root, [*_classes(published), *_without_figures(published), *_uncertain(published)])
        _labels(root, '"name"')
    aliases = ElementTree.SubElement(root, "aliases")
    for column in columns_of(published, run.summary.specification, run.layers):
        ElementTree.SubElement(aliases, "alias", field=column.id, name=column.label.id)
    return ElementTree.tostring(root, encoding="unicode")


def _classes(published: Published) -> Iterator[_Rule]:
    classes = palette.classify(published.table[_M0.id], _M0)
    above = '"m0" IS NOT NULL'
    for item in classes.items:
        reached = f' AND "m0" >= {item.lower!r}' if item is not classes.items[-1] else ""
        yield _Rule(
            f"{classes.range_label(item)}   {item.share.id}", f"{above}{reached}", (_fill(item.colour),)
        )
        above = f'"m0" < {item.lower!r}'


def _without_figures(published: Published) -> Iterator[_Rule]:
    dotted = (_fill(INK.hidden), {"color": INK.hidden_dot, "style": "dense6", "outline_style": "no"})
    for status, layers in (("hidden", dotted), ("empty", (_fill(INK.empty),))):
        if status in published.table["status"]:
            yield _Rule(palette.STATUS_LABELS[status].id, f"\"status\" = '{status}'", layers)


def _uncertain(published: Published) -> Iterator[_Rule]:
    """Hatch the places that may or may not be on the priority list, over the colour of their class."""
    listed = list_length(published.table[_M0.id].drop_nulls().len())
    if "possible" in priorities(published, listed).values():
        label = f"mungkin termasuk {listed} teratas (peringkat tidak pasti)"
        hatching = {"color": INK.text, "style": "b_diagonal", "outline_style": "no"}
        yield _Rule(label, f'"rank_low" <= {listed} AND "rank_high" > {listed}', (hatching,))


def _pocket() -> _Rule:
    casing = {"style": "no", "outline_color": INK.casing, "outline_width": "1.6"}
    line = {"style": "no", "outline_color": INK.pocket, "outline_width": "0.8"}
    return _Rule("kantong kemiskinan", "\"status\" = 'shown'", (casing, line))


def _fill(colour: str) -> Mapping[str, str]:
    return {"color": colour, "style": "solid", "outline_color": INK.boundary, "outline_width": "0.2"}


def _renderer(root: ElementTree.Element, rules: Sequence[_Rule]) -> None:
    renderer = ElementTree.SubElement(root, "renderer-v2", type="RuleRenderer")
    listed = ElementTree.SubElement(renderer, "rules", key="kantong")
    symbols = ElementTree.SubElement(renderer, "symbols")
    for number, rule in enumerate(rules):
        key = str(number)
        ElementTree.SubElement(listed, "rule", key=key, symbol=key, label=rule.label, filter=rule.where)
        symbol = ElementTree.SubElement(symbols, "symbol", type="fill", name=key, alpha="1")
        for properties in rule.layers:
            layer = ElementTree.SubElement(
                symbol, "layer", {"class": "SimpleFill", "enabled": "1", "locked": "0", "pass": "0"}
            )
            _options(layer, {"outline_width_unit": "MM", "joinstyle": "round", **properties})


def _options(layer: ElementTree.Element, properties: Mapping[str, str]) -> None:
    options = ElementTree.SubElement(layer, "Option", type="Map")
    for name, value in properties.items():
        written = _rgb(value) if name in ("color", "outline_color") else value
        ElementTree.SubElement(options, "Option", type="QString", name=name, value=written)


def _labels(root: ElementTree.Element, expression: str) -> None:
    settings = ElementTree.SubElement(ElementTree.SubElement(root, "labeling", type="simple"), "settings")
    ElementTree.SubElement(settings, "placement", placement=_HORIZONTAL)
    style = ElementTree.SubElement(
        settings, "text-style", fieldName=expression, isExpression="1", fontSize="8", textColor=_rgb(INK.text)
    )
    ElementTree.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor=_rgb(INK.casing),
    )


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[start : start + 2], 16)) for start in (1, 3, 5)) + ",255"
