"""What a sheet shows besides plain layers: an inset, numbers and lists, images, sized symbols."""

import hashlib
import io
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pytest
import shapely
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from pypdf import PdfReader

from cdv_geo.cartography import style
from cdv_geo.cartography.lettering import obstacles
from cdv_geo.cartography.map_furniture import arrange_furniture, scale_bar_length
from cdv_geo.cartography.printed_extent import fit_window
from cdv_geo.cartography.printed_sheet import figure_bytes, render_sheet, render_sheets
from cdv_geo.cartography.scene import ClassedImage, Inset, Layer, Scene, SymbolClass, TextList
from cdv_geo.cartography.sheet_layout import plan_sheet
from cdv_geo.cartography.style import Style

EXTENT = (0.0, 0.0, 2000.0, 2000.0)
DOT = Style(fill="#0072b2", marker="circle")
LOW, HIGH = Style(fill="#ff0000", stroke=None), Style(fill="#0000ff", stroke=None)
KINDS = ("pdf", "png", "svg")
RENDER_AGAIN = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from test_sheet_parts import KINDS, full_scene
from cdv_geo.cartography.printed_sheet import render_sheets
for data in render_sheets(full_scene(), KINDS).values():
    print(hashlib.sha256(data).hexdigest())
"""


def points(
    places: Sequence[tuple[float, float]], labels: Sequence[str], **columns: Sequence[float]
) -> Layer:
    data = {"class_index": 0, "label": list(labels), **columns}
    features = gpd.GeoDataFrame(data, geometry=shapely.points(places), crs=2154)
    return Layer("Équipements", features, (SymbolClass("Équipement", DOT),), label_role="number")


def scene(*layers: Layer, **changes: object) -> Scene:
    return replace(Scene("Zoom", "Essai", layers, EXTENT), **changes)


def whole() -> Inset:
    communes = gpd.GeoSeries([shapely.box(-9000, -9000, 9000, 9000)], crs=2154)
    return Inset("Situation", communes, gpd.GeoSeries([shapely.box(0, 0, 500, 500)], crs=2154))


def full_scene() -> Scene:
    place = [(700 + 40.0 * (n // 3), 900.0) for n in range(30)]
    numbered = points(place, [str(n + 1) for n in range(30)], size=[4.0 + n for n in range(30)])
    items = tuple(f"{n + 1} Collège numéro {n + 1}, 240\u00a0m" for n in range(30))
    lists = (TextList("Équipements numérotés", items),)
    return scene(image_layer(3035), numbered, lists=lists, inset=whole())


@pytest.fixture(scope="module")
def full_sheets() -> dict[str, bytes]:
    return render_sheets(full_scene(), KINDS)


def image_layer(epsg: int) -> Layer:
    cells = np.array([[0, -1], [1, 0]], dtype=np.int16)
    corners = gpd.GeoSeries([shapely.box(0, 0, 2000, 2000)], crs=2154).to_crs(epsg).total_bounds
    image = ClassedImage(cells, tuple(corners), f"EPSG:{epsg}")
    classes = (SymbolClass("Bas", LOW), SymbolClass("Haut", HIGH))
    none = gpd.GeoDataFrame({"class_index": [], "label": []}, geometry=[], crs=2154)
    return Layer("Densité", none, classes, image=image)


def written(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def looking(figure: Figure, look: Style) -> list[PathCollection]:
    """Find what is drawn with the outline and the fill of a style."""
    wanted = [
        mpl.colors.to_rgba(look.stroke),
        *([mpl.colors.to_rgba(look.fill)] if look.fill else []),
    ]
    return [
        artist
        for artist in figure.findobj(PathCollection)
        if [*map(tuple, artist.get_edgecolor()), *map(tuple, artist.get_facecolor())] == wanted
    ]


def test_an_inset_stands_beside_the_map_and_shows_its_extent():
    shown = scene(points([(500, 500)], ["1"]), inset=whole())
    plan = plan_sheet(shown)
    window = fit_window(EXTENT, plan.map_box)
    assert plan.inset_box.left > plan.map_box.right
    figure = render_sheet(shown)
    assert "Situation" in written(figure)
    (extent,), (communes,) = (
        looking(figure, look) for look in (style.INSET_EXTENT, style.INSET_COMMUNE)
    )
    (extent,), (commune,) = extent.get_paths(), communes.get_paths()
    small, large = extent.get_extents(), commune.get_extents()
    # The commune is 18 km wide, in metres like the window of the large map.
    xmin, _, xmax, _ = window.bounds
    assert small.width / large.width == pytest.approx((xmax - xmin) / 18_000, rel=1e-3)
    assert plan.inset_box.polygon.covers(shapely.box(*large.extents))


def test_an_inset_below_a_portrait_map_stays_below_it():
    plan = plan_sheet(scene(points([(500, 500)], ["1"]), inset=whole(), page="A4 portrait"))
    assert plan.inset_box.top < plan.map_box.bottom


def test_a_commune_of_which_the_frame_leaves_a_strip_is_not_named():
    """The frame ends at 2,265 m: the strip is 15 m wide there, the other commune 2,500 m."""
    communes = [shapely.box(-9000, -9000, 2250, 9000), shapely.box(2250, -9000, 9000, 9000)]
    features = gpd.GeoDataFrame(
        {"class_index": 0, "label": ["Vaste", "Bande"]}, geometry=communes, crs=2154
    )
    classes = (SymbolClass("Limite", style.COMMUNE),)
    names = written(render_sheet(scene(Layer("L", features, classes, label_role="commune"))))
    assert "VASTE" in names
    assert not {"BANDE", "Bande"} & set(names)


@pytest.mark.parametrize(("width", "edges"), [(2.0, [3.8]), (1.0, [])])
def test_a_strong_line_without_a_fill_has_a_white_edge(width: float, edges: list[float]):
    look = Style(stroke="#c4007a", stroke_width=width, dashed=True)
    features = gpd.GeoDataFrame(
        {"class_index": 0, "label": [""]}, geometry=[shapely.box(500, 500, 900, 900)], crs=2154
    )
    figure = render_sheet(scene(Layer("Quartiers", features, (SymbolClass("QPV", look),))))
    drawn = figure.axes[0].collections
    white = mpl.colors.to_rgba("white")
    assert [line.get_linewidth()[0] for line in drawn] == [*edges, width]
    assert [tuple(line.get_edgecolor()[0]) == white for line in drawn] == [
        *[True] * len(edges),
        False,
    ]


def test_an_inset_without_room_lies_in_the_corner_that_hides_least():
    notes = tuple("À lire avec soin. " * 30 for _ in range(12))
    places = [(x, y) for x in (100, 300, 1700, 1900) for y in (100, 300, 1700, 1900)]
    free = [place for place in places if place not in {(100, 1900), (300, 1900), (100, 1700)}]
    shown = scene(points(free, [""] * len(free)), notes=notes, inset=whole())
    plan = plan_sheet(shown)
    assert plan.inset_box is None
    window = fit_window(EXTENT, plan.map_box)
    furniture = arrange_furniture(shown.inset, plan, window, obstacles(shown, window))
    pieces = [furniture.north.polygon, furniture.scale_bar.polygon, furniture.inset.polygon]
    assert furniture.on_map(plan.map_box) == pieces
    assert all(plan.map_box.polygon.covers(piece) for piece in pieces)
    hidden = shapely.intersects(obstacles(shown, window), pieces[2]).sum()
    assert hidden <= 1
    assert not any(pieces[2].intersects(piece) for piece in pieces[:2])


def test_the_scale_bar_is_a_round_distance_of_a_fifth_of_the_map_or_less():
    plan = plan_sheet(scene())
    for side, length in ((2_000, 500), (10_000, 2_000), (30_000, 5_000)):
        window = fit_window((0, 0, side, side), plan.map_box)
        assert scale_bar_length(window) == length
        assert length * window.points_per_metre <= 0.2 * window.box.width


def test_numbers_of_one_building_make_one_label_and_stand_in_the_list():
    items = ("1 Collège Côte Rousse (collège), 240\u00a0m", "2. École", "3 Crèche", "Sans numéro")
    layer = points([(500, 500), (500, 500), (1500, 900)], ["1", "2", "3"])
    figure = render_sheet(scene(layer, lists=(TextList("Numéros", items),)))
    shown = written(figure)
    assert [text for text in shown if text in {"1, 2", "3", "1", "2"}].count("1, 2") == 1
    assert shown.count("1") == shown.count("2") == 1
    assert shown.count("3") == 2
    assert {"École", "Crèche", "Sans numéro", "Numéros"} <= set(shown)


def test_a_list_is_found_in_the_pdf_in_reading_order(full_sheets: dict[str, bytes]):
    text = " ".join(PdfReader(io.BytesIO(full_sheets["pdf"])).pages[0].extract_text().split())
    places = [text.index(f"Collège numéro {n}, 240 m") for n in range(1, 31)]
    assert places == sorted(places)


def colour_at(figure: Figure, x: float, y: float) -> list[int] | None:
    """Give the colour of the image of the map at a place in metres, as it would be pointed at."""
    (image,) = figure.axes[0].get_images()
    colour = image.get_cursor_data(SimpleNamespace(xdata=x, ydata=y))
    return None if colour is None else colour.tolist()


def test_cells_of_the_same_crs_keep_their_corners_and_colours():
    figure = render_sheet(scene(image_layer(2154)))
    red, blue, clear = [255, 0, 0, 255], [0, 0, 255, 255], [255, 255, 255, 0]
    assert colour_at(figure, 999, 1001) == red
    assert colour_at(figure, 1001, 1001) == clear
    assert colour_at(figure, 999, 999) == blue
    assert colour_at(figure, 1001, 999) == red
    assert colour_at(figure, 2001, 999) is None


def test_cells_of_another_crs_are_turned_with_the_map():
    figure = render_sheet(scene(image_layer(3035)))
    inverse = gpd.GeoSeries([shapely.box(0, 0, 2000, 2000)], crs=2154).to_crs(3035).total_bounds
    for x, y in ((500, 1500), (1500, 1500), (500, 500), (1500, 500), (-200, 1000)):
        east, north = gpd.GeoSeries.from_xy([x], [y], crs=2154).to_crs(3035)[0].coords[0]
        across = int((east - inverse[0]) // ((inverse[2] - inverse[0]) / 2))
        down = int((inverse[3] - north) // ((inverse[3] - inverse[1]) / 2))
        inside = across in {0, 1} and down in {0, 1}
        expected = [[0, -1], [1, 0]][down][across] if inside else -1
        assert (
            colour_at(figure, x, y)
            == [[255, 0, 0, 255], [0, 0, 255, 255], [255, 255, 255, 0]][expected]
        )


def test_an_image_leaves_the_rest_of_a_pdf_in_vectors(full_sheets: dict[str, bytes]):
    page = PdfReader(io.BytesIO(full_sheets["pdf"])).pages[0]
    assert len([image for image in page.images if image.image.mode != "L"]) == 1
    assert "Collège numéro 30" in page.extract_text()


def test_symbols_have_the_size_of_their_feature_and_the_largest_lie_below():
    layer = points([(500, 500), (900, 900), (1300, 1300)], ["", "", ""], size=[6.0, 40.0, 12.0])
    (symbols,) = render_sheet(scene(layer)).axes[0].collections
    assert symbols.get_sizes().tolist() == [1600, 144, 36]
    assert symbols.get_offsets().tolist() == [[900, 900], [1300, 1300], [500, 500]]


def test_sizes_lie_in_order_across_classes():
    classes = (SymbolClass("Un", DOT), SymbolClass("Deux", replace(DOT, fill="#d55e00")))
    layer = points([(500, 500), (900, 900), (1300, 1300)], ["", "", ""], size=[6.0, 12.0, 40.0])
    features = layer.features.assign(class_index=[0, 1, 0])
    layer = replace(layer, classes=classes, features=features)
    drawn = render_sheet(scene(layer)).axes[0].collections
    assert [sizes for c in drawn for sizes in c.get_sizes().tolist()] == [1600, 144, 36]


def test_labels_stay_off_a_large_symbol():
    layer = points([(1000, 1000)], [""], size=[60.0])
    named = replace(points([(1000, 1130)], ["Maison"]), label_role="quartier")
    figure = render_sheet(scene(layer, named))
    (label,) = [t for t in figure.findobj(Text) if t.get_text() == "Maison"]
    box = label.get_window_extent(figure.canvas.get_renderer())
    centre = figure.axes[0].transData.transform((1000, 1000))
    nearest = np.clip(centre, (box.x0, box.y0), (box.x1, box.y1))
    assert np.hypot(*(nearest - centre)) > 30 * figure.dpi / 72


def test_a_theme_stands_above_its_layers_once():
    one = replace(points([(500, 500)], [""]), name="Écoles", theme="Équipements")
    other = replace(points([(900, 500)], [""]), name="Santé", theme="Équipements")
    lines = [line.line for line in plan_sheet(scene(one, other)).lines]
    texts = [line.text for line in lines]
    assert texts.count("Équipements") == 1
    assert texts.index("Équipements") < texts.index("Santé") < texts.index("Écoles")
    alone = [line.line.text for line in plan_sheet(scene(one)).lines]
    assert "Équipements" not in alone


def test_one_drawing_gives_the_same_bytes_as_one_for_each_format(full_sheets: dict[str, bytes]):
    assert list(full_sheets) == list(KINDS)
    for kind, data in full_sheets.items():
        assert figure_bytes(render_sheet(full_scene()), kind, title="Zoom") == data


def test_all_parts_give_the_same_bytes_in_another_process_later(
    request: pytest.FixtureRequest, full_sheets: dict[str, bytes]
):
    time.sleep(1.1)
    result = subprocess.run(
        [sys.executable, "-c", RENDER_AGAIN, str(request.path.parent)],
        env={"PYTHONHASHSEED": "4711", "PYTHONPATH": str(request.config.rootpath)},
        capture_output=True,
        text=True,
        check=True,
    )
    expected = [hashlib.sha256(data).hexdigest() for data in full_sheets.values()]
    assert result.stdout.split() == expected
