from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin

import cdv_geo
from cdv_geo.faults import located
from cdv_geo.io.positions.stated_precision import position_error
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.thing_batches import open_sources

from squares import CRS, X0, Y0, perimeters, points, square

LINKED_CRS = (
    '{"type": "FeatureCollection", "features": [],'
    ' "crs": {"type": "link", "properties": {"href": "http://127.0.0.1/crs"}}}'
)
PACKAGE = Path(cdv_geo.__file__).parent


def test_the_home_territory_is_whole(territory):
    assert len(territory.communes) == 9
    kinds = territory.perimeters.groupby(["type", "generation"]).size().to_dict()
    assert kinds == {("qpv", 2015): 2, ("qpv", 2024): 2, ("veille_active", 2015): 17}
    hidden = territory.perimeters[territory.perimeters["type"] == "veille_active"]
    assert set(hidden["statut_geometrie"]) == {"absente"}
    assert len(territory.actions) == 46
    assert len(territory.equipment) == 71
    assert territory.equipment.geometry.notna().sum() == 46
    assert len(territory.indicators) == 722
    assert len(territory.objectifs) == 11
    assert set(territory.communes["code_insee"]) == {
        "73029", "73030", "73065", "73087", "73137", "73179", "73213", "73222", "73225",
    }  # fmt: skip


def test_every_layer_says_its_source(territory):
    assert set(territory.sources) >= {
        "communes",
        "perimeters",
        "actions",
        "equipment",
        "population",
    }


def test_a_contradiction_of_the_evaluation_is_kept_and_flagged(territory):
    figures = territory.key_figures
    rows = figures[figures["chiffre"] == "porteurs financés, cohésion sociale"]
    assert sorted(rows["valeur"]) == [80, 468]
    assert rows["reserve"].str.startswith("contradiction").all()


def test_another_folder_is_another_contract(make_territory):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    territory = cdv_geo.load_territory(folder)
    assert territory.name == "Contrat de ville des Carrés"
    assert len(territory.actions) == 0
    table = territory.study().coverage.set_index("code")
    assert table.loc["Q", "area_ha"] == pytest.approx(1)
    assert table["cell_residents"].isna().all()  # no population raster is loaded


def test_rows_of_a_table_at_fault_are_left_out_counted_and_said(make_territory):
    actions = pd.DataFrame(
        {
            "id": ["a", "b"],
            "intitule": ["Une", None],
            "portee": ["ville", "quartier"],
            "source": "x",
        }
    )
    folder = make_territory(
        perimeters({"code": "Q", "geometry": square(100, 100, 100)}), actions=actions
    )
    territory = cdv_geo.load_territory(folder)
    (checked,) = [c for c in territory.checked if c.path.name == "actions.csv"]
    assert len(territory.actions) == 0
    assert checked.counts() == {"input": 2, "accepted": 0, "repaired": 0, "rejected": 2}
    said = [located(fault) for fault in checked.faults]
    assert said == [
        "row 3, intitule: a value is required",
        (
            "row 2, portee: “ville” is not accepted; accepted are "
            "quartier, commune, veille active, contrat, inconnue"
        ),
    ]


def test_a_year_that_is_not_known_for_certain_costs_no_action_and_makes_no_column(make_territory):
    years = [
        "2023", "27 février 2023", "févr-23", "2 023", "20230227", "Conseil du 27/02/2023",
        "2023-2024", "1905-07-15", "23", "en cours", "",
    ]  # fmt: skip
    actions = pd.DataFrame({
        "id": [f"a{n}" for n in range(len(years))], "intitule": "Atelier", "portee": "contrat",
        "annee": years, "source": "relevé",
    })  # fmt: skip
    folder = make_territory(
        perimeters({"code": "Q", "geometry": square(500, 500, 100)}), actions=actions
    )
    territory = cdv_geo.load_territory(folder)
    row = territory.study().coverage.set_index("code").loc["Q"]
    columns = [name for name in row.index if name.startswith("action_year_")]
    assert row[["action_count", *columns]].to_dict() == {
        "action_count": 11, "action_year_2023_count": 6, "action_year_unknown_count": 5,
    }  # fmt: skip
    (checked,) = [found for found in territory.checked if found.path.name == "actions.csv"]
    assert checked.counts() == {"input": 11, "accepted": 3, "repaired": 8, "rejected": 0}


def test_a_table_without_a_column_that_it_needs_is_refused(make_territory):
    actions = pd.DataFrame({"id": ["a"], "intitule": ["Une"], "source": "x"})
    folder = make_territory(
        perimeters({"code": "Q", "geometry": square(100, 100, 100)}), actions=actions
    )
    territory = cdv_geo.load_territory(folder)
    with pytest.raises(cdv_geo.DataError, match="portee: the column is missing"):
        territory.things("action")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statut_geometrie": "absente"}, "“absente” is stated, and there is an outline"),
        ({"geometry": None, "statut_geometrie": "officielle"}, "there is no outline"),
        ({"precision_m": None}, "an outline has a precision"),
        ({"communes": "73999"}, "names the commune 73999"),
        ({"communes": "7300"}, "INSEE codes of five characters"),
        ({"type": "zus"}, "“zus” is not accepted; accepted are qpv, veille_active"),
    ],
)
def test_a_perimeter_at_fault_is_refused(make_territory, change, message):
    row = {"code": "Q", "geometry": square(100, 100, 100), **change}
    folder = make_territory(perimeters(row, {"code": "R", "geometry": square(500, 100, 100)}))
    with pytest.raises(cdv_geo.DataError, match=message):
        cdv_geo.load_territory(folder)


def test_a_code_that_stands_twice_is_refused(make_territory):
    row = {"code": "Q", "geometry": square(100, 100, 100)}
    folder = make_territory(perimeters(row, row))
    with pytest.raises(cdv_geo.DataError, match="“Q / 2024” stands twice"):
        cdv_geo.load_territory(folder)


def test_an_everyday_name_of_an_unknown_perimeter_is_refused(make_territory):
    quartiers = pd.DataFrame(
        {"quartier": ["Le Haut"], "code": ["R"], "generation": [2024], "relation": ["partie"]}
    )
    table = perimeters({"code": "Q", "geometry": square(100, 100, 100)})
    territory = cdv_geo.load_territory(make_territory(table, quartiers=quartiers))
    with pytest.raises(cdv_geo.DataError, match=r"quartiers\.csv has .* row 2, code: “Le Haut”"):
        territory.gazetteer()


def test_a_layer_without_crs_is_refused(make_territory):
    table = perimeters({"code": "Q", "geometry": square(100, 100, 100)})
    folder = make_territory(table)
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        table.set_crs(None, allow_override=True).to_file(folder / "perimeters.gpkg")
    with pytest.raises(cdv_geo.DataError, match="does not say its coordinate reference system"):
        cdv_geo.load_territory(folder)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('crs = "EPSG:2154"', 'crs = "EPSG:4326"', "is not metric"),
        ('crs = "EPSG:2154"', 'crs = "EPSG:1"', "is not known"),
        ("edition =", "editions =", "unknown key “editions”"),
        ("name =", "name", "is not valid TOML"),
        ('"communes.gpkg"', '"none.gpkg"', "does not exist"),
        ('path = "communes.gpkg"', "", "communes lacks “path”"),
        ("[[perimeters]]", "[perimeters]", r"\[\[perimeters\]\] is expected"),
        ("= 2024", '= "2024"', "accepted are 2015, 2024"),
        ("= 2024", "= 2024.0", "“2024.0” is not accepted; accepted are 2015, 2024"),
        ('"Contrat de ville des Carrés"', "' '", "name is empty; a text is expected"),
        ("= 2024", "= true", "“True” is not accepted; accepted are 2015, 2024"),
        ("= 2024", "= " + "[" * 5000, "is not valid TOML"),
        ("= 2024", "= " + "1" * 5000, "is not valid TOML"),
        ('"Contrat de ville des Carrés"', "'\u200b\u00a0'", "name is empty; a text is expected"),
        ("Contrat", "x" * 231, "name has 251 letters; at most 250 are accepted"),
        ("Contrat", "\\u0000", r"name holds the control character U\+0000; letters are expected"),
        ("communes : ", "x" * 2000, r"communes has “source = x+…”, which is not accepted"),
        ('"rue" = 50', '"rue" = inf', "metres by the beginning"),
        ('"rue" = 50', '"rue" = 2024-01-01', "metres by the beginning"),
        (
            "[[perimeters]]",
            '[indicators]\npath = "i.csv"\npopulation = [[1]]\n[[perimeters]]',
            "indicators has “population",
        ),
        (
            "[[perimeters]]",
            101 * '[[perimeters]]\npath = "p.gpkg"\n' + "[[perimeters]]",
            "has 102 perimeters; at most 100 are accepted",
        ),
        ('"2026-01"', "2026", "edition “2026” is no text"),
        ('"rue" = 50', '"rue" = -50', "metres by the beginning"),
        ('path = "communes.gpkg"', 'path = "communes.gpkg"\nlayer = "x"', "accepted keys are"),
    ],
)
def test_a_description_at_fault_is_refused(make_territory, before, after, message):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    path = folder / "territory.toml"
    path.write_text(path.read_text().replace(before, after, 1))
    with pytest.raises(cdv_geo.DataError, match=message):
        cdv_geo.load_territory(folder)


def test_a_description_with_a_byte_order_mark_is_read(make_territory):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    path = folder / "territory.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert cdv_geo.load_territory(folder).name == "Contrat de ville des Carrés"


def test_an_outline_that_lies_elsewhere_is_refused(make_territory):
    table = perimeters({"code": "Q", "geometry": square(90_000, 100, 100)})
    with pytest.raises(cdv_geo.DataError, match=r"Q lies nowhere in .* reference system"):
        cdv_geo.load_territory(make_territory(table))


def test_a_crs_that_does_not_keep_areas_is_refused(make_territory):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    path = folder / "territory.toml"
    path.write_text(path.read_text().replace("EPSG:2154", "EPSG:3857"))
    with pytest.raises(cdv_geo.DataError, match=r"measure 2\.\d+ times their ground"):
        cdv_geo.load_territory(folder)


def test_veille_active_of_another_generation_is_refused(make_territory):
    row = {"code": "V", "type": "veille_active", "generation": 2024, "communes": "73001"}
    with pytest.raises(cdv_geo.DataError, match="veille active bears generation 2015"):
        cdv_geo.load_territory(
            make_territory(perimeters(row, {"code": "Q", "geometry": square(100, 100, 100)}))
        )


def test_a_folder_without_description_is_no_territory(tmp_path):
    with pytest.raises(cdv_geo.DataError, match=r"it has no territory\.toml"):
        cdv_geo.load_territory(tmp_path)


def test_the_longest_beginning_gives_the_error_of_a_position():
    errors = {"géocodée": 1000, "géocodée, score 0.9": 30}
    assert position_error("géocodée, score 0.97", errors) == 30
    assert position_error("géocodée, score 0.79", errors) == 1000


def link_file(path, territory):
    reading = Reading(territory.crs, territory.position_error_m)
    (source,) = open_sources([path], reading)
    return list(territory.linker().link_batches(source.batches()))


def test_rows_of_a_file_at_fault_are_kept_for_the_count(tmp_path, territory):
    path = tmp_path / "things.csv"
    path.write_text(
        "id;longitude;latitude\na;5,92081;45,590738\nb;cinq;45,59\nc;5,92;\nd;;\n",
        encoding="utf-8",
    )
    (linking,) = link_file(path, territory)
    assert linking.counts() == {
        "input": 4,
        "linked": 1,
        "unlinked": 1,
        "undetermined": 1,
        "rejected": 2,
    }
    reasons = linking.outcomes.set_index("id")["reason"]
    assert "“cinq” is not accepted; a number from -180 to 180" in reasons["b"]
    assert "one of them is empty" in reasons["c"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.geojson", "<OGRVRTDataSource></OGRVRTDataSource>", "is XML or HTML, whatever its name"),
        ("a.gpkg", "<OGRVRTDataSource></OGRVRTDataSource>", "is XML or HTML, whatever its name"),
        (
            "a.geojson",
            LINKED_CRS,
            "which is not followed; the name of a register",
        ),
        ("a.txt", "id", "none of the columns longitude and latitude"),
        ("a.csv", "id,x,y\n1,2,3\n", "x and y are no Lambert-93"),
        ("a.csv", "identifiant,longitude\n1,2\n", "none of the columns longitude and latitude"),
    ],
)
def test_a_file_that_is_not_what_it_is_called_is_not_opened(
    tmp_path, territory, name, content, message
):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(cdv_geo.DataError, match=message):
        link_file(path, territory)


def test_a_layer_with_an_unknown_precision_is_rejected_row_by_row(tmp_path, territory):
    layer = points((550, 550), (551, 550), precision_position=["approximative", "bidon"])
    layer.to_file(tmp_path / "a.gpkg")
    (linking,) = link_file(tmp_path / "a.gpkg", territory)
    outcomes = linking.outcomes
    assert outcomes["outcome"].tolist() == ["unlinked", "rejected"]
    assert "“bidon” is not accepted" in outcomes["reason"].iloc[1]


def test_the_public_names_are_all_there():
    assert all(getattr(cdv_geo, name) is not None for name in cdv_geo.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        cdv_geo.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("row", "accepted"),
    [
        ("Q,pop,p,7078,hab.,2025,publie,x", True),
        ("Q,pop,p,7078.0,hab.,2025,publie,x", True),
        ('Q,pop,p,"7,078",hab.,2025,publie,x', False),
        ("Q,pop,p,-12,hab.,2025,publie,x", False),
        ("Q,pop,p,0,hab.,2025,publie,x", False),
        ("Q,pop,p,70,hab.,2025,secret_ou_absent,x", False),
        ("Q,pop,p,,hab.,2025,secret_ou_absent,x", True),
        ("Q,taux,p,-12.5,%,2025,publie,x", True),
    ],
)
def test_a_published_population_is_a_whole_number_above_nought(make_territory, row, accepted):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    header = "code,indicateur,libelle,valeur,unite,millesime,statut,source"
    (folder / "indicators.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    with (folder / "territory.toml").open("a", encoding="utf-8") as file:
        file.write('\n[indicators]\npath = "indicators.csv"\npopulation = ["pop"]\n')
    assert len(cdv_geo.load_territory(folder).indicators) == accepted


def test_communes_whose_codes_are_numbers_are_read(make_territory):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    layer = gpd.read_file(folder / "communes.gpkg")
    layer.astype({"code_insee": "int64"}).to_file(folder / "communes.gpkg")
    assert cdv_geo.load_territory(folder).communes["code_insee"].tolist() == ["73001", "73002"]


def test_communes_whose_columns_bear_the_names_of_ign_are_read(make_territory):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    layer = gpd.read_file(folder / "communes.gpkg")
    for names in ({"nom": "nom_officiel"}, {"nom": "NOM_COM", "code_insee": "code"}):
        layer.rename(columns=names).to_file(folder / "communes.gpkg")
        communes = cdv_geo.load_territory(folder).communes
        assert communes["code_insee"].tolist() == ["73001", "73002"]
        assert communes["nom"].tolist() == layer["nom"].tolist()


def test_what_a_table_of_a_territory_says_of_its_positions_counts(make_territory):
    table = pd.DataFrame(
        {
            "id": ["a", "b"], "nom": ["un", "deux"], "type": "crèche", "statut": "ouvert",
            "source": "liste", "longitude": [5.917661, 5.917662],
            "latitude": [45.591531, 45.591532], "result_type": ["housenumber", "municipality"],
        }
    )  # fmt: skip
    folder = make_territory(
        perimeters({"code": "Q", "geometry": square(100, 100, 100)}), equipment=table
    )
    equipment = cdv_geo.load_territory(folder).equipment
    assert equipment["position_error_m"].tolist() == [20, 10_000]


def test_the_first_usable_figure_of_a_key_counts_however_it_is_written(make_territory):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    rows = [
        "Q;pop;p;0;hab.;2036;publie;x",
        "Q;pop;p;60000;hab.;2036;publie;x",
        "Q;pop;p;60001;hab.;2036;publie;x",
        "Q;pop;p;60001;hab.;2036;publie;y",
        "Q;pop;p;60 000,0;hab.;2036;publie;y",
    ]
    header = "code;indicateur;libelle;valeur;unite;millesime;statut;source"
    (folder / "indicators.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    with (folder / "territory.toml").open("a", encoding="utf-8") as file:
        file.write('\n[indicators]\npath = "indicators.csv"\npopulation = ["pop"]\n')
    assert cdv_geo.load_territory(folder).indicators["valeur"].tolist() == [60000, 60000]


def lyon(folder: Path) -> cdv_geo.Territory:
    """Lyon as one commune with two QPV, and four places that give an arrondissement or Lyon."""
    folder.mkdir()
    city = gpd.GeoDataFrame(
        {"code_insee": ["69123"], "nom": ["Lyon"]}, geometry=[square(0, 0, 2000)], crs=CRS
    )
    city.to_file(folder / "communes.gpkg")
    perimeters(
        {"code": "QN06933I", "geometry": square(100, 100, 100), "communes": "69388"},
        {"code": "QN06934M", "geometry": square(900, 900, 100), "communes": "69389"},
    ).to_file(folder / "perimeters.gpkg")
    codes = ["69388", "69123", "69387", "69389"]
    places = pd.DataFrame({"id": ["1", "2", "3", "4"], "nom": "MJC", "code_insee": codes})
    places = places.assign(type="mjc", statut="ouvert", source="x")
    places.to_csv(folder / "equipment.csv", index=False)
    (folder / "territory.toml").write_text(
        'name = "Lyon"\ncrs = "EPSG:2154"\nedition = "2026-11"\ndefault_generation = 2024\n'
        "position_error_m = {}\n"
        '[communes]\npath = "communes.gpkg"\n[[perimeters]]\npath = "perimeters.gpkg"\n'
        '[equipment]\npath = "equipment.csv"\n',
        encoding="utf-8",
    )
    return cdv_geo.load_territory(folder)


def test_arrondissements_are_in_their_city_and_what_has_no_table_is_not_nought(tmp_path):
    territory = lyon(tmp_path / "lyon")
    assert territory.perimeters["communes"].tolist() == ["69123", "69123"]
    table = territory.study().coverage.set_index("code")
    counts = table["equipment_all_inside_count"]
    perhaps = table["equipment_all_inside_undetermined_count"]
    assert counts.loc[["69123", "contrat"]].tolist() == [4, 4]
    assert counts.loc[["QN06933I", "QN06934M"]].isna().all()
    assert perhaps.loc[["QN06933I", "QN06934M"]].tolist() == [4, 4]
    assert table["action_declared_count"].isna().all()


def test_figures_of_nobody_are_said_and_codes_are_read_however_they_are_written(make_territory):
    figure = {"indicateur": "pop", "libelle": "population", "valeur": 9, "unite": "habitants"}
    rows = [{**figure, "code": code} for code in ("qn07399m", "QN07399M\u200b", "73001", "QN9999X")]
    table = pd.DataFrame(rows).assign(
        millesime=[2021, 2022, 2023, 2024], statut="publie", source="x"
    )
    folder = make_territory(
        perimeters({"code": "QN07399M", "geometry": square(100, 100, 100)}), indicators=table
    )
    territory = cdv_geo.load_territory(folder)
    codes = territory.indicators["code"].tolist()
    assert codes == ["QN07399M", "QN07399M", "73001", "QN9999X"]
    (checked,) = [c for c in territory.checked if c.path.name == "indicators.csv"]
    assert [located(fault) for fault in checked.faults] == [
        "row 3, code: “QN07399M\u200b” is read as QN07399M",
        "row 2, code: “qn07399m” is read as QN07399M",
        ("code: no perimeter and no commune bears “QN9999X” (row 5); shown nowhere: 1 row(s)"),
    ]


@pytest.mark.parametrize(
    ("stated", "answer"),
    [
        ("", "off its lattice: its cells have 500 m"),
        ("cell_size = 500", "off its lattice: its corner"),
        (f"cell_size = 500\ncorner = [{X0 + 1100}, {Y0 + 100}]", None),
        ('cell_size = "500"', "population has “cell_size = 500”, which is not accepted"),
        ("cell_size = -1", "population has “cell_size = -1”"),
        ("corner = [1]", "population has “corner = "),
    ],
)
def test_a_grid_of_other_cells_than_those_of_insee_is_stated(make_territory, stated, answer):
    folder = make_territory(perimeters({"code": "A", "geometry": square(0, 0, 100)}))
    with rasterio.open(
        folder / "grid.tif", "w", driver="GTiff", height=1, width=1, count=3, dtype="float64",
        crs=CRS, transform=from_origin(X0 + 100, Y0 + 600, 500, 500),
    ) as raster:  # fmt: skip
        raster.write(np.ones((3, 1, 1)))
    with (folder / "territory.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[population]\npath = "grid.tif"\n{stated}\n')
    if answer is None:
        assert cdv_geo.load_territory(folder).population.cell_size == 500
    else:
        with pytest.raises(cdv_geo.DataError, match=answer):
            _ = cdv_geo.load_territory(folder).population
