"""Make a sheet with a print layout of QGIS. Run by the Python of QGIS, not by that of cdv_geo.

    python3 qgis_layout.py FOLDER OUTPUT.pdf SOURCES

FOLDER holds communes.gpkg, qpv.gpkg and places.gpkg.
"""

from __future__ import annotations

import sys
from pathlib import Path

from qgis import core

_TYPES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def main(folder: str, output: str, sources: str) -> None:
    """Draw the three layers with labels, a legend with counts, a scale bar and the sources."""
    application = core.QgsApplication([], False)  # noqa: FBT003 - QGIS wants it by position
    application.initQgis()
    project = core.QgsProject.instance()
    layers = [_layer(Path(folder, f"{name}.gpkg")) for name in ("communes", "qpv", "places")]
    communes, qpv, places = layers
    communes.renderer().setSymbol(core.QgsFillSymbol.createSimple({"color": "#fcfbf7"}))
    qpv.renderer().setSymbol(core.QgsFillSymbol.createSimple({"color": "#56b4e9"}))
    places.setRenderer(_by_type(places))
    for layer in (communes, qpv):
        _label(layer)
    project.setCrs(communes.crs())
    project.addMapLayers(layers)
    for layer in layers:
        layer.countSymbolFeatures().waitForFinished()
        in_legend = project.layerTreeRoot().findLayer(layer)
        in_legend.setCustomProperty("showFeatureCount", True)  # noqa: FBT003
    layout = _layout(project, layers, sources)
    settings = core.QgsLayoutExporter.PdfExportSettings()
    settings.textRenderFormat = core.QgsRenderContext.TextFormatAlwaysText
    settings.forceVectorOutput = True
    done = core.QgsLayoutExporter(layout).exportToPdf(output, settings)
    application.exitQgis()
    sys.exit(int(done != core.QgsLayoutExporter.Success))


def _layer(path: Path) -> core.QgsVectorLayer:
    layer = core.QgsVectorLayer(str(path), path.stem, "ogr")
    layer.setName({"communes": "Communes", "qpv": "QPV", "places": "Équipements"}[path.stem])
    return layer


def _by_type(layer: core.QgsVectorLayer) -> core.QgsCategorizedSymbolRenderer:
    types = sorted(layer.uniqueValues(layer.fields().indexOf("type")))
    return core.QgsCategorizedSymbolRenderer(
        "type",
        [
            core.QgsRendererCategory(
                kind,
                core.QgsMarkerSymbol.createSimple({"color": _TYPES[rank % len(_TYPES)]}),
                kind,
            )
            for rank, kind in enumerate(types)
        ],
    )


def _label(layer: core.QgsVectorLayer) -> None:
    settings = core.QgsPalLayerSettings()
    settings.fieldName = "nom"
    layer.setLabeling(core.QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def _layout(
    project: core.QgsProject, layers: list[core.QgsVectorLayer], sources: str
) -> core.QgsPrintLayout:
    layout = core.QgsPrintLayout(project)
    layout.initializeDefaults()
    sheet = core.QgsLayoutItemMap(layout)
    box = (10, 20, 200, 175)
    _place(layout, sheet, box)
    sheet.setLayers(layers[::-1])
    sheet.setExtent(layers[0].extent())  # this changes the size, which is set again
    sheet.attemptResize(core.QgsLayoutSize(*box[2:]))
    sheet.zoomToExtent(layers[0].extent())
    legend = core.QgsLayoutItemLegend(layout)
    legend.setTitle("Légende")
    legend.setLinkedMap(sheet)
    _place(layout, legend, (215, 20, 75, 150))
    bar = core.QgsLayoutItemScaleBar(layout)
    bar.setLinkedMap(sheet)
    bar.applyDefaultSize()
    _place(layout, bar, (215, 180, 70, 12))
    for text, box in (
        ("Équipements et quartiers prioritaires", (10, 8, 270, 10)),
        (sources, (10, 198, 270, 8)),
    ):
        label = core.QgsLayoutItemLabel(layout)
        label.setText(text)
        _place(layout, label, box)
    return layout


def _place(
    layout: core.QgsPrintLayout, item: core.QgsLayoutItem, box: tuple[float, float, float, float]
) -> None:
    """Set an item on the sheet, by its corner and size in millimetres."""
    x, y, width, height = box
    layout.addLayoutItem(item)
    item.attemptMove(core.QgsLayoutPoint(x, y))
    item.attemptResize(core.QgsLayoutSize(width, height))


if __name__ == "__main__":
    main(*sys.argv[1:])
