"""What a fiche says: of a quartier of squares, computed in the head, and of one without outline."""

from __future__ import annotations

import io
import re

import docx
import pandas as pd
import pytest
from pypdf import PdfReader
from reports.reading import blocks, cells, everything, headings, lines, only, plain
from reports.small_territory import (
    ACTIONS,
    EQUIPMENT,
    LANDE,
    PRIORITES,
    TABLES,
    TWO_QUARTIERS,
    WHOLE,
    at,
    rows,
    write_grid,
)

import cdv_geo
from cdv_geo.errors import DataError, NameResolutionError
from cdv_geo.reports import texts
from cdv_geo.reports.document import Bars, Items, KeyFigures, Picture, Table, Text
from cdv_geo.reports.fiche import fiche
from cdv_geo.reports.rendering import SUFFIXES, render
from cdv_geo.reports.survey import Survey

from squares import perimeters, square


@pytest.fixture
def survey_of(make_territory):
    """Make the survey of a territory of squares, with a grid where asked."""

    def make(table=TWO_QUARTIERS, *, with_grid=True, generation=None, **tables):
        folder = make_territory(table, **tables)
        description = folder / "territory.toml"
        text = description.read_text(encoding="utf-8")
        text = text.replace('"rue" = 50', '"rue" = 50\n"ville" = 2000')
        text = text.replace("[indicators]", '[indicators]\npopulation = ["pop_q", "pop_c"]')
        if with_grid:
            write_grid(folder)
            text += '\n[population]\npath = "grid.tif"\nsource = "à la main"\n'
        description.write_text(text, encoding="utf-8")
        return Survey(cdv_geo.load_territory(folder), generation=generation)

    return make


_MADE = []


@pytest.fixture
def survey(survey_of):
    """The survey of all the tables, made once: no question changes it."""
    if not _MADE:
        _MADE.append(survey_of(**TABLES))
    return _MADE[0]


# A quartier with an outline.


def test_identity_says_what_it_is(survey):
    document = fiche(survey, WHOLE)
    assert document.title == "Les Prés - Le Port"
    assert document.subtitle == "QPV · Q1 · génération 2024 · Aval"
    assert cells(only(document, texts.IDENTITY, Table)) == [
        ("Code", "Q1"),
        ("Type", "QPV"),
        ("Génération", "2024"),
        ("Commune", "Aval"),
        ("Noms d’usage", "Les Prés (partie), Le Port (partie)"),
        ("Surface", "16,0 ha"),
        ("Contour", "contour officiel"),
        ("Source", "tracé à la main"),
    ]


def test_key_figures_begin_with_the_published_population(survey):
    figures = only(fiche(survey, WHOLE), texts.KEY_FIGURES, KeyFigures).figures
    assert [(plain(f.value), plain(f.note)) for f in figures] == [
        ("500", "2020"),
        ("400", "estimation : 80,0 % de la population publiée"),
        ("15 000 €", "estimation, dont 25,0 % d’habitants de carreaux imputés"),
        ("43,0 %", "2020 ; + 1,5 point par rapport à la commune (2016)"),
    ]
    assert figures[0].label == "habitants (population publiée)"


def test_gaps_are_told_where_definitions_agree_and_refused_elsewhere(survey):
    table = only(fiche(survey, WHOLE), texts.FIGURES, Table)
    assert cells(table) == [
        (
            "Population",
            "500 habitants",
            "2020",
            "5 000 habitants",
            "2021",
            "10,0 % de la commune, 5,0 % des 2 communes",
        ),
        ("Taux de pauvreté", "43,0 %", "2020", "41,5 %", "2016", "+ 1,5 point"),
        ("Allocataires", "secret ou absent", "2020", "–", "–", "non comparable"),
    ]
    assert plain(table.caption) == "Source : recensement ; Filosofi ; CAF."


def test_nearest_places_and_the_residents_near_them(survey):
    document = fiche(survey, WHOLE)
    # From the centres of the four cells: school 0, 200, 200, 283 m; station 290, 352, 490, 529 m;
    # post office 130, 164, 335, 335 m, which may be off by 50 m: no share is measured less.
    assert cells(only(document, texts.EQUIPMENT, Table)) == [
        ("École", "École du Port", "dans le contour", "200 m", "100 %", "100 %"),
        ("Poste", "Poste", "20 m (indéterminé)", "156 m", "50 %", "100 %"),
        ("Gare", "Gare d’Aval", "190 m", "352 m", "25 %", "75 %"),
    ]
    (note,) = [plain(b.text) for b in blocks(document, texts.EQUIPMENT) if isinstance(b, Text)]
    assert note == "Indéterminé, faute d’équipement ouvert et localisé : collège, piscine, salle."


def test_a_place_less_than_half_a_metre_outside_is_not_said_to_be_inside(survey_of):
    near = rows(
        "id nom type longitude latitude precision_position statut source",
        ("e", "Kiosque", "kiosque", *at(600, 800.3), "exacte", "ouvert", "s"),
    )
    table = only(fiche(survey_of(equipment=near), WHOLE), texts.EQUIPMENT, Table)
    assert cells(table)[0][2] == "1 m"


def test_what_names_the_quartier_is_listed_with_what_is_wanting(survey):
    assert lines(fiche(survey, WHOLE), texts.NAMED_EQUIPMENT) == [
        "Maison du Port (salle, sans position)"
    ]
    assert lines(fiche(survey, LANDE), texts.NAMED_EQUIPMENT) == [
        "Salle de la Lande (salle, fermé, sans position)"
    ]


def test_actions_are_counted_by_basis_and_by_objectif(survey):
    document = fiche(survey, WHOLE)
    (said,) = [plain(b.text) for b in blocks(document, texts.ACTIONS) if isinstance(b, Text)]
    assert said == (
        "6 actions l’atteignent : 3 déclarées pour le quartier, 1 déclarées plus largement, "
        "1 situées dedans, 1 situées à proximité. 5 actions dont le lieu est inconnu : dedans ou "
        "à proximité, c’est indéterminé."
    )
    chart = only(document, texts.ACTIONS, Bars)
    assert [(plain(bar.label), bar.parts, bar.text) for bar in chart.bars] == [
        ("1. Bien vivre", (2.0, 1.0, 0.0, 0.0), "2 + 1 + 0 + 0"),
        ("2. Travailler", (2.0, 0.0, 0.0, 1.0), "2 + 0 + 0 + 1"),
        ("Objectif non renseigné", (0.0, 0.0, 1.0, 0.0), "0 + 0 + 1 + 0"),
    ]
    assert "1. Bien vivre : 2 + 1 + 0 + 0" in plain(chart.alternative)
    assert {
        block.heading: [plain(item) for item in block.items]
        for block in blocks(document, texts.ACTIONS)
        if isinstance(block, Items)
    } == {
        "Déclarées pour le quartier": [
            "Sport (obj. 1, 2)",
            "Jardins (obj. 1 ; 2021)",
            "Rénovation (obj. 2)",
        ],
        "Déclarées plus largement": ["Fête (obj. 1)"],
        "Situées dedans": ["Chantier (objectif non renseigné)"],
        "Situées à proximité": ["Atelier (obj. 2)"],
    }


def test_each_everyday_quartier_keeps_its_own_priorities(survey):
    document = fiche(survey, WHOLE)
    unknown = "indéterminé"
    # Rénovation names the whole QPV: it counts for both. Mobilité has no objectif.
    assert cells(only(document, f"{texts.PRIORITIES} : Les Prés", Table)) == [
        ("1", "Vivre ensemble", "1", "1"),
        ("2", "Mobilité", unknown, unknown),
        ("10", "Emploi", "1", "0"),
    ]
    assert cells(only(document, f"{texts.PRIORITIES} : Le Port", Table)) == [
        ("1", "Emploi", "2", "0"),
        ("2", "Vivre ensemble", "1", "1"),
    ]


def test_priorities_of_the_whole_count_what_names_a_part(survey_of):
    whole = PRIORITES[:1].assign(quartier="Les Prés - Le Port", theme="Emploi", rang=1)
    document = fiche(survey_of(**(TABLES | {"priorites": whole})), WHOLE)
    assert cells(only(document, texts.PRIORITIES, Table)) == [("1", "Emploi", "2", "0")]


def test_strengths_and_weaknesses_are_those_of_each_quartier(survey):
    document = fiche(survey, WHOLE)
    assert lines(document, "Constats : Les Prés") == ["Un grand parc"]
    assert lines(document, "Constats : Le Port") == ["Trop de bruit"]
    assert "Des voisins actifs" not in everything(document)


def test_evaluation_tells_years_and_reserves_and_nothing_of_other_places(survey):
    assert lines(fiche(survey, WHOLE), texts.EVALUATION) == [
        "Axes : 5, 2021 – réserve : page web",
        "Le Port – bancs posés : 1 234 bancs, année non précisée",
    ]


def test_what_is_missing_is_said(survey):
    assert lines(fiche(survey, WHOLE), texts.MISSING) == [
        "Les chiffres sont ceux du périmètre entier, non de Les Prés ni de Le Port en particulier.",
        # the swimming pool, the post office, and the hall without position
        (
            "3 équipements peuvent se trouver dans le quartier : position inconnue, trop "
            "imprécise, ou contour manquant. C’est indéterminé, non nul."
        ),
        "Montant non renseigné pour 6 des 6 actions qui l’atteignent.",
        "Année non précisée pour 5 des 6 actions qui l’atteignent.",
        "Secret statistique ou absence de chiffre : allocataires.",
    ]


def test_maps_are_said_in_words(survey):
    document = fiche(survey, WHOLE)
    zoom = plain(only(document, texts.ZOOM, Picture).alternative)
    assert "Carte de Les Prés - Le Port" in zoom
    listed = lines(document, texts.NUMBERED)
    assert f"{len(listed)} équipements numérotés" in zoom
    assert "3. École du Port (école), dans le contour" in listed
    position = plain(only(document, texts.POSITION, Picture).alternative)
    assert position.endswith("Les Prés - Le Port est dans Aval.")


def test_a_perimeter_in_two_communes_is_compared_with_both_or_not_at_all(survey_of):
    astride = TWO_QUARTIERS.copy()
    astride["communes"] = ["73001;73002", "73002"]
    document = fiche(survey_of(astride, **TABLES), WHOLE)
    table = cells(only(document, texts.FIGURES, Table))
    assert [(row[0], row[3], row[5]) for row in table] == [
        ("Population", "10 000 habitants", "5,0 % de ses 2 communes"),
        ("Allocataires", "–", "non comparable"),
        ("Taux de pauvreté", "–", "non comparable"),
    ]
    assert ("Communes", "Aval, Amont") in cells(only(document, texts.IDENTITY, Table))
    assert len(only(document, texts.KEY_FIGURES, KeyFigures).figures) == 3


def test_lists_that_are_too_long_say_what_they_leave_out(survey_of):
    many = pd.concat([ACTIONS[:1]] * 27, ignore_index=True).assign(
        id=[f"a{n}" for n in range(27)], intitule=[f"Action {n:02}" for n in range(27)]
    )
    types = pd.concat([EQUIPMENT[:1]] * 16, ignore_index=True).assign(
        id=[f"e{n}" for n in range(16)], type=[f"type {n:02}" for n in range(16)]
    )
    document = fiche(survey_of(**(TABLES | {"actions": many, "equipment": types})), WHOLE)
    listed = lines(document, texts.ACTIONS)
    assert len(listed) == 25
    assert listed[23:] == ["Action 23 (obj. 1 ; 2021)", "et 3 autres, dans le classeur"]
    assert len(only(document, texts.EQUIPMENT, Table).rows) == 14
    (note,) = [plain(b.text) for b in blocks(document, texts.EQUIPMENT) if isinstance(b, Text)]
    assert note == "Plus loin, dans le classeur : type 14, type 15."


def test_a_name_that_two_quartiers_bear_is_undetermined_for_both(survey_of):
    twins = perimeters(
        {"code": "Q1", "nom": "Le Haut", "geometry": square(400, 400, 400)},
        {"code": "Q2", "nom": "Le Bas", "communes": "73002", "geometry": square(2400, 400, 400)},
    )
    tables = {
        "quartiers": rows(
            "quartier code generation relation",
            ("Les Tilleuls", "Q1", 2024, "partie"),
            ("Les Tilleuls", "Q2", 2024, "partie"),
        ),
        "equipment": EQUIPMENT[4:5].assign(quartier_cite="Les Tilleuls"),
        "actions": ACTIONS[:1].assign(territoires_cites="Les Tilleuls"),
    }
    survey = survey_of(twins, **tables)
    for code in ("Q1", "Q2"):
        document = fiche(survey, code)
        assert lines(document, texts.NAMED_EQUIPMENT) == [
            "Maison du Port (salle, nom ambigu : indéterminé, sans position)"
        ]
        said = (
            "1 action cite un nom inconnu, ou que portent plusieurs quartiers : si c’est celui-ci, "
            "c’est indéterminé."
        )
        assert said in lines(document, texts.MISSING)
        assert "0 action l’atteint." in everything(document)


def test_few_are_not_none_and_nearly_all_are_not_all():
    shares = (0.0, 0.004, 0.006, 0.5, 0.994, 0.997, 1.0, float("nan"))
    assert [plain(texts.whole_share(share)) for share in shares] == [
        "0 %",
        "< 1 %",
        "1 %",
        "50 %",
        "99 %",
        "> 99 %",
        "100 %",
        "n. d.",
    ]


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (25.0, "+ 25,0 points"),
        (-3.4, "− 3,4 points"),
        (1.94, "+ 1,9 point"),
        (1.96, "+ 2,0 points"),
        (-0.04, "+ 0,0 point"),
    ],
)
def test_a_gap_bears_its_sign_and_its_number(gap, said):
    assert plain(texts.gap_said("part", gap)) == said


# A quartier without an outline, and a territory without tables.


def test_a_quartier_without_outline_says_what_it_cannot_say(survey):
    document = fiche(survey, LANDE)
    assert document.subtitle == "Veille active · V1 · Amont"
    identity = dict(cells(only(document, texts.IDENTITY, Table)))
    assert identity["Surface"] == "n. d."
    assert identity["Contour"] == "sans contour"
    assert identity["Liste"] == "n. d."  # the territory names none
    assert identity["Noms d’usage"] == "La Lande"
    unknowable = lines(document, texts.UNKNOWABLE)
    assert any("sans contour, rien n’est mesuré" in line for line in unknowable)
    assert any(line.startswith("Écart à la commune : aucun indicateur") for line in unknowable)
    assert any(line.startswith("Priorités : les documents ne classent") for line in unknowable)
    assert lines(document, "Constats : Veille active") == ["Des voisins actifs"]
    assert {texts.KEY_FIGURES, texts.ZOOM, texts.EQUIPMENT} & set(headings(document)) == set()
    assert cells(only(document, texts.COMMUNE_FIGURES, Table)) == [
        ("Population", "Amont", "5 000 habitants", "2021"),
        ("Taux de pauvreté", "Amont", "secret ou absent", "2016"),
    ]
    position = plain(only(document, texts.POSITION, Picture).alternative)
    assert position.endswith("est quelque part dans Amont ; sa place exacte est inconnue.")


def test_a_quartier_without_outline_has_no_zero_that_nobody_counted(survey):
    text = everything(fiche(survey, LANDE))
    assert re.findall(r"(?<![\d ])0 (?:ha|habitant|m|équipement|€|%)", text) == []


def test_bare_outlines_give_an_honest_fiche(survey_of):
    survey = survey_of(with_grid=False)
    document = fiche(survey, WHOLE)
    figures = only(document, texts.KEY_FIGURES, KeyFigures).figures
    assert [plain(f.value) for f in figures] == ["n. d."] * 3
    assert figures[1].note == texts.NOT_COVERED
    assert lines(document, texts.MISSING) == [texts.NO_CELLS, texts.NO_FIGURES, texts.NOT_TOLD]
    assert lines(document, texts.NUMBERED) == ["Aucun équipement connu et localisé."]
    assert "0 équipement numéroté," in plain(only(document, texts.ZOOM, Picture).alternative)
    bare = fiche(survey, LANDE)
    assert texts.NO_FIGURES in lines(bare, texts.UNKNOWABLE)
    assert texts.COMMUNE_FIGURES not in headings(bare)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("code", [WHOLE, LANDE])
def test_bare_outlines_can_be_set(survey_of, code, suffix):
    content = render(fiche(survey_of(with_grid=False), code), suffix)
    assert content.startswith({".pdf": b"%PDF", ".docx": b"PK"}[suffix])


def test_a_grid_that_ends_inside_the_quartier_gives_no_estimate(survey_of):
    table = TWO_QUARTIERS.copy()
    table.geometry = [square(-100, 400, 400), None]
    figures = only(fiche(survey_of(table, **TABLES), WHOLE), texts.KEY_FIGURES, KeyFigures).figures
    assert [plain(f.value) for f in figures[:3]] == ["500", "n. d.", "n. d."]
    assert figures[1].note == texts.NOT_COVERED


def test_no_heading_stands_over_nothing(survey):
    for code in survey.codes():
        assert all(section.blocks for section in fiche(survey, code).sections)


# Whatever stands in the tables is text.

MARKUP = '#read("/etc/passwd") $x$ *a* `r` @l <lab> ] \\u{41} //c http://x.y'
SHORT_MARKUP = " #t $u$ *v*"  # the legend of a map has little room
TEXTS = {
    "quartiers": ("quartier",),
    "equipment": ("nom",),
    "actions": ("intitule", "annee"),
    "priorites": ("theme", "auteur"),
    "themes": ("theme",),
    "objectifs": ("titre",),
    "constats": ("constat",),
    "key_figures": ("chiffre", "unite", "periode", "reserve"),
    "indicators": ("libelle", "source"),
}


@pytest.fixture
def hostile(survey_of):
    """The survey of a territory whose every text ends in markup."""

    def marked(cells):
        return [f"{cell} {MARKUP}" if isinstance(cell, str) else cell for cell in cells]

    tables = dict(TABLES)
    for name, columns in TEXTS.items():
        tables[name] = tables[name].assign(**{c: marked(tables[name][c]) for c in columns})
    for name, column in (("priorites", "quartier"), ("constats", "territoire")):
        tables[name] = tables[name].assign(**{column: marked(tables[name][column])})
    kinds = tables["equipment"]["type"] + SHORT_MARKUP
    tables["equipment"] = tables["equipment"].assign(type=kinds)
    named = TWO_QUARTIERS.assign(
        nom=marked(TWO_QUARTIERS["nom"]), source=marked(TWO_QUARTIERS["source"])
    )
    return survey_of(named, **tables)


def squeezed(text):
    return "".join(text.split())


def test_markup_in_any_table_is_set_as_text(hostile):
    document = fiche(hostile, WHOLE)
    pages = PdfReader(io.BytesIO(render(document, ".pdf"))).pages
    shown = squeezed("".join(page.extract_text() for page in pages))
    word = docx.Document(io.BytesIO(render(document, ".docx")))
    written = squeezed("".join(text for text in word.element.body.itertext()))
    # The alternatives of figures are not on the page.
    unseen = (*only(document, texts.ACTIONS, Bars).alternative,)
    wanted = squeezed(everything(document)).count(squeezed(MARKUP))
    hidden = squeezed("".join(unseen)).count(squeezed(MARKUP)) + 2  # and those of two maps
    assert wanted > 40
    assert shown.count(squeezed(MARKUP)) >= wanted - hidden
    assert written.count(squeezed(MARKUP)) >= wanted - hidden - 1  # the title is a property too
    assert squeezed(f"Gare{SHORT_MARKUP}") in shown
    assert "root:" not in shown
    assert "/Annots" not in "".join(map(str, (page.keys() for page in pages)))


# Names of perimeters.


def test_a_perimeter_is_found_by_code_and_by_everyday_name(survey):
    assert [survey.code_of(name) for name in ("Q1", "le port", "La Lande")] == ["Q1", "Q1", "V1"]


def test_a_commune_is_no_perimeter(survey):
    with pytest.raises(NameResolutionError, match=r"“Amont” stands for .*73002.*one perimeter"):
        survey.code_of("Amont")


def test_files_are_named_by_codes_and_never_share_a_name(survey_of):
    odd = perimeters(
        {"code": "Q/1", "geometry": square(400, 400, 400)},
        {"code": "Q?1", "geometry": square(1000, 400, 400)},
    )
    with pytest.raises(DataError, match="one name"):
        survey_of(odd).file_names()
    assert survey_of().file_names() == {"fiche-Q1": "Q1", "fiche-V1": "V1"}
