"""One study, one count: whoever is asked what reaches a quartier gives the same answer."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports.document_reading import notes, plain
from reports.small_territory import (
    ACTIONS,
    EQUIPMENT,
    LANDE,
    QUARTIERS,
    TWO_QUARTIERS,
    WHOLE,
    at,
    rows,
)

import cdv_geo
from cdv_geo.analysis import coverage as coverage_
from cdv_geo.analysis.counting import Count, count_of
from cdv_geo.analysis.reach import best_of
from cdv_geo.atlas import Atlas
from cdv_geo.cartography.recipe import LayerRecipe, MapRecipe
from cdv_geo.french import fiche_texts
from cdv_geo.french.counts_in_words import count_said
from cdv_geo.french.table_labels import column_label
from cdv_geo.reports.workbook import report_sheets

from squares import perimeters, square

PACKAGE = Path(cdv_geo.__file__).parent
DEGREES = ("longitude", "latitude")
BIOLLAY, HAUTS = "QN07301M", "QN07302M"
TWINS = perimeters(
    {"code": "Q1", "nom": "Le Haut", "geometry": square(400, 400, 400)},
    {"code": "Q2", "nom": "Le Bas", "communes": "73002", "geometry": square(2400, 400, 400)},
)
BORNE_TWICE = rows(
    "quartier code generation relation",
    ("Les Tilleuls", "Q1", 2024, "entier"),
    ("Les Tilleuls", "Q2", 2024, "entier"),
)
# By territory and perimeter: what names it, what names more than it, in words and as figures of
# the coverage table (count, perhaps).
ASKED = {
    "home": {
        BIOLLAY: ("8, dont 1 envisagée", "8", (8, 0)),
        HAUTS: ("8", "8", (8, 0)),
        "QVA-73030-epinettes": ("0", "9, dont 1 besoin exprimé", (0, 0)),
        "QVA-73222-tournelles": ("1", "7", (1, 0)),
    },
    "ambiguous": {"Q1": ("1 peut-être", "0", (None, 1)), "Q2": ("1, et 1 peut-être", "0", (1, 1))},
    "without actions": {WHOLE: ("non renseigné", "non renseigné", (None, None))},
    "without equipment": {WHOLE: ("3", "1", (3, 0)), LANDE: ("0", "0", (0, 0))},
    "without outline": {LANDE: ("0", "1", (0, 0))},
}


@pytest.fixture
def folder_of(make_territory):
    """Write the territory of a name."""

    def make(name):
        if name == "ambiguous":
            cited = ["Les Tilleuls", "Le Bas"]
            actions = ACTIONS[:2].assign(territoires_cites=cited)
            return make_territory(TWINS, quartiers=BORNE_TWICE, actions=actions)
        tables = {"quartiers": QUARTIERS, "actions": ACTIONS, "equipment": EQUIPMENT}
        if name == "without outline":
            wide = ACTIONS[3:4].assign(portee="veille active", territoires_cites=None)
            return make_territory(TWO_QUARTIERS, **(tables | {"actions": wide}))
        tables.pop(name.removeprefix("without "), None)
        return make_territory(TWO_QUARTIERS, **tables)

    return make


@pytest.fixture(scope="module")
def loaded(territory):
    """Territories by name, kept for the next who asks."""
    return {"home": territory}


@pytest.fixture(params=list(ASKED))
def asked(request, folder_of, loaded):
    """A territory, and what is right of each of some perimeters."""
    name = request.param
    if name not in loaded:
        loaded[name] = cdv_geo.load_territory(folder_of(name))
    return loaded[name], ASKED[name]


def map_of(territory):
    layers = (LayerRecipe("communes"), LayerRecipe("actions"))
    return cdv_geo.compose(MapRecipe("carte", "Carte", layers), territory)


def said_of(text):
    """Both counts of a text on a map: what names the quartier, and what names more."""
    if "actions : " in text:
        return (text.split("actions : ")[1],) * 2
    found = re.search(r"nommément : (.*?)(?: · |\n)plus largement : ([^·()\n]*)", text)
    return tuple(part.strip() for part in found.groups())


def test_labels_and_cards_give_the_count(asked):
    territory, answers = asked
    shown = map_of(territory).layers[-1].features.set_index("Code")
    for code in answers.keys() & set(shown.index):
        label, card = (plain(shown.loc[code, name]) for name in ("label", "Actions"))
        assert said_of(label) == said_of(card) == answers[code][:2]


def test_a_map_of_the_figure_and_its_legend_give_the_count(asked):
    territory, answers = asked
    figure = LayerRecipe("choropleth", of="perimeters", value="action_declared_count")
    layers = (LayerRecipe("communes"), LayerRecipe("perimeters"), figure)
    drawn = territory.study().drawn
    made = cdv_geo.compose(MapRecipe("carte", "Carte", layers), territory)
    shown = [layer for layer in made.layers if "Valeur" in layer.features]
    assert bool(shown) == territory.study().is_known("action")
    for layer in shown:
        said = layer.features.set_index("Territoire")["Valeur"].map(plain)
        names = dict(zip(drawn["code"], drawn["nom"], strict=True))
        for code in answers.keys() & names.keys():
            assert said[names[code]] == answers[code][0]
        counts = [re.search(r"\((\d+)\)$", symbol.label)[1] for symbol in layer.classes]
        assert sum(map(int, counts)) == len(drawn)


def test_the_list_of_what_is_not_drawn_gives_the_count(asked):
    territory, answers = asked
    lists = [plain(item) for part in map_of(territory).not_drawn for item in part.items]
    hidden = territory.study().hidden
    names = dict(zip(hidden["code"], hidden["nom"], strict=True))
    for code in answers.keys() & set(names):
        (found,) = [text.split(f"{names[code]} (")[1] for text in lists if names[code] in text]
        assert said_of(found) == answers[code][:2]


def test_a_card_lists_as_many_links_as_it_counts(asked):
    territory, answers = asked
    links = [link for link in map_of(territory).links if link.thing.startswith("action/")]
    for code in answers:
        naming = [
            link
            for link in links
            if link.quartier == f"quartier/{code}" and link.basis.startswith("Nomme ")
        ]
        narrow = [link for link in naming if "plus large" not in link.basis]
        count = territory.study().count(code, "action_declared")
        sure = {link.thing for link in narrow if link.certain}
        assert len(sure) == count.certain
        assert len({link.thing for link in narrow} - sure) == count.perhaps
        for link in naming:
            same = [o for o in naming if (o.basis, o.certain) == (link.basis, link.certain)]
            number = re.match(r"\d+", link.counted)[0]
            assert int(number) == len({other.thing for other in same})
            assert ("peut-être" in link.counted) == (not link.certain)


def test_a_fiche_gives_the_count(asked):
    territory, answers = asked
    study = territory.study()
    for code, (named, wide, _) in answers.items():
        told = notes(cdv_geo.fiche(study, code), fiche_texts.ACTIONS)[0]
        if named == "non renseigné":
            assert told == "Non renseigné : aucune action n’est renseignée pour ce territoire."
            continue
        for count, words in ((named, "déclarée"), (wide, "plus largement")):
            if count == "0":
                continue
            number, _, rest = count.partition(" ")
            number = number.rstrip(",")
            kind = "pour le quartier" if words == "déclarée" else words
            found = re.search(rf"{number} déclarées? {kind}([^;.]*)", told)
            assert found is not None, told
            left = re.sub(r"^,? ?", "", found[1].strip())
            assert left == re.sub(r"^,? ?", "", rest)


def test_the_workbook_gives_the_count(asked):
    territory, answers = asked
    sheets = {sheet.name: sheet for sheet in report_sheets(territory.study())}
    coverage = {column.header: column.cells for column in sheets["Couverture"].columns}
    codes = list(coverage["Code"])
    headers = [column_label(f"action_declared_{part}") for part in ("count", "undetermined_count")]
    for code, (_, _, (count, perhaps)) in answers.items():
        at = codes.index(code)
        cells = [coverage[header][at] for header in headers]
        assert cells == ["n. d." if n is None else n for n in (count, perhaps)]
    matrix = {column.header: column.cells for column in sheets["Actions × quartiers"].columns}
    study = territory.study()
    for code in answers:
        marks = Counter(
            mark
            for cell in matrix[study.names[code].replace("'", "’")]
            for mark in cell.split(", ")
            if mark.startswith("déclaré")
        )
        counted = study.count(code, "action_declared")
        assert (marks["déclaré"], marks["déclaré\u00a0?"]) == (counted.certain, counted.perhaps)


def test_the_index_gives_the_count(asked):
    territory, answers = asked
    index = Atlas(territory, generation=2024)._index()
    at = index["headers"].index(column_label("action_declared_count"))
    codes = territory.study().coverage["code"].tolist()
    for code, (named, wide, _) in answers.items():
        row = index["rows"][codes.index(code)]
        assert [plain(cell) for cell in row[at : at + 2]] == [named, wide]


def test_the_command_gives_the_count(asked, run, tmp_path):
    territory, answers = asked
    path = tmp_path / "coverage.csv"
    result = run("--territory", str(territory.folder), "coverage", "-o", str(path))
    assert result.exit_code == 0, result.stderr
    table = pd.read_csv(path).set_index("code")
    for code, (_, _, figures) in answers.items():
        columns = ["action_declared_count", "action_declared_undetermined_count"]
        found = table.loc[code, columns].astype("float64").tolist()
        assert found == pytest.approx([np.nan if n is None else n for n in figures], nan_ok=True)


@pytest.fixture
def run():
    from click.testing import CliRunner  # noqa: PLC0415

    from cdv_geo.cli.command_group import cli  # noqa: PLC0415

    return lambda *arguments: CliRunner().invoke(cli, arguments)


# What a territory has no table for, and what has no outline.


def test_without_a_table_no_count_is_nought(folder_of):
    study = cdv_geo.load_territory(folder_of("without actions")).study()
    columns = [name for name in study.coverage if name.startswith("action_")]
    assert columns
    assert study.coverage[columns].isna().all().all()
    assert study.count(WHOLE, "action_inside") == Count(unknown="table")
    (missing,) = [
        part for part in map_of(study.territory).not_drawn if "Sans données" in part.heading
    ]
    assert missing.items == ("Actions",)
    assert not any("actions connues" in note for note in map_of(study.territory).notes)


def test_without_equipment_nothing_is_said_to_be_far_or_none(folder_of):
    study = cdv_geo.load_territory(folder_of("without equipment")).study()
    columns = [name for name in study.coverage if name.startswith("equipment_")]
    assert study.coverage[columns].isna().all().all()
    said = notes(cdv_geo.fiche(study, WHOLE), fiche_texts.EQUIPMENT)
    assert said == ["Non renseigné : aucun équipement n’est renseigné pour ce territoire."]


def test_without_an_outline_what_lies_inside_is_not_known(folder_of):
    study = cdv_geo.load_territory(folder_of("without outline")).study()
    assert count_said(study.count(LANDE, "equipment_all_inside")) == "non connu"
    assert count_said(study.count(LANDE, "action_declared")) == "0"


# Quartiers of everyday speech.


def test_biollay_and_bellevue_count_for_themselves(territory):
    table = territory.study().quartiers.set_index("quartier")
    named = table["action_declared_count"]
    assert named[["Hauts-de-Chambéry", "Biollay", "Bellevue"]].tolist() == [8, 7, 3]
    assert table.loc["Bellevue", "action_declared_envisaged_count"] == 1
    assert len(table) == 20  # three of the QPV, 17 in veille active
    located = [name for name in table if "_inside_" in name or "_within_" in name]
    parts = table.loc[["Hauts-de-Chambéry", "Biollay", "Bellevue"], located]
    assert parts.isna().all().all()
    assert table.loc["La Poterie", "action_inside_undetermined_count"] == 46


def test_what_names_the_whole_counts_for_each_of_its_quartiers(make_territory):
    folder = make_territory(TWO_QUARTIERS, quartiers=QUARTIERS, actions=ACTIONS)
    table = cdv_geo.load_territory(folder).study().quartiers.set_index("quartier")
    # a1 names Les Prés, a2 Le Port, a3 both as one; a4 names their commune
    assert table["action_declared_count"].to_dict() == {"Les Prés": 2, "Le Port": 2, "La Lande": 0}
    assert table["action_declared_wide_count"].to_dict() == {
        "Les Prés": 1,
        "Le Port": 1,
        "La Lande": 0,
    }


def test_a_perimeter_without_everyday_names_is_one_quartier(make_territory):
    table = cdv_geo.load_territory(make_territory(TWINS, actions=ACTIONS)).study().quartiers
    assert table["quartier"].tolist() == ["Le Haut", "Le Bas"]
    assert table["relation"].tolist() == ["entier", "entier"]


def test_a_place_says_nothing_of_a_part(make_territory):
    """a5 names nothing and lies in the outline that Les Prés and Le Port share."""
    folder = make_territory(TWO_QUARTIERS, quartiers=QUARTIERS, actions=ACTIONS[4:5])
    study = cdv_geo.load_territory(folder).study()
    assert study.count(WHOLE, "action") == Count(1)
    assert study.quartiers["action_count"].tolist() == [0, 0, 0]


def test_a_name_that_groups_two_parts_of_one_perimeter_stands_for_both(make_territory):
    grouped = QUARTIERS.assign(graphies_groupees=["Port et Prés", "Port et Prés", None])
    actions = ACTIONS[:1].assign(territoires_cites="Port et Prés")
    folder = make_territory(TWO_QUARTIERS, quartiers=grouped, actions=actions)
    study = cdv_geo.load_territory(folder).study()
    assert study.quartiers["action_declared_count"].tolist() == [1, 1, 0]
    assert study.count(WHOLE, "action_declared") == Count(1)


# Places that may be inside, and codes and types that others bear.


def test_a_place_nearer_to_the_limit_than_its_error_is_no_nought(make_territory):
    """10 m outside the square, give or take 50 m."""
    beside = ACTIONS[4:5].assign(
        precision_position="rue", **dict(zip(DEGREES, at(810, 600), strict=True))
    )
    folder = make_territory(TWO_QUARTIERS, actions=beside)
    study = cdv_geo.load_territory(folder).study(within=12.5)
    assert study.count(WHOLE, "action") == Count(0, perhaps=1)
    assert np.isnan(study.coverage["action_count"][0])
    told = notes(cdv_geo.fiche(study, WHOLE), fiche_texts.ACTIONS)[0]
    assert told.startswith("1 action l’atteint peut-être : 1 située dedans peut-être")
    (said, *_) = map_of(study.territory).notes
    assert plain(said).endswith("1 est seulement à proximité, 0 est sans territoire connu.")


def test_a_perimeter_with_the_code_of_a_commune_is_refused(make_territory):
    table = perimeters({"code": "73002", "geometry": square(400, 400, 400)})
    with pytest.raises(cdv_geo.DataError, match="“73002” bears the code of a commune"):
        cdv_geo.load_territory(make_territory(table))


@pytest.mark.parametrize("kind", ["closed", "all", "declared"])
def test_a_type_called_like_another_column_keeps_its_own(make_territory, kind):
    places = EQUIPMENT[:3].assign(type=kind)
    study = cdv_geo.load_territory(make_territory(TWO_QUARTIERS, equipment=places)).study()
    assert study.count(WHOLE, "equipment_all_inside") == Count(1)
    assert study.count(WHOLE, "equipment_closed_inside") == Count(1)
    assert study.count(WHOLE, f"equipment_{kind}_type_inside") == Count(1)
    assert len(report_sheets(study)) == 13


# States of actions.


def test_what_is_only_envisaged_is_said_beside_the_count(make_territory):
    counts = {
        "engagée": "1",
        "Programmée": "1",
        "terminée": "1",
        None: "1",
        "envisagée": "1, dont 1 envisagée",
        "besoin exprimé": "1, dont 1 besoin exprimé",
    }
    codes = [f"Q{number}" for number in range(len(counts))]
    # each quartier has an action of its own
    actions = ACTIONS[: len(codes)].assign(
        portee="quartier", territoires_cites=codes, etat=list(counts)
    )
    folder = make_territory(perimeters(*({"code": code} for code in codes)), actions=actions)
    study = cdv_geo.load_territory(folder).study()
    said = [plain(count_said(study.count(code, "action_declared"))) for code in codes]
    assert said == list(counts.values())


def test_a_state_that_is_none_is_rejected_with_what_is_accepted(make_territory):
    actions = ACTIONS[:2].assign(etat=["peut-être", None])
    territory = cdv_geo.load_territory(make_territory(TWO_QUARTIERS, actions=actions))
    (fault,) = [f for checked in territory.checked for f in checked.faults]
    assert (fault.column, fault.value) == ("etat", "peut-être")
    assert "engagée, programmée, envisagée, besoin exprimé, terminée" in fault.message


# The voice.


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (Count(), "0"),
        (Count(3), "3"),
        (Count(1234), "1\u202f234"),
        (Count(3, perhaps=2), "3, et 2 peut-être"),
        (Count(0, perhaps=2), "2 peut-être"),
        (Count(3, envisaged=1), "3, dont 1\u00a0envisagée"),
        (Count(5, 1, 2, 2), "5, dont 2\u00a0envisagées et 2\u00a0besoins exprimés, et 1 peut-être"),
        (Count(unknown="outline"), "non connu"),
        (Count(unknown="table"), "non renseigné"),
    ],
)
def test_a_count_is_written_in_one_way(count, said):
    assert count_said(count) == said


def test_nought_and_one_take_the_singular():
    said = [count_said(Count(n), "action", "actions") for n in range(3)]
    assert said == ["0\u00a0action", "1\u00a0action", "2\u00a0actions"]


# What always holds.

LINKS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["certain", "undetermined"]),
        st.sampled_from(["declared", "declared_wide", "inside", "within"]),
    ),
    max_size=12,
)


@given(LINKS)
def test_a_thing_counts_once_and_never_both_for_certain_and_perhaps(links):
    table = pd.DataFrame(links, columns=["id", "status", "basis"], dtype="str")
    count = count_of(table)
    sure = {thing for thing, status, _ in links if status == "certain"}
    assert count.certain == len(sure)
    assert count.certain + count.perhaps == len({thing for thing, _, _ in links})


@given(LINKS)
def test_the_best_link_is_certain_if_any_is(links):
    table = pd.DataFrame(links, columns=["id", "status", "basis"], dtype="str")
    best = best_of(table, ["id"]).set_index("id")
    assert len(best) == table["id"].nunique()
    for thing, group in table.groupby("id"):
        sure = group[group["status"] == "certain"]
        ranked = sorted((sure if len(sure) else group)["basis"], key=BASES.index)
        assert best.loc[thing, "basis"] == ranked[0]


BASES = ["declared", "declared_wide", "inside", "within"]


# Each made once.


def test_coverage_is_made_once_in_a_whole_atlas(monkeypatch, folder_of):
    """Of what an atlas shows; what writes it has no table to make it from."""
    made = []
    make = coverage_.coverage_of_tally
    monkeypatch.setattr(
        coverage_, "coverage_of_tally", lambda *a, **k: made.append(a) or make(*a, **k)
    )
    territory = cdv_geo.load_territory(folder_of("without outline"))
    for piece in Atlas(territory, generation=2024)._pieces():
        piece.content()
    assert len(made) == 1


def test_a_study_is_made_once_for_all_who_ask_the_same(territory):
    assert territory.study() is territory.study(generation=2024, within=[500, 300])
    assert territory.study() is not territory.study(within=400)


def test_every_table_is_opened_at_most_twice(folder_of):
    folder = folder_of("without outline")
    opened = Counter()
    watching = [True]

    def watch(event, arguments):
        if watching and event == "open" and str(arguments[0]).startswith(str(folder)):
            opened[Path(str(arguments[0])).name] += 1

    sys.addaudithook(watch)
    territory = cdv_geo.load_territory(folder)
    assert set(opened) == {"territory.toml", "communes.gpkg", "perimeters.gpkg"}
    assert len(territory.checked) == 4
    watching.clear()
    assert {"actions.csv", "equipment.csv", "quartiers.csv"} <= set(opened)
    assert max(opened.values()) <= 2


def test_a_table_at_fault_is_refused_when_it_is_asked_for(folder_of):
    folder = folder_of("without outline")
    (folder / "actions.csv").write_text("id\n", encoding="utf-8")
    territory = cdv_geo.load_territory(folder)
    assert len(territory.perimeters) == 2
    with pytest.raises(cdv_geo.DataError, match=r"actions\.csv"):
        territory.study().linking("action")


# Analysis alone decides.

_STATES = {"certain", "undetermined"}
_MEASURES = {"distance", "dwithin", "hausdorff_distance"}
# How far names stand from what they name, on paper.
_ON_PAPER = "cartography/label_placement.py"
_ABOVE = ("study.py", "territory.py", "atlas.py", "french", "cartography", "reports", "cli")


def _decisions(tree):
    """Give the lines that compare with a status, rank bases, or measure a distance."""
    for node in ast.walk(tree):
        compared = []
        if isinstance(node, ast.Compare):
            compared = [node.left, *node.comparators]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _MEASURES:
                yield node.lineno
            compared = node.args if node.func.attr in {"isin", "eq", "ne"} else []
            ranked = node.func.attr in {"sort_values", "index"} and "BASES" in ast.unparse(node)
            by_status = node.func.attr == "sort_values" and "'status'" in ast.unparse(node)
            if ranked or by_status:
                yield node.lineno
        if any(_states_in(part) for part in compared):
            yield node.lineno


def _states_in(part):
    """Tell whether a value is a status; the name of a column is none."""
    columns = {id(node.slice) for node in ast.walk(part) if isinstance(node, ast.Subscript)}
    return any(
        isinstance(node, ast.Constant) and node.value in _STATES and id(node) not in columns
        for node in ast.walk(part)
    )


def test_nothing_above_analysis_decides():
    found = []
    for name in _ABOVE:
        path = PACKAGE / name
        for file in [path] if path.suffix else sorted(path.rglob("*.py")):
            where = file.relative_to(PACKAGE).as_posix()
            tree = ast.parse(file.read_text(encoding="utf-8"))
            found += [f"{where}:{line}" for line in _decisions(tree) if where != _ON_PAPER]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "links[links['status'] == 'certain']",
        "links['status'].isin(['undetermined'])",
        "frame.distance(outline)",
        "links.sort_values('status')",
    ],
)
def test_a_decision_would_be_found(code):
    assert list(_decisions(ast.parse(code)))
