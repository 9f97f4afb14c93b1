from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.analysis.linking import link_places
from cdv_geo.analysis.population import PopulationGrid
from cdv_geo.analysis.proximity import weighted_quantiles
from cdv_geo.analysis.things import Things
from cdv_geo.french.table_labels import column_label

from squares import CRS, X0, Y0, perimeters, points, square

KINDS = ("action", "equipment")


@pytest.fixture
def flat_grid():
    """Cells of 100 m in the CRS of the squares: 10 residents each from x = 500 to 700, y = 500."""
    individuals = np.zeros((20, 40))
    individuals[14, 5:7] = 10  # row 14 of 20 is y from 500 to 600
    income = individuals * 15_000
    return PopulationGrid(individuals, income, individuals < 0, X0, Y0 + 2000, 100, CRS)


def cover(communes, grid, *, actions=None, equipment=None, table=None, indicators=None):
    """Coverage of one square QPV of 1 ha at (500, 500), and of a hidden quartier of Amont."""
    if table is None:
        table = perimeters(
            {"code": "Q", "nom": "Le Carré", "geometry": square(500, 500, 100)},
            {"code": "V", "type": "veille_active", "generation": 2015, "communes": "73002"},
        )
    actions = points(objectifs=[], annee=[]) if actions is None else actions
    equipment = places() if equipment is None else equipment
    zones = cdv_geo.study_zones(table, communes, generation=2024)
    context = zones[zones["level"] != "perimeter"].reset_index(drop=True)
    parts = []
    for kind, things in zip(KINDS, (actions, equipment), strict=True):
        links = cdv_geo.link(things, table, communes, generation=2024, within=(300, 500)).links
        context_links = link_places(Things.of(things), context, communes, within=(300, 500))
        parts += [links.assign(kind=kind), context_links.dropna(subset="code").assign(kind=kind)]
    columns = ["objectifs", "annee", "equipment_type", "statut", "code_insee"]
    links = pd.concat(parts, ignore_index=True)
    links = links.reindex(columns=list(dict.fromkeys([*links.columns, *columns])))
    if indicators is None:
        indicators = population_of(Q=200, **{"73001": 1000, "73002": 3000})
    return cdv_geo.coverage(
        zones,
        links,
        equipment=equipment,
        population=cdv_geo.published_population(indicators, ["pop"], communes),
        grid=grid,
    ).set_index("code")


def places(*where, kind="école", statut="ouvert", **columns):
    count = len(where)
    return points(*where, type=[kind] * count, statut=[statut] * count, **columns)


def population_of(**values):
    return pd.DataFrame(
        {
            "code": list(values),
            "indicateur": "pop",
            "valeur": [float(value) for value in values.values()],
            "millesime": "2020",
            "source": "recensement",
        }
    )


def test_one_row_per_perimeter_then_the_communes_then_the_contract(communes, flat_grid):
    table = cover(communes, flat_grid)
    assert table["level"].tolist() == ["perimeter"] * 2 + ["commune"] * 2 + ["contract"]
    assert table.index.tolist() == ["Q", "V", "73001", "73002", "contrat"]


def test_areas_and_residents_of_squares(communes, flat_grid):
    table = cover(communes, flat_grid)
    assert table["area_ha"].tolist() == pytest.approx([1, np.nan, 400, 400, 800], nan_ok=True)
    assert table["cell_residents"].tolist() == pytest.approx([10, np.nan, 20, 0, 20], nan_ok=True)
    assert table.loc["Q", "cell_share_of_population"] == pytest.approx(10 / 200)
    assert table.loc["Q", "cell_mean_standard_of_living"] == pytest.approx(15_000)
    assert np.isnan(table.loc["73002", "cell_mean_standard_of_living"])  # nobody lives there


def test_the_population_of_the_contract_is_the_sum_of_its_communes(communes, flat_grid):
    table = cover(communes, flat_grid)
    assert table.loc["contrat", "population"] == 4000
    assert table.loc["contrat", "population_vintage"] == "2020"
    assert np.isnan(table.loc["V", "population"])


def test_no_sum_where_a_commune_is_missing(communes, flat_grid):
    table = cover(communes, flat_grid, indicators=population_of(**{"73001": 1000}))
    assert np.isnan(table.loc["contrat", "population"])


def test_the_latest_vintage_counts_and_an_unstated_one_says_so(communes):
    rows = pd.DataFrame(
        {
            "code": ["Q", "Q", "R"],
            "indicateur": "pop",
            "valeur": [1.0, 2.0, 3.0],
            "millesime": ["2018", "2021", None],
            "source": "x",
        }
    )
    table = cdv_geo.published_population(rows, ["pop"], communes)
    assert table.loc["Q", ["population", "population_vintage"]].tolist() == [2, "2021"]
    assert table.loc["R", "population_vintage"] == "année non précisée"


def test_equipment_inside_and_near_per_thousand_residents(communes, flat_grid):
    table = cover(communes, flat_grid, equipment=places((550, 550), (550, 850), (550, 1090)))
    # inside; 250 m and 490 m above the upper edge
    assert table.loc["Q", "equipment_école_inside_count"] == 1
    assert table.loc["Q", "equipment_école_within_300m_count"] == 2
    assert table.loc["Q", "equipment_école_within_500m_count"] == 3
    assert table.loc["Q", "equipment_école_inside_per_1000"] == pytest.approx(1 / 200 * 1000)
    assert table.loc["73001", "equipment_école_inside_count"] == 3
    assert table.loc["contrat", "equipment_all_inside_count"] == 3


def test_a_zero_is_a_zero_only_where_the_outline_is_known(communes, flat_grid):
    table = cover(communes, flat_grid, equipment=places((1500, 1500), (3500, 500)))
    assert table.loc["Q", "equipment_école_inside_count"] == 0
    assert np.isnan(table.loc["V", "equipment_école_inside_count"])
    assert table.loc["V", "equipment_école_inside_undetermined_count"] == 1


def test_a_place_without_position_is_in_its_commune_and_perhaps_in_the_perimeter(
    communes, flat_grid
):
    table = cover(communes, flat_grid, equipment=places(None, code_insee=["73001"]))
    column = "equipment_école_inside_count"
    assert np.isnan(table.loc["Q", column])  # not a silent zero
    assert table.loc["Q", "equipment_école_inside_undetermined_count"] == 1
    assert table.loc["73001", column] == 1
    assert table.loc["73002", column] == 0
    assert table.loc["contrat", column] == 1
    # the other commune begins at x = 2000, so that its hidden quartier may be within 300 m
    assert table.loc["V", "equipment_école_within_300m_undetermined_count"] == 1


def test_closed_equipment_is_counted_apart(communes, flat_grid):
    closed = places((550, 550), statut="fermé")
    table = cover(communes, flat_grid, equipment=closed)
    assert table.loc["Q", "equipment_école_inside_count"] == 0
    assert table.loc["Q", "equipment_closed_inside_count"] == 1
    assert np.isnan(table.loc["Q", "equipment_école_distance_median_m"])


def test_distances_and_shares_are_weighted_by_residents_inside(communes, flat_grid):
    two_hectares = perimeters({"code": "Q", "geometry": square(500, 500, 200)})
    # cells of 10 residents with centres at (550, 550) and (650, 550); a school 40 m west of one
    table = cover(communes, flat_grid, table=two_hectares, equipment=places((510, 550)))
    assert table.loc["Q", "equipment_école_distance_median_m"] == 40
    assert table.loc["Q", "equipment_école_distance_p90_m"] == 140
    assert table.loc["Q", "equipment_école_reached_within_300m_share"] == 1
    far = cover(communes, flat_grid, table=two_hectares, equipment=places((205, 550)))
    # 345 m and 445 m
    assert far.loc["Q", "equipment_école_reached_within_300m_share"] == 0
    assert far.loc["Q", "equipment_école_reached_within_500m_share"] == 1


def test_a_position_that_may_be_far_off_tells_nothing_of_nearness(communes, flat_grid):
    table = cover(communes, flat_grid, equipment=places((550, 550), position_error_m=[1000.0]))
    assert np.isnan(table.loc["Q", "equipment_école_distance_median_m"])


def test_beyond_the_window_of_the_grid_nothing_is_known(communes, flat_grid):
    table = cover(
        communes,
        flat_grid,
        table=perimeters({"code": "Q", "geometry": square(-50, 500, 100)}),
        equipment=places((0, 550)),
    )
    assert table.loc["Q", "cell_covered_share"] == pytest.approx(0.5)
    assert np.isnan(table.loc["Q", "cell_residents"])
    assert np.isnan(table.loc["Q", "equipment_école_distance_median_m"])


def test_actions_by_basis_objectif_and_year_count_each_once(communes, flat_grid):
    actions = points(
        (550, 550),
        None,
        None,
        territoires_cites=["Le Carré", "Aval", "Amont"],
        portee=["quartier", "commune", "commune"],
        objectifs=["1;2", "2", None],
        annee=["2022", None, "2021"],
    )
    table = cover(communes, flat_grid, actions=actions)
    row = table.loc["Q"]
    assert row["action_count"] == 2
    assert row["action_declared_count"] == 1
    assert row["action_declared_wide_count"] == 1
    assert row["action_inside_count"] == 1
    assert row["action_inside_undetermined_count"] == 2
    assert (row["action_objectif_1_count"], row["action_objectif_2_count"]) == (1, 2)
    assert (row["action_year_2022_count"], row["action_year_unknown_count"]) == (1, 1)
    assert table.loc["V", "action_objectif_unknown_count"] == 1
    assert table.loc["contrat", "action_count"] == 3  # not 1 + 2: each action once


def test_only_a_year_has_a_column_of_its_own(communes, flat_grid):
    actions = points(
        *[(550, 550)] * 5,
        portee="quartier",
        objectifs=None,
        annee=["2022", "2022-2023", "Commission du 27 février", "2 023", None],
    )
    table = cover(communes, flat_grid, actions=actions)
    years = [name for name in table if name.startswith("action_year_")]
    assert years == ["action_year_2022_count", "action_year_unknown_count"]
    assert table.loc["Q", years].tolist() == [1, 4]


cells = st.tuples(st.floats(0, 1e4), st.floats(0.1, 100), st.integers(0, 3))


@given(st.lists(cells, min_size=1, max_size=40), st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_a_weighted_quantile_leaves_its_share_below_it(rows, quantile):
    values, weights, zone = (np.array(column) for column in zip(*rows, strict=True))
    (found,) = weighted_quantiles(values, weights, zone, 5, [quantile])
    for number, value in enumerate(found):
        of_zone, weight = values[zone == number], weights[zone == number]
        if not len(of_zone):
            assert np.isnan(value)
            continue
        assert value in of_zone
        assert weight[of_zone <= value].sum() >= quantile * weight.sum() * (1 - 2e-9)
        assert weight[of_zone < value].sum() < quantile * weight.sum()


def test_quantiles_by_hand():
    # zone 0: 100 m for 1 resident, 200 m for 1, 300 m for 2; zone 1: one cell; zone 2: none known
    values = np.array([300.0, 100.0, 200.0, 50.0, np.inf])
    weights = np.array([2.0, 1.0, 1.0, 9.0, 1.0])
    zone = np.array([0, 0, 0, 1, 2])
    found = weighted_quantiles(values, weights, zone, 4, [0.25, 0.5, 0.9])
    np.testing.assert_array_equal(found, [
        [100, 50, np.nan, np.nan],
        [200, 50, np.nan, np.nan],
        [300, 50, np.nan, np.nan],
    ])  # fmt: skip


# The nine communes: figures that the sources state.


@pytest.fixture(scope="module")
def home(territory):
    studies = {year: territory.study(generation=year) for year in (2015, 2024)}
    return {year: study.coverage.set_index("code") for year, study in studies.items()}


@pytest.mark.parametrize(
    ("generation", "code", "hectares"),
    [
        (2015, "QP073001", 37.55),
        (2015, "QP073002", 33.98),
        (2024, "QN07301M", 37.51),
        (2024, "QN07302M", 79.40),
    ],
)
def test_areas_of_the_qpv(home, generation, code, hectares):
    assert home[generation].loc[code, "area_ha"] == pytest.approx(hectares, rel=1e-3)


def test_residents_estimated_from_cells_fall_short_in_small_qpv(home):
    table = home[2015]
    assert table.loc["QP073001", "cell_residents"] == pytest.approx(2750, abs=1)
    assert table.loc["QP073002", "cell_residents"] == pytest.approx(4066, abs=1)
    assert table.loc["contrat", "cell_residents"] == pytest.approx(103_267, abs=1)


def test_published_populations_say_their_year(home):
    columns = ["population", "population_vintage"]
    unstated = "année non précisée"
    assert home[2024].loc["QN07301M", columns].tolist() == [3710, unstated]
    assert home[2024].loc["QN07302M", columns].tolist() == [7078, unstated]
    assert home[2015].loc["QP073001", columns].tolist() == [3631, "2022"]
    assert home[2024].loc["73065", columns].tolist() == [60_251, "2025"]


def test_every_perimeter_has_its_row_and_no_hidden_one_a_zero(home):
    table = home[2024]
    hidden = table[table["statut_geometrie"] == "absente"]
    assert len(hidden) == 17
    located = [c for c in table if c.endswith(("_inside_count", "_300m_count", "_500m_count"))]
    assert hidden[located].isna().all(axis=None)
    assert (hidden["action_declared_wide_count"] > 0).all()


def test_actions_of_the_qpv_by_hand(home):
    # Biollay or Bellevue: ac-002, 003, 005, 016, 024, 030, 032, 045; HDC: ac-001, 004, 006, 016,
    # 024, 032, 035, 045. Chambéry: ac-033, 034, 037, 044; the contract: ac-011, 025, 026, 027.
    table = home[2024].loc[["QN07301M", "QN07302M"]]
    assert table["action_declared_count"].tolist() == [8, 8]
    assert table["action_declared_wide_count"].tolist() == [8, 8]
    assert table["action_inside_count"].isna().all()
    assert home[2024].loc["contrat", "action_count"] == 32


def test_a_closed_centre_is_not_counted_among_the_open(home):
    table = home[2024]
    assert table.loc["QN07302M", "equipment_closed_declared_count"] == 1  # eq-053
    assert table.loc["QN07302M", "equipment_declared_count"] == 3  # eq-014, eq-047, eq-067


def test_every_computed_column_has_a_french_label(home):
    missing = [c for c in home[2024].columns if c != "geometry" and column_label(c) == c]
    assert missing == []


# Faults that were once there.


def test_an_ambiguous_name_leaves_no_silent_zero(communes, flat_grid):
    table = perimeters(
        {"code": "Q", "nom": "Nord", "geometry": square(500, 500, 100)},
        {"code": "R", "nom": "Nord", "geometry": square(2500, 500, 100), "communes": "73002"},
    )
    actions = points(None, territoires_cites=["Nord"], objectifs=["1"], annee=["2022"])
    row = cover(communes, flat_grid, table=table, actions=actions).loc["Q"]
    assert row["action_declared_undetermined_count"] == 1
    unknown = ["action_count", "action_declared_count", "action_objectif_1_count"]
    assert row[unknown].isna().all()


def test_a_name_that_is_not_known_may_be_that_of_each_and_leaves_no_silent_zero(
    communes, flat_grid
):
    table = perimeters(
        {"code": "Q", "nom": "Nord", "geometry": square(500, 500, 100)},
        {"code": "R", "nom": "Sud", "geometry": square(2500, 500, 100), "communes": "73002"},
    )
    actions = points(None, None, territoires_cites=["Nord;La Pot…", "Nord"], annee=["2022", "2022"])
    rows = cover(communes, flat_grid, table=table, actions=actions)
    counts = rows.loc[["Q", "R"], "action_declared_count"]
    perhaps = rows.loc[["Q", "R"], "action_declared_undetermined_count"]
    assert counts.fillna(-1).tolist() == [2, -1]
    assert perhaps.tolist() == [0, 1]
    assert rows.loc[["73001", "73002", "contrat"], "action_declared_count"].fillna(-1).tolist() == [
        2, -1, 2,
    ]  # fmt: skip


def test_a_share_does_not_depend_on_the_other_distances_asked_for(territory):
    near = territory.study(within=(300, 500)).coverage
    far = territory.study(within=(300, 1000)).coverage
    for column in near:
        if column.endswith(("_median_m", "_p90_m", "_300m_share")):
            pd.testing.assert_series_equal(near[column], far[column])


def test_a_place_that_may_be_off_by_more_than_the_distance_is_not_within_it(communes, flat_grid):
    table = cover(communes, flat_grid, equipment=places((550, 550), position_error_m=[400.0]))
    assert np.isnan(table.loc["Q", "equipment_école_reached_within_300m_share"])
    assert table.loc["Q", "equipment_école_reached_within_500m_share"] == 1


def test_a_stated_commune_settles_what_the_error_of_a_position_leaves_open(communes, flat_grid):
    equipment = places((1990, 1500), position_error_m=[50.0], code_insee=["73001"])
    table = cover(communes, flat_grid, equipment=equipment)
    assert table.loc["73001", "equipment_école_inside_count"] == 1
    assert table.loc["73002", "equipment_école_inside_count"] == 0
    assert table.loc["73002", "equipment_école_inside_undetermined_count"] == 0


def test_one_distance_may_be_given_as_a_number(territory):
    assert "equipment_all_within_300m_count" in territory.study(within=300).coverage


def test_a_population_of_zero_gives_no_ratio(communes, flat_grid):
    table = cover(
        communes,
        flat_grid,
        equipment=places((550, 550)),
        indicators=population_of(Q=0, **{"73001": 1000, "73002": 3000}),
    )
    assert np.isnan(table.loc["Q", "equipment_école_inside_per_1000"])
    assert np.isnan(table.loc["Q", "cell_share_of_population"])


def test_no_open_place_is_lost_between_the_communes_and_the_contract(home):
    table = home[2024]
    column = "equipment_all_inside_count"
    communes = table[table["level"] == "commune"]
    assert communes[column].sum() == table.loc["contrat", column] == 70  # 71, of which one closed
    assert table.loc["contrat", "equipment_closed_inside_count"] == 1
