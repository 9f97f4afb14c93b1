import hashlib
import io
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations, product

import geopandas as gpd
import matplotlib as mpl
import pytest
import shapely
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from pypdf import PageObject, PdfReader
from shapely.geometry.base import BaseGeometry

from cdv_geo.cartography.printed_sheet import figure_bytes, render_sheet
from cdv_geo.cartography.scene import Inset, LabelRole, Layer, Scene, SymbolClass, TextList
from cdv_geo.cartography.sheet_layout import plan_sheet
from cdv_geo.cartography.style import CATEGORY_COLOURS, MARKERS, Style
from cdv_geo.cartography.typesetting import text_width, wrap
from cdv_geo.errors import RecipeError

from thinning import LONG, singles

COMMUNE = Style(fill="#fcfbf8", stroke="#8b959d", stroke_width=0.8)
QPV = Style(fill="#56b4e9", fill_opacity=0.8, stroke="#0b3c5d", stroke_width=1.2, dashed=True)
VEILLE = Style(fill="#d55e00", stroke="#a84300", hatched=True, dashed=True)
EXTENT = (0.0, 0.0, 4000.0, 3000.0)
RENDER_AGAIN = """
import hashlib, sys
sys.path[:0] = sys.argv[1:]
from test_printed_sheet import long_scene
from cdv_geo.cartography.printed_sheet import figure_bytes, render_sheet
for kind in ("pdf", "png", "svg"):
    print(hashlib.sha256(figure_bytes(render_sheet(long_scene()), kind, title="T")).hexdigest())
"""


def layer(
    name: str,
    geometries: Sequence[BaseGeometry],
    classes: Sequence[SymbolClass],
    *,
    labels: Sequence[str] | None = None,
    role: LabelRole = "quartier",
    index: Sequence[int] | None = None,
) -> Layer:
    count = len(geometries)
    columns = {"class_index": index or [0] * count, "label": labels or [""] * count}
    features = gpd.GeoDataFrame(columns, geometry=geometries, crs=2154)
    return Layer(name, features, tuple(classes), label_role=role)


def short_scene(**changes: object) -> Scene:
    communes = layer(
        "Communes",
        [shapely.box(0, 0, 2000, 3000), shapely.box(2000, 0, 4000, 3000)],
        [SymbolClass("Commune (2)", COMMUNE)],
        labels=["Chambéry", "Barby"],
        role="commune",
    )
    quartiers = layer(
        "Quartiers prioritaires",
        [shapely.box(900, 900, 1300, 1300) - shapely.box(1000, 1000, 1100, 1100)],
        [SymbolClass("QPV, contour simplifié (1)", QPV)],
        labels=["Biollay - Bellevue\n12 actions"],
    )
    scene = Scene(
        "Quartiers prioritaires",
        "Génération 2024",
        (communes, quartiers),
        EXTENT,
        sources=("ANCT, QPV 2024.",),
    )
    return replace(scene, **changes)


def long_scene() -> Scene:
    base = short_scene()
    points = shapely.points([[300 + 400 * i, 2500 - 40 * i] for i in range(len(MARKERS))])
    equipment = layer(
        "Équipements par type",
        points,
        [
            SymbolClass(
                f"Équipement de type {marker} ({number})",
                Style(fill=CATEGORY_COLOURS[number % 6], marker=marker, stroke_width=0.6),
            )
            for number, marker in enumerate(MARKERS)
        ],
        index=list(range(len(MARKERS))),
    )
    watched = layer(
        "Veille active",
        [shapely.box(2600, 800, 3000, 1200)],
        [SymbolClass(f"Veille active, contour estimé ({n})", VEILLE) for n in range(3)],
        labels=["Les Épinettes"],
    )
    missing = tuple(
        TextList(
            f"Veille active sans contour\u202f: commune {group}",
            tuple(f"Quartier de {group} {item}" for item in range(2 if group < 8 else 1)),
        )
        for group in range(9)
    )
    notes = tuple(
        f"Note {n}\u202f: un point à moins de 10\u00a0m d’un bord est indéterminé "
        "\u2013 population 10\u202f788 habitants."
        for n in range(4)
    )
    sources = tuple(f"Producteur {n}, table des périmètres, Licence Ouverte." for n in range(6))
    return replace(
        base,
        layers=(*base.layers, watched, equipment),
        notes=notes,
        not_drawn=missing,
        sources=sources,
    )


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def pdf_page(scene: Scene) -> PageObject:
    data = figure_bytes(render_sheet(scene), "pdf", title=scene.title)
    return PdfReader(io.BytesIO(data)).pages[0]


def read(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("page", "size"),
    [
        ("A4 landscape", (841.89, 595.28)),
        ("A4 portrait", (595.28, 841.89)),
        ("A3 landscape", (1190.55, 841.89)),
        ("A3 portrait", (841.89, 1190.55)),
    ],
)
def test_the_page_has_its_paper_size(page: str, size: tuple[float, float]):
    box = pdf_page(short_scene(page=page)).mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(size, abs=0.01)


def test_an_unknown_page_is_refused_with_those_accepted():
    with pytest.raises(RecipeError, match=r"'A5'.*A4 landscape, A4 portrait, A3 landscape"):
        render_sheet(short_scene(page="A5"))


@pytest.mark.parametrize("place", ["notes", "sources"])
def test_text_without_room_is_refused(place: str):
    texts_without_room = tuple(f"Texte {n} " + "très long " * 60 for n in range(60))
    with pytest.raises(RecipeError, match="do not fit on A4 landscape"):
        render_sheet(short_scene(**{place: texts_without_room}))


def test_a_long_list_goes_on_in_the_next_column():
    items = tuple(f"Équipement connu par son seul nom, numéro {n}" for n in range(90))
    plan = plan_sheet(short_scene(not_drawn=(TextList("Sans position", items),)))
    written = {line.line.text: line.left for line in plan.lines}
    assert set(items) <= set(written)
    assert len({written[item] for item in items}) == 2


def test_the_pdf_can_be_searched():
    scene = long_scene()
    found = read(pdf_page(scene).extract_text())
    for layer_ in scene.layers:
        assert layer_.name in found
        for symbol in layer_.classes:
            assert read(symbol.label) in found
    for expected in (scene.title, scene.subtitle, "CHAMBÉRY", "Biollay - Bellevue", "12 actions"):
        assert expected in found
    for source in scene.sources:
        assert source.rstrip(".") in found
    for part in scene.not_drawn:
        assert all(item in found for item in part.items)


def test_the_pdf_bears_its_title_and_its_fonts():
    data = figure_bytes(render_sheet(short_scene()), "pdf", title="Périmètres")
    reader = PdfReader(io.BytesIO(data))
    assert reader.metadata.title == "Périmètres"
    assert reader.metadata.creation_date is None
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
    descendants = [font["/DescendantFonts"][0].get_object() for font in fonts]
    assert all("/FontFile2" in font["/FontDescriptor"] for font in descendants)


def test_png_and_svg_bear_the_title():
    figure = render_sheet(short_scene())
    png = figure_bytes(figure, "png", title="Périmètres")
    svg = figure_bytes(figure, "svg", title="Périmètres").decode()
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (3507, 2480)
    assert "<title>Périmètres</title>" in svg
    assert "<dc:language>fr</dc:language>" in svg
    assert "<dc:date>" not in svg


@pytest.mark.skipif(not LONG, reason="test_reproducible.py makes a map of each kind anew")
def test_the_same_scene_gives_the_same_bytes_in_another_process_later(
    request: pytest.FixtureRequest,
):
    kinds = ("pdf", "png", "svg")
    first = [figure_bytes(render_sheet(long_scene()), kind, title="T") for kind in kinds]
    time.sleep(1.1)
    result = subprocess.run(
        [sys.executable, "-c", RENDER_AGAIN, *map(str, request.path.parents[:2])],
        env={"PYTHONHASHSEED": "4711", "PYTHONPATH": str(request.config.rootpath)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == [hashlib.sha256(data).hexdigest() for data in first]


@pytest.mark.parametrize(
    ("page", "scene"),
    singles(
        product(
            ("A4 landscape", "A4 portrait", "A3 landscape", "A3 portrait"),
            (long_scene, short_scene),
        )
    ),
)
def test_no_text_overlaps_and_none_leaves_the_page(page: str, scene: Callable[[], Scene]):
    figure = render_sheet(replace(scene(), page=page))
    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts(figure)]
    assert len(boxes) > 8
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.bbox.x1, text
        assert box.y1 <= figure.bbox.y1, text
    for (text, box), (other_text, other) in combinations(boxes, 2):
        assert not box.overlaps(other), f"{text!r} over {other_text!r}"


def test_a_very_long_legend_takes_a_second_column():
    notes = tuple(f"Note {n}\u202f: " + "à lire avec soin " * 12 for n in range(20))
    plain, crowded = plan_sheet(short_scene()), plan_sheet(short_scene(notes=notes))
    assert crowded.map_box.width < plain.map_box.width
    assert len({line.left for line in crowded.lines}) == 3
    assert min(line.line.size for line in crowded.lines) >= 5.5
    edge = crowded.map_box.bottom
    assert all(line.middle > edge for line in crowded.lines if line.left > crowded.map_box.right)


def test_a_legend_is_not_parted_between_columns():
    lines = plan_sheet(replace(long_scene(), page="A4 portrait")).lines
    lefts = {line.left for line in lines if line.line.text.startswith("Équipement")}
    assert len(lefts) == 1


def test_a_single_class_named_like_its_layer_is_written_once():
    communes = replace(
        short_scene().layers[0], name="Communes", classes=(SymbolClass("Communes", COMMUNE),)
    )
    lines = plan_sheet(short_scene(layers=(communes,))).lines
    assert [line.line.text for line in lines].count("Communes") == 1


def test_a_line_breaks_at_ordinary_spaces_only():
    text = "population publiée de 10\u202f788 habitants\u202f: voir « Biollay »"
    for width in range(40, 200, 7):
        lines = wrap(text, width, 8)
        assert " ".join(lines) == text or any(
            text_width(word, 8) > width for word in text.split(" ")
        )
        assert all(text_width(line, 8) <= width for line in lines)


def test_a_word_wider_than_the_column_is_cut():
    address = "https://sig.ville.gouv.fr/" + "a" * 200
    lines = wrap(f"voir {address}", 120, 8)
    assert all(text_width(line, 8) <= 120 for line in lines)
    assert "".join(lines) == f"voir{address}"


def collections(figure: Figure, stroke: str | None) -> list[PathCollection]:
    colour = mpl.colors.to_rgba(stroke)
    return [
        artist
        for artist in figure.axes[0].findobj(PathCollection)
        if len(artist.get_edgecolor()) and tuple(artist.get_edgecolor()[0]) == colour
    ]


def test_an_estimated_outline_is_dashed_and_an_official_one_is_not():
    figure = render_sheet(short_scene())
    (dashed,), (solid,) = collections(figure, QPV.stroke), collections(figure, COMMUNE.stroke)
    assert dashed.get_linestyle()[0][1] is not None
    assert solid.get_linestyle()[0][1] is None
    assert tuple(dashed.get_facecolor()[0]) == mpl.colors.to_rgba(QPV.fill, 0.8)


def test_veille_active_is_hatched_in_place_of_a_fill():
    hatching, outline = collections(render_sheet(long_scene()), VEILLE.stroke)
    assert hatching.get_hatch()
    assert len(hatching.get_facecolor()) == len(outline.get_facecolor()) == 0
    assert outline.get_hatch() is None
    assert outline.get_linestyle()[0][1] is not None


def test_holes_stay_open():
    (quartier,) = collections(render_sheet(short_scene()), QPV.stroke)
    (path,) = quartier.get_paths()
    rings = path.to_polygons()
    assert [shapely.Polygon(ring).area for ring in rings] == [160_000, 10_000]
    outer, inner = (shapely.LinearRing(ring) for ring in rings)
    assert outer.is_ccw != inner.is_ccw


def test_each_class_has_its_own_symbol_and_size():
    figure = render_sheet(long_scene())
    symbols = [c for c in figure.axes[0].collections if len(c.get_sizes())]
    assert len({c.get_paths()[0].vertices.tobytes() for c in symbols}) == len(MARKERS)
    assert {float(size) for c in symbols for size in c.get_sizes()} == {64.0}
    assert [c.get_offsets().tolist() for c in symbols] == [
        [[300 + 400 * i, 2500 - 40 * i]] for i in range(len(MARKERS))
    ]


def test_the_map_shows_the_whole_extent_at_one_scale():
    axes = render_sheet(long_scene()).axes[0]
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert left < 0
    assert right > 4000
    assert low < 0
    assert high > 3000
    box = axes.get_window_extent()
    assert box.width / (right - left) == pytest.approx(box.height / (high - low))


def test_an_extent_of_one_point_still_makes_a_map():
    axes = render_sheet(short_scene(extent=(100, 100, 100, 100))).axes[0]
    assert axes.get_ylim()[1] - axes.get_ylim()[0] >= 200


def test_areas_without_an_outline_are_merged():
    cells = [shapely.box(200 * i, 0, 200 * i + 200, 200) for i in range(3)]
    style = Style(fill="#b35806", stroke=None)
    scene = short_scene(layers=(layer("Carreaux", cells, [SymbolClass("Bas", style)]),))
    (merged,) = render_sheet(scene).axes[0].collections
    assert [path.to_polygons()[0].max() for path in merged.get_paths()] == [600]


def test_lines_and_collections_are_drawn():
    mixed = shapely.GeometryCollection(
        [shapely.LineString([(0, 0), (900, 900)]), shapely.MultiPoint([(5, 5), (9, 9)])]
    )
    scene = short_scene(layers=(layer("Réseau", [mixed], [SymbolClass("Ligne", QPV)]),))
    lines, points = render_sheet(scene).axes[0].collections
    assert len(lines.get_facecolor()) == 0
    assert points.get_offsets().tolist() == [[5, 5], [9, 9]]


HOSTILE = {
    "mathematics": "a $x^2$ b",
    "TeX": r"\n $\frac{",
    "markup": "100 % & <b>{}",
    "controls": "tab\there \x00 \x1b",
    "turned round": "\u202esdrawkcab\u202c",
    "no letter of the font": "fête \U0001f389",
    "line break": "un\ndeux",
    "one word": "é" * 300,
}
UNKNOWN = str.maketrans(dict.fromkeys("\x00\x1b\u202e\u202c\U0001f389", "\ufffd") | {"\t": " "})


def hostile_scene(name: str) -> Scene:
    """Give a scene with one text in every place that holds text."""
    base = short_scene(title=name, subtitle=name, notes=(name,), sources=(name,))
    communes, quartiers = (
        replace(
            layer_,
            name=name,
            theme=name,
            classes=(SymbolClass(name, layer_.classes[0].style),),
            features=layer_.features.assign(label=name),
        )
        for layer_ in base.layers
    )
    numbered = replace(quartiers, label_role="number", theme="")
    outlines = gpd.GeoSeries([shapely.box(0, 0, 4000, 3000)], crs=2154)
    return replace(
        base,
        layers=(communes, quartiers, numbered),
        lists=(TextList(name, (name, f"1 {name}")),),
        not_drawn=(TextList(name, (name,)),),
        inset=Inset(name, outlines, outlines),
        page="A3 landscape",
    )


@pytest.mark.parametrize(("name", "kind"), singles(product(HOSTILE, ("pdf", "svg", "png"))))
def test_hostile_text_prints_as_text(name: str, kind: str):
    text_of_all = HOSTILE[name]
    figure = render_sheet(hostile_scene(text_of_all))
    shown = text_of_all.translate(UNKNOWN)
    written = [text.get_text() for text in texts(figure)]
    joined = "".join(written).replace(" ", "")
    assert joined.count(shown.replace("\n", "").replace(" ", "")) >= 10
    renderer = figure.canvas.get_renderer()
    for text in texts(figure):
        box = text.get_window_extent(renderer)
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
    assert figure_bytes(figure, kind, title=text_of_all)


def test_a_name_without_room_is_told_below_the_map():
    crowd = [shapely.Point(1000, 1000)] * 60
    style = Style(fill="#0072b2", marker="circle")
    names = [f"Équipement {n}" for n in range(60)]
    crowded = layer("Équipements", crowd, [SymbolClass("Équipement (60)", style)], labels=names)
    figure = render_sheet(short_scene(layers=(crowded,)))
    written = " ".join(text.get_text() for text in texts(figure))
    placed = [name for name in names if name in {text.get_text() for text in texts(figure)}]
    below = written.split("Non étiqueté\u202f: ")[1].split(" Sources")[0].split(", ")
    assert 0 < len(placed) < 60
    assert below[-1] == f"et {60 - len(placed) - 20} autres"
    assert not set(below) & set(placed)


def test_what_lies_off_the_map_gets_no_label():
    far = layer(
        "Loin", [shapely.box(9e6, 9e6, 9.1e6, 9.1e6)], [SymbolClass("L", QPV)], labels=["X"]
    )
    shown = [text.get_text() for text in texts(render_sheet(short_scene(layers=(far,))))]
    assert not any("X" in text for text in shown)


def test_the_reader_s_own_settings_change_nothing():
    figure_as_is = figure_bytes(render_sheet(short_scene()), "svg", title="T")
    changed = {"font.size": 30, "text.usetex": True, "svg.fonttype": "none", "savefig.dpi": 10}
    with mpl.rc_context(changed):
        assert figure_bytes(render_sheet(short_scene()), "svg", title="T") == figure_as_is
        assert mpl.rcParams["font.size"] == 30
