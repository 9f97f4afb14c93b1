from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

import cdv_geo
from cdv_geo import file_checking
from cdv_geo.faults import ACCEPTED, REFUSED, REJECTED, REPAIRED, add_up
from cdv_geo.io.open_options import OpenOptions

from squares import CRS, X0, Y0, perimeters, points, square

EQUIPMENT = "id;nom;longitude;latitude"


_LOADED = []


@pytest.fixture
def squares(make_territory):
    """A territory of one perimeter, loaded once: no check changes it."""
    if not _LOADED:
        table = perimeters({"code": "A", "geometry": square(500, 500, 100)})
        _LOADED.append(cdv_geo.load_territory(make_territory(table)))
    return _LOADED[0]


@pytest.fixture
def check(squares):
    def checked(path, **options):
        found = file_checking.check(path, squares, **options)
        rows = found.rows
        assert rows["input"] == rows["accepted"] + rows["repaired"] + rows["rejected"]
        rejected = {f.row for f in found.faults if f.done == REJECTED}
        assert rows["rejected"] == len(rejected)
        assert found.at_fault == bool(rejected or found.refused)
        return found

    return checked


def write(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def messages(found, done=None):
    return [f.message for f in found.faults if done in (None, f.done)]


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("id;intitule;montant", "actions"),
        ("objet;nomBeneficiaire;montant", "actions"),
        ("Intitulé de l'action;Quartier(s)", "actions"),
        ("id;nom;longitude;latitude", "equipment"),
        ("EQUIP_NOM;EQUIP_TYPE;EQUIP_LAT;EQUIP_LONG", "equipment"),
        ("id;nom;adresse", "equipment"),
        ("id;nom;x;y", "equipment"),
        ("code;indicateur;valeur", "indicators"),
        ("codgeo;p21_pop", "indicators"),
        ("code_qp;pop_mun", "indicators"),
        ("code;nom;statut_geometrie", "perimeters"),
    ],
)
def test_what_the_rows_of_a_table_are_is_told_by_its_columns(tmp_path, check, header, role):
    row = ";".join("7" for _ in header.split(";"))
    assert check(write(tmp_path, f"{header}\n{row}\n")).role == role


def test_columns_that_do_not_tell_ask_for_the_role(tmp_path, check):
    found = check(write(tmp_path, "a;b\n1;2\n"))
    assert (found.refused, found.role, found.kind) == (True, None, "csv")
    assert "the columns a, b do not tell what its rows are; --as says it" in messages(found)[0]
    assert check(write(tmp_path, "a;id;nom\n1;2;3\n"), role="equipment").rows["input"] == 1


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "parquet", "shp"])
def test_what_the_rows_of_a_layer_are_is_told_by_its_geometry_and_columns(tmp_path, check, ending):
    outlines = perimeters({"code": "A", "geometry": square(500, 500, 100)})
    outlines = outlines[["code", "nom", "geometry"]]  # a Shapefile has short names alone
    places = points((500, 500), nom=["un"])
    actions = places.rename(columns={"nom": "intitule"})
    for frame, role in ((outlines, "perimeters"), (places, "equipment"), (actions, "actions")):
        path = tmp_path / f"{role}.{ending}"
        frame.to_parquet(path) if ending == "parquet" else frame.to_file(path)
        found = check(path)
        assert (found.role, found.rows["input"], found.refused) == (role, 1, False)


def test_a_raster_is_a_raster_and_says_what_part_of_the_communes_it_covers(tmp_path, check):
    path = tmp_path / "r.tif"
    cells = np.array([[[10.0, 20.0], [30.0, np.nan]]])
    with rasterio.open(
        path, "w", driver="GTiff", height=2, width=2, count=1, dtype="float64", crs=CRS,
        transform=from_origin(X0, Y0 + 2000, 1000, 1000),
    ) as raster:  # fmt: skip
        raster.write(cells)
    found = check(path)
    assert (found.role, found.rows["input"]) == ("raster", 1)
    # 2 km by 2 km of the 4 km by 2 km of the two communes.
    assert found.detected["communes_share"] == 0.5
    assert found.detected["sum"] == [60.0]
    assert messages(found) == [
        "it covers 50.0% of the communes; of the rest it says nothing",
        "1 of 4 cells hold no figure; they are left out",
    ]
    assert check(path, role="equipment").refused
    assert check(write(tmp_path, f"{EQUIPMENT}\n"), role="raster").refused


@pytest.mark.parametrize(("moved", "said"), [(0, False), (100, True)])
def test_a_raster_off_the_lattice_of_insee_says_so(tmp_path, check, moved, said):
    path = tmp_path / "r.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=2, width=2, count=3, dtype="float64", crs=CRS,
        transform=from_origin(X0 + moved, Y0 + 400, 200, 200),
    ) as raster:  # fmt: skip
        raster.write(np.ones((3, 2, 2)))
    found = check(path)
    off = [text for text in messages(found, ACCEPTED) if "lies 100 m east and 0 m north" in text]
    assert bool(off) == said
    assert not found.at_fault


def test_perimeters_that_overlap_are_named(tmp_path, check):
    path = tmp_path / "p.gpkg"
    perimeters(
        {"code": "A", "geometry": square(0, 0, 100)},
        {"code": "B", "geometry": square(50, 50, 100)},
        {"code": "C", "geometry": square(150, 0, 50)},
    ).to_file(path)
    found = check(path)
    assert found.rows["accepted"] == 3
    assert messages(found) == ["A and B overlap"]


def test_a_code_may_stand_in_two_generations_and_not_twice_in_one(tmp_path, check):
    header = "code;nom;type;generation;communes;statut_geometrie;source"
    row = "Q;Quartier;qpv;{};73065;absente;x"
    twice = check(write(tmp_path, "\n".join([header, row.format(2015), row.format(2024), ""])))
    assert (twice.role, twice.rows["accepted"]) == ("perimeters", 2)
    again = check(write(tmp_path, "\n".join([header, row.format(2015), row.format(2015), ""])))
    assert again.at_fault


def test_indicators_are_no_layer(tmp_path, check):
    path = tmp_path / "p.gpkg"
    points((0, 0)).to_file(path)
    said = messages(check(path, role="indicators"))[0]
    assert said.endswith("is of the kind GeoPackage, which has no indicators.")


@pytest.mark.parametrize("content", ["", "%PDF-1.7", "<html>", "{", "PAR1", f"{EQUIPMENT}\n"])
def test_a_file_that_cannot_be_used_is_refused_and_loses_no_count(tmp_path, check, content):
    found = check(write(tmp_path, content))
    assert found.refused
    assert set(found.rows.values()) == {0}
    (fault,) = found.faults
    assert (fault.row, fault.done) == (None, REFUSED)


def test_a_missing_file_is_refused(tmp_path, check):
    found = check(tmp_path / "none.csv")
    assert (found.refused, found.kind) == (True, None)


def test_rows_are_counted_by_what_becomes_of_them(tmp_path, check):
    found = check(
        write(
            tmp_path,
            "id;nom;code_insee;longitude;latitude\na;Un;73065;5,92;45,57\nb;Deux;1004;5,93;45,57\n"
            "c;Trois;73O65;5,94;45,57\n\nTotal;3;;;\nexemple-1;Quatre;73065;5,95;45,57\n",
        )
    )
    assert found.rows == {
        "input": 3, "accepted": 1, "repaired": 1, "rejected": 1,
        "blank": 1, "title": 0, "total": 1, "sample": 1, "hidden": 0,
    }  # fmt: skip
    assert [(f.row, f.done) for f in found.faults if f.done in (REPAIRED, REJECTED)] == [
        (3, REPAIRED),
        (4, REJECTED),
    ]
    rows = [f.row or 0 for f in found.faults]
    assert rows == sorted(rows)


def test_what_nobody_sees_is_no_name_and_what_fits_no_map_none_either(tmp_path, check):
    names = ["\u200b\u2060", "\u3164", "L" * 1_001, "L" * 1_000, "École"]
    rows = "".join(f"e{n};{name};autre;45.57;5.92;s\n" for n, name in enumerate(names))
    path = tmp_path / "places.csv"
    path.write_text(f"id;nom;type;latitude;longitude;source\n{rows}", encoding="utf-8")
    found = check(path, role="equipment")
    said = [(f.row, f.message) for f in found.faults if f.column == "nom" and f.done == "rejected"]
    assert said == [
        (2, "a value is required"),
        (3, "a value is required"),
        (4, "1,001 letters; at most 1,000 are accepted"),
    ]


def test_hidden_rows_that_are_left_out_are_counted_apart(tmp_path, check):
    made = openpyxl.Workbook()
    for row in (("id", "nom", "adresse"), *((letter, letter, "Quai") for letter in "abc")):
        made.active.append(row)
    made.active.row_dimensions[3].hidden = True
    path = tmp_path / "t.xlsx"
    made.save(path)
    for hidden, rows, apart in ((None, 3, 0), ("read", 3, 0), ("skip", 2, 1)):
        found = check(path, options=OpenOptions(hidden=hidden))
        assert (found.rows["input"], found.rows["hidden"]) == (rows, apart)
        assert any("1 hidden row(s)" in message for message in messages(found))


@pytest.mark.parametrize(
    ("amounts", "done"),
    [
        (("1.234",), [REPAIRED]),
        (("15.000 €",), [REPAIRED]),
        (("1,234",), [REPAIRED]),
        (("1.234", "1234,50"), [REJECTED]),
        (("1,234", "1234.50"), [REJECTED]),
        (("1,234", "1234,50"), [REPAIRED]),
        (("12.500", "58.917", "12,5", "0,125"), [REJECTED, REJECTED]),
        (("1.234", "12.5", "12,5"), [REJECTED]),  # in two ways at once
        (("1.234.567", "1'234", "1 234"), [REPAIRED]),
        (("0.364", "0,364", "1234.567"), []),  # thousands neither begin with 0 nor with four
    ],
)
def test_a_number_that_may_be_a_thousand_times_as_much_is_said_or_rejected(
    tmp_path, check, amounts, done
):
    lines = [f"a{n};Action;{amount}" for n, amount in enumerate(amounts)]
    found = check(write(tmp_path, "\n".join(["id;intitule;montant", *lines])))
    said = [fault for fault in found.faults if fault.column == "montant"]
    assert [fault.done for fault in said] == done
    assert all("--decimal" in fault.message for fault in said)
    stated = check(tmp_path / "t.csv", options=OpenOptions(decimal=","))
    assert not [f for f in stated.faults if f.column == "montant" and "may be" in f.message]


def test_figures_with_three_decimals_are_not_doubted_where_the_column_shows_its_mark(
    tmp_path, check
):
    text = "code;indicateur;valeur\n" + "".join(
        f"QN07301M;i{n};{value}\n" for n, value in enumerate(("58.917", "3.25", "12"))
    )
    assert [f.column for f in check(write(tmp_path, text)).faults if f.column == "valeur"] == []
    place = "id;nom;longitude;latitude\na;Un;5.917;45.571\n"
    assert check(write(tmp_path, place)).rows["accepted"] == 1


def test_metres_that_may_be_thousands_are_rejected_and_degrees_are_not(tmp_path, check):
    text = "id;nom;x;y\na;Un;927.430;6500123\nb;Deux;927430.5;6500123\n"
    found = check(write(tmp_path, text))
    assert [(f.row, f.column) for f in found.faults if f.done == REJECTED] == [(2, "x")]
    degrees = write(tmp_path, "id;nom;x;y\na;Un;5.917;45.571\n")
    assert check(degrees, options=OpenOptions(crs="EPSG:4326")).rows["accepted"] == 1


def test_a_share_is_a_figure_and_no_amount(tmp_path, check):
    found = check(write(tmp_path, "id;intitule;montant\na;Un;15 %\nb;Deux;15 €\n"))
    assert [f.row for f in found.faults if f.done == REJECTED] == [2]
    figures = check(write(tmp_path, "code;indicateur;valeur\nQN07301M;taux;36,4 %\n"))
    assert figures.rows["rejected"] == 0


def test_a_mark_that_parts_no_thousands_is_rejected_where_it_is_stated_to_part_them(
    tmp_path, check
):
    path = write(tmp_path, "id;intitule;montant\na;Un;1.234,5\nb;Deux;12.5\nc;Trois;1.234\n")
    found = check(path, options=OpenOptions(decimal=","))
    assert [(f.row, f.value) for f in found.faults if f.done == REJECTED] == [(3, "12.5")]


def test_a_period_is_accepted_and_said_to_count_in_no_single_year(tmp_path, check):
    table = write(tmp_path, "id;intitule;annee\na;Un;2023\nb;Deux;2023-2024\nc;Trois;2022/23\n")
    layer = tmp_path / "t.geojson"
    points((500, 500), (600, 600), intitule=["Un", "Deux"], annee=["2023", "2023-2024"]).to_file(
        layer
    )
    for path, rows in ((table, [3, 4]), (layer, [2])):
        found = check(path)
        said = [f for f in found.faults if "counts in no single year" in f.message]
        assert [(fault.row, fault.done) for fault in said] == [(row, ACCEPTED) for row in rows]
        assert found.rows["rejected"] == 0


def test_rows_that_may_be_one_place_are_listed_and_kept(tmp_path, check):
    found = check(
        write(
            tmp_path,
            f"{EQUIPMENT}\na;Crèche;5,92;45,57\nb;Mairie;5,95;45,6\nc;La crèche;5,921;45,57\n",
        )
    )
    assert found.rows["accepted"] == 3
    (note,) = [f for f in found.faults if "likely the same" in f.message]
    assert (note.row, note.column, note.value, note.done) == (4, "nom", "La crèche", ACCEPTED)
    # A thousandth of a degree of longitude is some 78 m at 45.57° north.
    assert note.message == "likely the same as row 2: the same name, 78 m apart"


def test_rows_that_may_be_one_place_are_listed_across_the_batches_of_a_layer(tmp_path, squares):
    places = [(n * 1000.0, 0.0) for n in range(3)] + [(100.0, 0.0)]
    path = tmp_path / "p.gpkg"
    points(*places, nom=["Crèche", "Mairie", "Gare", "Crèche"]).to_file(path)
    found = file_checking.check(path, squares)
    assert "likely the same as row 1: the same name, 100 m apart" in messages(found)


def test_rows_of_a_layer_are_told_by_the_number_of_their_feature(tmp_path, check):
    layer = points((0, 0), (10, 500), (20, 900), nom=["un", "deux", "trois"]).assign(
        code_insee=["73065", "1004", "x"]
    )
    layer.loc[0, "geometry"] = shapely.LineString([(X0, Y0), (X0, Y0 + 1)])
    layer.to_file(tmp_path / "p.gpkg")
    found = check(tmp_path / "p.gpkg")
    assert [(f.row, f.column, f.done) for f in found.faults if f.row is not None] == [
        (1, "geometry", REJECTED),
        (2, "code_insee", REPAIRED),
        (2, "code_insee", ACCEPTED),  # its place lies in another commune
        (3, "code_insee", REJECTED),
    ]


def test_ids_that_stand_twice_or_not_at_all_in_a_layer_are_rejected(tmp_path, check):
    layer = points((0, 0), (10, 500), (20, 900)).assign(id=["a", "a", None])
    layer.to_file(tmp_path / "p.gpkg")
    found = check(tmp_path / "p.gpkg")
    assert [(f.row, f.message) for f in found.faults if f.column == "id"] == [
        (2, "“a” stands twice"),
        (3, "a value is required"),
    ]


def test_the_same_rows_are_judged_the_same_in_every_format(tmp_path, check):
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "b", "d", "e", None],
            "nom": ["Un", "Deux", "Trois", "Quatre", "Cinq", "Six"],
            "code_insee": ["73065", "1004", "73065", "73O65", "73065", "73065"],
            "statut": ["ouvert", "ouvert", "ouvert", "ouvert", "peut-être", "ouvert"],
        }
    )
    places = gpd.points_from_xy(np.linspace(5.92, 5.97, 6), [45.57] * 6, crs=4326)
    layer = gpd.GeoDataFrame(frame, geometry=places)
    flat = frame.assign(longitude=places.x, latitude=places.y)
    paths = [tmp_path / f"t.{ending}" for ending in ("csv", "xlsx", "parquet", "gpkg", "geojson")]
    flat.to_csv(paths[0], index=False)
    flat.to_excel(paths[1], index=False)
    flat.to_parquet(paths[2])
    layer.to_file(paths[3])
    layer.to_file(paths[4])
    checks = {path.suffix: check(path, role="equipment") for path in paths}
    counts = {ending: found.rows for ending, found in checks.items()}
    assert len({json.dumps(rows) for rows in counts.values()}) == 1, counts
    for found in checks.values():
        blamed = sorted({fault.column for fault in found.faults if fault.done == REJECTED})
        assert blamed == ["code_insee", "id", "statut"]
    assert counts[".csv"]["rejected"] == 4


def test_what_a_table_lacks_is_said_and_no_fault(tmp_path, check):
    found = check(write(tmp_path, "nom;quartier\nUn;A\n"))
    assert found.rows["accepted"] == 1
    said = " / ".join(messages(found, ACCEPTED))
    assert "there is no column “id”; each row is called by its number" in said
    assert "the table of a territory has type, statut, source too" in said


def test_a_table_without_anything_about_places_is_said_to_be_so(tmp_path, check):
    found = check(write(tmp_path, "id;nom;type\na;Un;gare\n"))
    assert any("nothing says where its rows are" in message for message in messages(found))


def test_what_is_stated_is_believed(tmp_path, check):
    made = openpyxl.Workbook()
    made.active.append(["id", "nom", "longitude", "latitude"])
    made.active.append(["a", "Un", 5.92, 45.57])
    made.create_sheet("autre").append(["rien"])
    made.save(tmp_path / "t.xlsx")
    found = check(tmp_path / "t.xlsx", options=OpenOptions(sheet="autre"))
    assert found.refused
    assert check(tmp_path / "t.xlsx", options=OpenOptions(sheet="Sheet")).rows["accepted"] == 1


def test_several_checks_add_up(tmp_path, check):
    one = check(write(tmp_path, f"{EQUIPMENT}\na;Un;5,92;45,57\nb;Deux;ici;45\n", "1.csv"))
    two = check(write(tmp_path, "%PDF", "2.csv"))
    assert add_up(found.rows for found in (one, two, one)) == {
        "input": 4, "accepted": 2, "repaired": 0, "rejected": 2,
    }  # fmt: skip
    assert add_up([])["input"] == 0


def test_an_indicator_of_two_codes_and_years_stands_twice_only_where_it_does(tmp_path, check):
    header = "code;indicateur;libelle;valeur;unite;millesime;statut;source"
    row = "A;pop;Population;{};hab.;{};publie;INSEE"
    found = check(
        write(tmp_path, "\n".join([header, *(row.format(v, y) for v, y in
              ((1, 2020), (2, 2021), (3, 2021))), ""]))
    )  # fmt: skip
    assert found.role == "indicators"
    assert found.rows["input"] == 3
    # Two figures of one code, indicator and year cannot both be right.
    rejected = [fault for fault in found.faults if fault.done == REJECTED]
    assert [fault.row for fault in rejected] == [4]
    assert "an earlier row has another value" in rejected[0].message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statut_geometrie": "absente"}, "“absente” is stated, and there is an outline"),
        ({"precision_m": None}, "an outline has a precision"),
        ({"type": "veille_active"}, "a quartier in veille active bears generation 2015"),
    ],
)
def test_a_perimeter_that_a_territory_refuses_is_rejected(
    tmp_path, check, make_territory, change, message
):
    sound = {"code": "B", "geometry": square(100, 100, 100)}
    table = perimeters(sound, {"code": "C", "geometry": square(900, 100, 100), **change})
    table.to_file(tmp_path / "t.gpkg")
    found = check(tmp_path / "t.gpkg")
    assert [(f.row, f.message) for f in found.faults if f.done == REJECTED] == [(2, message)]
    with pytest.raises(cdv_geo.DataError, match=message):
        cdv_geo.load_territory(make_territory(table))


def test_a_perimeter_without_outline_says_so_in_a_table_too(tmp_path, check):
    header = "code;nom;type;generation;communes;statut_geometrie;source"
    rows = [f"{code};N;qpv;2024;73001;{status};x" for code, status in (("A", "absente"), ("B", ""))]
    rows.append("C;N;qpv;2024;73001;officielle;x")
    found = check(write(tmp_path, "\n".join([header, *rows])))
    said = {f.row: f.message for f in found.faults if f.done == REJECTED}
    assert said == {3: "a value is required", 4: "there is no outline; “absente” is expected then"}


def test_a_published_population_is_judged_as_in_the_territory(make_territory):
    figures = pd.DataFrame(
        {
            "code": ["Q", "Q"], "indicateur": ["pop", "part"], "libelle": "x",
            "valeur": ["0", "0"], "unite": "u", "statut": "publie", "source": "x",
        }
    )  # fmt: skip
    folder = make_territory(
        perimeters({"code": "Q", "geometry": square(100, 100, 100)}), indicators=figures
    )
    with (folder / "territory.toml").open("a", encoding="utf-8") as told:
        told.write('population = ["pop"]\n')
    territory = cdv_geo.load_territory(folder)
    found = file_checking.check(folder / "indicators.csv", territory)
    assert [f.row for f in found.faults if f.done == REJECTED] == [2]
    assert territory.indicators["indicateur"].tolist() == ["part"]
