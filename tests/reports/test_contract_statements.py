"""What the documents say of a quartier, by whatever name they call it."""

from __future__ import annotations

from reports.document_reading import cells, everything, lines, notes, only, plain
from reports.small_territory import (
    ACTIONS,
    CONSTATS,
    EQUIPMENT,
    KEY_FIGURES,
    LANDE,
    PRIORITES,
    QUARTIERS,
    TABLES,
    THEMES,
    WHOLE,
    rows,
)

from cdv_geo.french import fiche_texts
from cdv_geo.reports.contract_statements import evaluation, priorities
from cdv_geo.reports.document import Document, Table
from cdv_geo.reports.fiche import fiche

from squares import perimeters, square


def priorities_in(study, code=WHOLE):
    """The priorities alone; other tests show that they stand in the fiche."""
    return Document("", "", tuple(priorities(study, code)))


def test_each_everyday_quartier_keeps_its_own_priorities(study):
    document = fiche(study, WHOLE)
    unknown = "indéterminé"
    # Rénovation names the whole QPV: it counts for both. Mobilité has no objectif.
    table = only(document, f"{fiche_texts.PRIORITIES} : Les Prés", Table)
    assert table.headers[2:] == ("Objectif", "Pour lui", "Plus large")
    assert plain(table.caption) == "Classement : direction. Source : à la main."
    assert cells(table) == [
        ("1", "Vivre ensemble", "1", "1", "1"),
        ("2", "Mobilité", "–", unknown, unknown),
        ("10", "Emploi", "2", "1", "0"),
    ]
    assert cells(only(document, f"{fiche_texts.PRIORITIES} : Le Port", Table)) == [
        ("1", "Emploi", "2", "2", "0"),
        ("2", "Vivre ensemble", "1", "1", "1"),
    ]


def test_priorities_of_the_whole_count_what_names_a_part(study_of):
    whole = PRIORITES[:1].assign(quartier="Les Prés - Le Port", theme="Emploi", rang=1)
    document = priorities_in(study_of(**(TABLES | {"priorites": whole})))
    assert cells(only(document, fiche_texts.PRIORITIES, Table)) == [("1", "Emploi", "2", "2", "0")]


def test_a_theme_of_two_objectifs_counts_an_action_of_both_once(study_of):
    themes = THEMES.assign(objectif=["1", "2;1"])
    document = priorities_in(study_of(**(TABLES | {"themes": themes})))
    # Les Prés: Jardins (1) and Rénovation (2). Le Port: Sport (1 and 2) and Rénovation.
    les_pres, le_port = (
        cells(only(document, f"{fiche_texts.PRIORITIES} : {name}", Table))
        for name in ("Les Prés", "Le Port")
    )
    assert les_pres[2] == ("10", "Emploi", "1, 2", "2", "1")
    assert le_port[0] == ("1", "Emploi", "1, 2", "2", "1")


def test_rankings_of_two_authors_stay_two_tables(study_of):
    ranked = PRIORITES[:3].assign(auteur=["direction", "habitants", "direction"])
    document = priorities_in(study_of(**(TABLES | {"priorites": ranked})))
    found = [
        (plain(section.heading), plain(block.caption), [row[:2] for row in cells(block)])
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Table) and section.heading.startswith(fiche_texts.PRIORITIES)
    ]
    heading = f"{fiche_texts.PRIORITIES} : Les Prés"
    assert found == [
        (
            heading,
            "Classement : direction. Source : à la main.",
            [("2", "Mobilité"), ("10", "Emploi")],
        ),
        (heading, "Classement : habitants. Source : à la main.", [("1", "Vivre ensemble")]),
    ]


def test_what_is_told_under_another_spelling_is_found(study_of):
    spelt = {
        "quartiers": QUARTIERS.assign(graphies=["Prés-Fleuris", None, None]),
        "constats": CONSTATS[:1].assign(territoire="prés fleuris"),
        "key_figures": KEY_FIGURES[1:2].assign(territoire="PRES FLEURIS"),
        "priorites": PRIORITES[1:2].assign(quartier="Prés-Fleuris"),
    }
    study = study_of(**(TABLES | spelt))
    document = fiche(study, WHOLE)
    assert lines(document, "Constats : prés fleuris") == ["Un grand parc"]
    assert lines(document, fiche_texts.EVALUATION) == [
        "PRES FLEURIS – bancs posés : 1 234 bancs (année non précisée)"
    ]
    # Jardins cites Les Prés, which is the same quartier.
    assert cells(only(document, f"{fiche_texts.PRIORITIES} : Prés-Fleuris", Table)) == [
        ("1", "Vivre ensemble", "1", "1", "1")
    ]
    assert "plusieurs quartiers" not in everything(document)
    assert "Un grand parc" not in everything(fiche(study, LANDE))


def test_priorities_under_the_code_are_those_of_the_whole(study_of):
    coded = PRIORITES[1:2].assign(quartier=WHOLE)
    document = priorities_in(study_of(**(TABLES | {"priorites": coded})))
    # Jardins cites one part, Sport the other.
    assert cells(only(document, fiche_texts.PRIORITIES, Table)) == [
        ("1", "Vivre ensemble", "1", "2", "1")
    ]


def test_strengths_and_weaknesses_are_those_of_each_quartier(study):
    document = fiche(study, WHOLE)
    assert lines(document, "Constats : Les Prés") == ["Un grand parc"]
    assert lines(document, "Constats : Le Port") == ["Trop de bruit"]
    assert "Des voisins actifs" not in everything(document)


def test_evaluation_tells_years_and_reserves_and_nothing_of_other_places(study):
    assert lines(fiche(study, WHOLE), fiche_texts.EVALUATION) == [
        "Axes : 5 (2021) ; réserve : page web",
        "Le Port – bancs posés : 1 234 bancs (année non précisée)",
    ]


def test_a_key_figure_that_is_a_least_one_says_so(study_of):
    least = KEY_FIGURES[1:2].assign(unite="bancs (plus de)")
    told = evaluation(study_of(**(TABLES | {"key_figures": least})), WHOLE)
    assert list(map(plain, told.items)) == [
        "Le Port – bancs posés : plus de 1 234 bancs (année non précisée)"
    ]


def test_a_name_that_two_quartiers_bear_is_undetermined_for_both(study_of):
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
        "constats": CONSTATS[:1].assign(territoire="Les Tilleuls"),
        "key_figures": KEY_FIGURES[1:2].assign(territoire="Les Tilleuls"),
        "priorites": PRIORITES[1:2].assign(quartier="Les Tilleuls"),
        "themes": THEMES,
    }
    ambiguous = "« Les Tilleuls » peut désigner plusieurs quartiers : indéterminé."
    study = study_of(twins, **tables)
    for code in ("Q1", "Q2"):
        document = fiche(study, code)
        assert lines(document, fiche_texts.NAMED_EQUIPMENT) == [
            "Maison du Port (salle, nom ambigu : indéterminé, sans position)"
        ]
        said = (
            "1 action cite un nom inconnu, ou que portent plusieurs quartiers : si c’est celui-ci, "
            "c’est indéterminé."
        )
        assert said in lines(document, fiche_texts.MISSING)
        assert notes(document, fiche_texts.ACTIONS)[0] == (
            "1 action l’atteint peut-être : 1 déclarée pour le quartier peut-être. La seule action "
            "recensée n’est pas localisée : si elle se déroule dans le quartier ou à proximité est "
            "indéterminé."
        )
        assert "0 action l’atteint" not in everything(document)
        assert notes(document, f"{fiche_texts.PRIORITIES} : Les Tilleuls")[0] == ambiguous
        assert notes(document, "Constats : Les Tilleuls") == [ambiguous, "Source : s."]
        assert lines(document, "Constats : Les Tilleuls") == ["Un grand parc"]
        assert lines(document, fiche_texts.EVALUATION) == [
            "Les Tilleuls – bancs posés : 1 234 bancs (année non précisée)",
            ambiguous,
        ]
        # The one action that bears the objectif may be meant for the other quartier.
        assert cells(only(document, f"{fiche_texts.PRIORITIES} : Les Tilleuls", Table)) == [
            ("1", "Vivre ensemble", "1", "1 peut-être", "0")
        ]


def test_one_action_that_serves_for_certain_is_counted_and_another_may_come_on_top(study_of):
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
        "actions": ACTIONS[:2].assign(territoires_cites=["Les Tilleuls", "Le Haut"]),
        "priorites": PRIORITES[1:3].assign(quartier=["Le Haut", "Le Bas"], theme="Vivre ensemble"),
        "themes": THEMES,
    }
    study = study_of(twins, **tables)
    counts = [
        cells(only(priorities_in(study, c), fiche_texts.PRIORITIES, Table))[0][3]
        for c in ("Q1", "Q2")
    ]
    assert counts == ["1, et 1 peut-être", "1 peut-être"]
