"""What QGIS makes of our files and services; imported by the Python of QGIS only, so QGIS is imported when called."""

import os
from collections import Counter
from typing import Any
from urllib.parse import quote

_APPLICATIONS: list[Any] = []


def start() -> None:
    """Start QGIS without windows; it lives as long as the process, whose layers it may not outlive."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qgis.core import QgsApplication

    QgsApplication.setPrefixPath("/usr", True)
    _APPLICATIONS.append(QgsApplication([], False))
    _APPLICATIONS[0].initQgis()


def geopackage(path: str) -> dict[str, dict[str, Any]]:
    """Open each layer of a file as a double click does; return its state and the colours of its places."""
    from qgis.core import QgsDataProvider, QgsVectorLayer

    start()
    file = QgsVectorLayer(path, "file", "ogr")
    names = [part.split(QgsDataProvider.sublayerSeparator())[1] for part in file.dataProvider().subLayers()]
    return {name: _opened(QgsVectorLayer(f"{path}|layername={name}", name, "ogr")) for name in names}


def _opened(layer: Any) -> dict[str, Any]:
    fields = layer.fields()
    return {
        "valid": layer.isValid(),
        "epsg": layer.crs().authid(),
        "aliases": {field.name(): layer.attributeDisplayName(at) for at, field in enumerate(fields)},
        "legend": [item.label() for item in layer.renderer().legendSymbolItems()]
        if layer.isSpatial()
        else [],
        "colours": _colours(layer) if layer.isSpatial() else {},
        "labels": layer.labelsEnabled() and layer.labeling().settings().fieldName,
    }


def _colours(layer: Any) -> dict[str, list[str]]:
    from qgis.core import QgsExpressionContext, QgsExpressionContextUtils, QgsRenderContext

    context = QgsRenderContext()
    renderer = layer.renderer().clone()
    renderer.startRender(context, layer.fields())
    found = {}
    for feature in layer.getFeatures():
        scopes = QgsExpressionContextUtils.globalProjectLayerScopes(layer)
        expressions = QgsExpressionContext(scopes)
        expressions.setFeature(feature)
        context.setExpressionContext(expressions)
        symbols = renderer.symbolsForFeature(feature, context)
        found[feature["code"]] = [symbol.symbolLayer(0).color().name() for symbol in symbols]
    renderer.stopRender(context)
    return found


def collection(root: str, name: str, user: str = "", password: str = "") -> dict[str, Any]:
    """Open a collection of an OGC API as a layer; return its fields and how many features come."""
    from qgis.core import QgsDataSourceUri, QgsVectorLayer

    start()
    source = QgsDataSourceUri()
    source.setParam("url", root)
    source.setParam("typename", name)
    if user:
        source.setUsername(user)
        source.setPassword(password)
    layer = QgsVectorLayer(source.uri(False), name, "OAPIF")
    return {
        "valid": layer.isValid(),
        "types": {field.name(): field.typeName() for field in layer.fields()},
        "features": sum(1 for _ in layer.getFeatures()) if layer.isValid() else 0,
    }


def tiles(template: str, style: str, bounds: list[float], size_px: int = 400) -> list[str]:
    """Draw vector tiles with a style; return the colours of the picture, the most frequent first."""
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransform,
        QgsMapRendererParallelJob,
        QgsMapSettings,
        QgsProject,
        QgsRectangle,
        QgsVectorTileLayer,
    )
    from qgis.PyQt.QtCore import QSize

    start()
    source = f"type=xyz&url={quote(template, safe='{}')}&zmin=0&zmax=14&styleUrl={quote(style, safe='')}"
    layer = QgsVectorTileLayer(source, "tiles")
    _, styled = layer.loadDefaultStyle()
    assert styled
    degrees, metres = (QgsCoordinateReferenceSystem(f"EPSG:{code}") for code in (4326, 3857))
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(metres)
    settings.setExtent(
        QgsCoordinateTransform(degrees, metres, QgsProject.instance()).transformBoundingBox(
            QgsRectangle(*bounds)
        )
    )
    settings.setOutputSize(QSize(size_px, size_px))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    pixels = (picture.pixelColor(x, y).name() for x in range(size_px) for y in range(size_px))
    return [colour for colour, _ in Counter(pixels).most_common()]
