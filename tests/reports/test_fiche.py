"""What a fiche says: of a quartier of squares, computed in the head, and of one without outline."""

from __future__ import annotations

import io
import re

import docx
import pandas as pd
import pytest
from pypdf import PdfReader
from reports.document_reading import blocks, cells, everything, headings, lines, notes, only, plain
from reports.small_territory import (
    ACTIONS,
    EQUIPMENT,
    LANDE,
    TABLES,
    TWO_QUARTIERS,
    WHOLE,
    at,
    rows,
)

from cdv_geo.analysis.counting import Count
from cdv_geo.errors import NameResolutionError
from cdv_geo.french import fiche_texts
from cdv_geo.french.table_labels import ACTIONS_BY_BASIS, TABLE_NAMES
from cdv_geo.reports import fiche_maps
from cdv_geo.reports.document import Bars, Items, KeyFigures, Picture, Table
from cdv_geo.reports.document_formats import SUFFIXES, render_document
from cdv_geo.reports.fiche import fiche

# A quartier with an outline.


def test_identity_says_what_it_is(study):
    document = fiche(study, WHOLE)
    assert document.title == "Les Prés - Le Port"
    assert document.subtitle == "QPV · Q1 · génération 2024 · Aval"
    assert cells(only(document, fiche_texts.IDENTITY, Table)) == [
        ("Code", "Q1"),
        ("Type", "QPV"),
        ("Génération", "2024"),
        ("Commune", "Aval"),
        (
            "Noms d’usage",
            "Les Prés (une partie du périmètre), Le Port (une partie du périmètre)",
        ),
        ("Surface", "16,0 ha"),
        ("Contour", "contour officiel"),
        ("Source", "tracé à la main"),
    ]
    assert plain(document.footer) == "Contrat de ville des Carrés – édition : janvier 2026"


def test_everyday_names_say_how_each_differs_from_the_perimeter():
    names = [("Le Haut", "entier"), ("Biollay", "partie"), ("Mérande", "majeure partie")]
    assert fiche_texts.everyday_names(names) == (
        "Le Haut, Biollay (une partie du périmètre), Mérande (en majeure partie)"
    )


def test_nearest_places_and_the_residents_near_them(study):
    document = fiche(study, WHOLE)
    # From the centres of the four cells: school 0, 200, 200, 283 m; station 290, 352, 490, 529 m;
    # post office 130, 164, 335, 335 m, which may be off by 50 m: no share is measured less.
    assert cells(only(document, fiche_texts.EQUIPMENT, Table)) == [
        ("École", "École du Port", "dans le contour", "200 m", "100 %", "100 %"),
        ("Poste", "Poste", "20 m (indéterminé)", "156 m", "50 %", "100 %"),
        ("Gare", "Gare d’Aval", "190 m", "352 m", "25 %", "75 %"),
    ]
    assert notes(document, fiche_texts.EQUIPMENT) == [
        "Indéterminé, faute d’équipement ouvert et localisé d’assez près : collège, piscine, salle."
    ]


def test_a_nearest_place_is_marked_where_any_of_its_links_is_undetermined(study_of):
    said = {
        40: "40 m (indéterminé)",  # perhaps inside: it may be off by 50 m
        100: "100 m",  # outside and within 300 m, wherever it is
        290: "290 m (indéterminé)",  # perhaps farther than 300 m
        520: "520 m (indéterminé)",
        560: "560 m",
    }
    header = "id nom type longitude latitude precision_position statut source"
    places = (
        (f"e{m}", f"Place {m}", f"type {m}", *at(800 + m, 600), "rue", "ouvert", "s") for m in said
    )
    document = fiche(study_of(equipment=rows(header, *places)), WHOLE)
    table = only(document, fiche_texts.EQUIPMENT, Table)
    shown = {name: distance for _, name, distance, *_ in cells(table)}
    assert shown == {f"Place {metres}": distance for metres, distance in said.items()}


def test_a_place_less_than_half_a_metre_outside_is_not_said_to_be_inside(study_of):
    near = rows(
        "id nom type longitude latitude precision_position statut source",
        ("e", "Kiosque", "kiosque", *at(600, 800.3), "exacte", "ouvert", "s"),
    )
    table = only(fiche(study_of(equipment=near), WHOLE), fiche_texts.EQUIPMENT, Table)
    assert cells(table)[0][2] == "1 m"


def test_what_names_the_quartier_is_listed_with_what_is_wanting(study):
    assert lines(fiche(study, WHOLE), fiche_texts.NAMED_EQUIPMENT) == [
        "Maison du Port (salle, sans position)"
    ]
    assert lines(fiche(study, LANDE), fiche_texts.NAMED_EQUIPMENT) == [
        "Salle de la Lande (salle, fermé, sans position)"
    ]


def test_actions_are_counted_by_basis_and_by_objectif(study):
    document = fiche(study, WHOLE)
    assert notes(document, fiche_texts.ACTIONS) == [
        (
            "6 actions l’atteignent : 3 déclarées pour le quartier ; 1 déclarée plus largement ; "
            "1 située dedans, et 5 peut-être ; 1 située à proximité. 5 des 7 actions recensées ne "
            "sont pas localisées : lesquelles se déroulent dans le quartier ou à proximité est "
            "indéterminé."
        ),
        (
            "Déclarées par quartier d’usage : Les Prés, 2 actions ; Le Port, 2 actions. Ce qui "
            "nomme tout le périmètre compte pour chacun."
        ),
        "Source : à la main.",
    ]
    chart = only(document, fiche_texts.ACTIONS, Bars)
    assert chart.series == tuple(ACTIONS_BY_BASIS.values())
    assert [(plain(bar.label), bar.parts, bar.text) for bar in chart.bars] == [
        ("1. Bien vivre", (2.0, 1.0, 0.0, 0.0), "2 + 1 + 0 + 0"),
        ("2. Travailler", (2.0, 0.0, 0.0, 1.0), "2 + 0 + 0 + 1"),
        ("Objectif non renseigné", (0.0, 0.0, 1.0, 0.0), "0 + 0 + 1 + 0"),
    ]
    assert "1. Bien vivre : 2 + 1 + 0 + 0" in plain(chart.alternative)
    assert {
        block.heading: [plain(item) for item in block.items]
        for block in blocks(document, fiche_texts.ACTIONS)
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


def test_a_chart_has_both_declared_series_though_one_is_empty(study_of):
    chart = only(fiche(study_of(actions=ACTIONS[2:3]), WHOLE), fiche_texts.ACTIONS, Bars)
    assert chart.series == ("déclarées pour le quartier", "déclarées plus largement")
    assert [(bar.parts, bar.text) for bar in chart.bars] == [((1.0, 0.0), "1 + 0")]


@pytest.mark.parametrize(
    ("unplaced", "known", "said"),
    [
        (0, 7, ""),
        (1, 1234, " 1 des 1 234 actions recensées n’est pas localisée : si elle se déroule"),
        (2, 3, " 2 des 3 actions recensées ne sont pas localisées : lesquelles se déroulent"),
        (3, 3, " Aucune des 3 actions recensées n’est localisée : lesquelles se déroulent"),
        (1, 1, " La seule action recensée n’est pas localisée : si elle se déroule"),
    ],
)
def test_actions_without_a_place_are_told_of_all_that_are_known(unplaced, known, said):
    end = " dans le quartier ou à proximité est indéterminé." if unplaced else ""
    text = plain(
        fiche_texts.reaching_actions_said(Count(2), {"inside": Count(2)}, unplaced, Count(known))
    )
    assert text == f"2 actions l’atteignent : 2 situées dedans.{said}{end}"


def test_what_is_missing_is_said(study):
    assert lines(fiche(study, WHOLE), fiche_texts.MISSING) == [
        (
            "Les chiffres sont ceux du périmètre ; ils ne valent pas pour un quartier d’usage à "
            "lui seul : Les Prés, Le Port."
        ),
        # the swimming pool, the post office, and the hall without position
        (
            "Pour 3 équipements, on ne sait pas si le quartier les contient : position inconnue "
            "ou trop imprécise, ou contour manquant."
        ),
        "Montant non renseigné pour les 6 actions qui l’atteignent.",
        "Année non précisée pour 5 des 6 actions qui l’atteignent.",
        "Secret statistique ou absence de chiffre : allocataires.",
    ]


def test_maps_are_said_in_words(study):
    document = fiche(study, WHOLE)
    zoom = plain(only(document, fiche_texts.ZOOM, Picture).alternative)
    assert "Carte de Les Prés - Le Port" in zoom
    listed = lines(document, fiche_texts.NUMBERED)
    assert f"{len(listed)} équipements numérotés" in zoom
    assert "3. École du Port (école), dans le contour" in listed
    position = plain(only(document, fiche_texts.POSITION, Picture).alternative)
    assert position.endswith("Les Prés - Le Port est dans Aval.")


def test_lists_that_are_too_long_say_what_they_leave_out(study_of):
    many = pd.concat([ACTIONS[:1]] * 27, ignore_index=True).assign(
        id=[f"a{n}" for n in range(27)], intitule=[f"Action {n:02}" for n in range(27)]
    )
    types = pd.concat([EQUIPMENT[:1]] * 16, ignore_index=True).assign(
        id=[f"e{n}" for n in range(16)], type=[f"type {n:02}" for n in range(16)]
    )
    document = fiche(study_of(**(TABLES | {"actions": many, "equipment": types})), WHOLE)
    listed = lines(document, fiche_texts.ACTIONS)
    assert len(listed) == 25
    assert listed[23:] == ["Action 23 (obj. 1 ; 2021)", "et 3 autres, dans le classeur"]
    assert len(only(document, fiche_texts.EQUIPMENT, Table).rows) == 14
    assert notes(document, fiche_texts.EQUIPMENT) == [
        "Plus loin, dans le classeur : type 14, type 15."
    ]


def test_few_are_not_none_and_nearly_all_are_not_all():
    shares = (0.0, 0.004, 0.006, 0.5, 0.994, 0.997, 1.0, float("nan"))
    assert [plain(fiche_texts.whole_share(share)) for share in shares] == [
        "0 %",
        "< 1 %",
        "1 %",
        "50 %",
        "99 %",
        "> 99 %",
        "100 %",
        "n. d.",
    ]


# A quartier without an outline, and a territory without tables.


def test_a_quartier_without_outline_says_what_it_cannot_say(study):
    document = fiche(study, LANDE)
    assert document.subtitle == "Veille active · V1 · Amont"
    identity = dict(cells(only(document, fiche_texts.IDENTITY, Table)))
    assert identity["Surface"] == "n. d."
    assert identity["Contour"] == "sans contour"
    assert identity["Liste"] == "n. d."  # the territory names none
    assert identity["Noms d’usage"] == "La Lande"
    unknowable = lines(document, fiche_texts.UNKNOWABLE)
    assert any("sans contour, rien n’est mesuré" in line for line in unknowable)
    assert any(line.startswith("Écart à la commune : aucun indicateur") for line in unknowable)
    assert fiche_texts.NO_PRIORITIES in unknowable
    assert lines(document, "Constats : Veille active") == ["Des voisins actifs"]
    absent = {
        TABLE_NAMES["key_figures"],
        fiche_texts.ZOOM,
        fiche_texts.EQUIPMENT,
        fiche_texts.FIGURES,
    }
    assert absent & set(headings(document)) == set()
    table = only(document, fiche_texts.commune_figures_heading("Amont"), Table)
    assert table.headers == ("Indicateur", "Valeur", "Millésime")
    assert plain(table.caption) == "Source : recensement ; Filosofi communal."
    assert cells(table) == [
        ("Population", "5 000 habitants", "2021"),
        ("Taux de pauvreté", "secret ou absent", "2016"),
    ]
    position = plain(only(document, fiche_texts.POSITION, Picture).alternative)
    assert position.endswith("est quelque part dans Amont ; sa place exacte est inconnue.")


def test_a_qpv_without_outline_shows_what_is_published_of_it(study_of):
    table = TWO_QUARTIERS.assign(statut_geometrie="absente", communes=["73001;73002", "73002"])
    table.geometry = [None, None]
    document = fiche(study_of(table, **TABLES), WHOLE)
    (population,) = only(document, TABLE_NAMES["key_figures"], KeyFigures).figures
    assert (plain(population.value), plain(population.note)) == ("500", "2020 – recensement")
    assert cells(only(document, fiche_texts.FIGURES, Table))[0][:2] == (
        "Population",
        "500 habitants",
    )
    assert "Taux de pauvreté : 43,0 %" in lines(document, fiche_texts.FIGURES)
    assert fiche_texts.NO_FIGURES not in lines(document, fiche_texts.UNKNOWABLE)
    assert "Secret statistique ou absence de chiffre : allocataires." in lines(
        document, fiche_texts.UNKNOWABLE
    )
    # each commune on its own
    for commune, rate in (("Aval", "41,5 %"), ("Amont", "secret ou absent")):
        assert cells(only(document, fiche_texts.commune_figures_heading(commune), Table)) == [
            ("Population", "5 000 habitants", "2021"),
            ("Taux de pauvreté", rate, "2016"),
        ]


def test_a_quartier_without_outline_has_no_zero_that_nobody_counted(study):
    text = everything(fiche(study, LANDE))
    assert re.findall(r"(?<![\d ])0 (?:ha|habitant|m|équipement|€|%)", text) == []


def test_bare_outlines_give_an_honest_fiche(study_of):
    study = study_of(with_grid=False)
    document = fiche(study, WHOLE)
    figures = only(document, TABLE_NAMES["key_figures"], KeyFigures).figures
    assert [plain(f.value) for f in figures] == ["n. d."] * 3
    assert figures[1].note == fiche_texts.GRID_MISSING
    assert lines(document, fiche_texts.MISSING) == [
        plain(fiche_texts.NO_EQUIPMENT_TABLE),
        fiche_texts.NO_FIGURES,
        plain(fiche_texts.NO_GRID),
        fiche_texts.NOT_TOLD,
    ]
    assert lines(document, fiche_texts.NUMBERED) == ["Non renseigné"]
    assert "0 équipement numéroté," in plain(only(document, fiche_texts.ZOOM, Picture).alternative)
    assert notes(document, fiche_texts.ACTIONS) == [plain(fiche_texts.NO_ACTION_TABLE)]
    bare = fiche(study, LANDE)
    assert fiche_texts.NO_FIGURES in lines(bare, fiche_texts.UNKNOWABLE)
    assert fiche_texts.commune_figures_heading("Amont") not in headings(bare)
    assert TABLE_NAMES["key_figures"] not in headings(bare)
    assert notes(bare, fiche_texts.ACTIONS) == [plain(fiche_texts.NO_ACTION_TABLE)]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("code", [WHOLE, LANDE])
def test_bare_outlines_can_be_set(study_of, code, suffix):
    content = render_document(fiche(study_of(with_grid=False), code), suffix)
    assert content.startswith({".pdf": b"%PDF", ".docx": b"PK"}[suffix])


def test_no_heading_stands_over_nothing(study):
    for code in study.perimeters["code"]:
        assert all(section.blocks for section in fiche(study, code).sections)


# The two maps.


def test_the_position_map_names_the_communes_of_the_quartier_alone(study):
    grounds, others = fiche_maps.position(study, WHOLE).layers
    assert sorted(grounds.features["label"]) == ["", "Aval"]
    assert list(others.features["label"]) == ["Les Prés - Le Port"]
    (grounds, marked) = fiche_maps.position(study, LANDE).layers
    assert sorted(grounds.features["label"]) == ["", "Amont"]
    assert [plain(look.label) for look in marked.classes] == ["Sa commune : place exacte inconnue"]


@pytest.mark.parametrize(("status", "dashed"), [("officielle", False), ("simplifiee", True)])
def test_an_outline_that_is_not_official_is_dashed(study_of, status, dashed):
    table = TWO_QUARTIERS.assign(statut_geometrie=[status, "absente"])
    study = study_of(table)
    here = fiche_maps.position(study, WHOLE).layers[-1]
    assert [look.style.dashed for look in here.classes] == [dashed]
    caption = only(fiche(study, WHOLE), fiche_texts.POSITION, Picture).caption
    assert caption.endswith({True: "contour simplifié", False: "contour officiel"}[dashed])


def test_legends_of_the_maps_count_nothing_but_what_is_numbered(study):
    scenes = [fiche_maps.position(study, WHOLE), fiche_maps.zoom(study, WHOLE)]
    layers = [layer for scene in scenes for layer in scene.layers]
    named = [plain(c.label) for a in layers if a.label_role != "number" for c in a.classes]
    assert len(named) > 3
    assert [name for name in named if re.search(r"\(\d", name)] == []


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
def hostile(study_of):
    """The study of a territory whose every text ends in markup."""

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
    return study_of(named, **tables)


def squeezed(text):
    return "".join(text.split())


def test_markup_in_any_table_is_set_as_text(hostile):
    document = fiche(hostile, WHOLE)
    pages = PdfReader(io.BytesIO(render_document(document, ".pdf"))).pages
    shown = squeezed("".join(page.extract_text() for page in pages))
    word = docx.Document(io.BytesIO(render_document(document, ".docx")))
    written = squeezed("".join(text for text in word.element.body.itertext()))
    # The alternatives of figures are not on the page.
    unseen = (*only(document, fiche_texts.ACTIONS, Bars).alternative,)
    wanted = squeezed(everything(document)).count(squeezed(MARKUP))
    hidden = squeezed("".join(unseen)).count(squeezed(MARKUP)) + 2  # and those of two maps
    assert wanted > 40
    assert shown.count(squeezed(MARKUP)) >= wanted - hidden
    assert written.count(squeezed(MARKUP)) >= wanted - hidden - 1  # the title is a property too
    assert squeezed(f"Gare{SHORT_MARKUP}") in shown
    assert "root:" not in shown
    assert "/Annots" not in "".join(map(str, (page.keys() for page in pages)))


# Names of perimeters.


def test_a_perimeter_is_found_by_code_and_by_everyday_name(study):
    assert [study.code_of(name) for name in ("Q1", "le port", "La Lande")] == ["Q1", "Q1", "V1"]


def test_a_commune_is_no_perimeter(study):
    with pytest.raises(NameResolutionError, match=r"“Amont” stands for .*73002.*one perimeter"):
        study.code_of("Amont")
