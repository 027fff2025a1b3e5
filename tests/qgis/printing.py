"""An atlas by QGIS's own print layouts, as a GIS office makes one; run by the Python of QGIS only."""

from pathlib import Path
from typing import Any

from tests.qgis.reading import start

_PAGE_MM = (297, 420)


def print_atlas(package: str, level: str, out: str) -> tuple[int, int]:
    """Print one A3 page of each place: a map by M0 with names, title, legend and scale bar; return pages and bytes."""
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsLayoutExporter,
        QgsPrintLayout,
        QgsProject,
        QgsRenderContext,
    )

    start()
    project = QgsProject.instance()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:32748"))
    layer = _layer(package, level)
    project.addMapLayer(layer)
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    _lay_out(layout, layer)
    atlas = layout.atlas()
    atlas.setCoverageLayer(layer)
    atlas.setEnabled(True)
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.textRenderFormat = QgsRenderContext.TextFormatAlwaysText
    failed, message = QgsLayoutExporter.exportToPdf(atlas, out, settings)
    assert not failed, message
    return atlas.count(), Path(out).stat().st_size


def _layer(package: str, level: str) -> Any:
    """Return a level classified by QGIS in six classes, with names."""
    from qgis.core import (
        QgsClassificationQuantile,
        QgsGraduatedSymbolRenderer,
        QgsPalLayerSettings,
        QgsStyle,
        QgsVectorLayer,
        QgsVectorLayerSimpleLabeling,
    )

    layer = QgsVectorLayer(f"{package}|layername={level}", "M0", "ogr")
    renderer = QgsGraduatedSymbolRenderer("m0")
    renderer.setClassificationMethod(QgsClassificationQuantile())
    renderer.updateClasses(layer, 6)
    renderer.updateColorRamp(QgsStyle.defaultStyle().colorRamp("Blues"))
    layer.setRenderer(renderer)
    labels = QgsPalLayerSettings()
    labels.fieldName = "name"
    layer.setLabeling(QgsVectorLayerSimpleLabeling(labels))
    layer.setLabelsEnabled(True)
    return layer


def _lay_out(layout: Any, layer: Any) -> None:
    from qgis.core import (
        QgsLayoutItemLabel,
        QgsLayoutItemLegend,
        QgsLayoutItemMap,
        QgsLayoutItemScaleBar,
        QgsLayoutPoint,
        QgsLayoutSize,
        QgsScaleBarSettings,
        QgsUnitTypes,
    )

    width, height = _PAGE_MM
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(width, height))
    drawn = QgsLayoutItemMap(layout)
    layout.addLayoutItem(drawn)
    drawn.attemptMove(QgsLayoutPoint(10, 25))
    drawn.attemptResize(QgsLayoutSize(width - 20, height - 115))
    drawn.setFrameEnabled(True)
    drawn.zoomToExtent(layer.extent())
    drawn.setAtlasDriven(True)
    drawn.setAtlasScalingMode(QgsLayoutItemMap.Auto)
    title = QgsLayoutItemLabel(layout)
    layout.addLayoutItem(title)
    title.setText("Kelurahan [% name %], M0 [% m0 %]")
    title.attemptMove(QgsLayoutPoint(10, 8))
    title.attemptResize(QgsLayoutSize(width - 20, 12))
    legend = QgsLayoutItemLegend(layout)
    layout.addLayoutItem(legend)
    legend.setLinkedMap(drawn)
    legend.attemptMove(QgsLayoutPoint(10, height - 80))
    bar = QgsLayoutItemScaleBar(layout)
    layout.addLayoutItem(bar)
    bar.setLinkedMap(drawn)
    bar.setUnits(QgsUnitTypes.DistanceKilometers)
    bar.setUnitLabel("km")
    bar.setSegmentSizeMode(QgsScaleBarSettings.SegmentSizeFitWidth)
    bar.setMaximumBarWidth(100)
    bar.attemptMove(QgsLayoutPoint(120, height - 60))
