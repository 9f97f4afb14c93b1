"""`cdv-geo fiche`: one fiche or all of them, and what is refused."""

from __future__ import annotations

import io
import zipfile
from unittest.mock import DEFAULT, Mock

import docx
import pandas as pd
import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from cdv_geo.cli.command_group import cli
from cdv_geo.cli.fiche import _ENDINGS
from cdv_geo.reports.document_formats import SUFFIXES

from squares import perimeters, square


@pytest.fixture
def folder(make_territory):
    """A territory of one QPV of each generation and a quartier in veille active."""
    return make_territory(
        perimeters(
            {"code": "QN1", "nom": "Le Haut", "geometry": square(400, 400, 400)},
            {
                "code": "QP1",
                "nom": "Le Haut",
                "generation": 2015,
                "geometry": square(400, 400, 300),
            },
            {
                "code": "QVA-lande",
                "nom": "La Lande",
                "type": "veille_active",
                "generation": 2015,
                "communes": "73002",
            },
        )
    )


def run(*arguments, code=0, territory=None):
    where = [] if territory is None else ["--territory", str(territory)]
    done = CliRunner().invoke(cli, [*where, "fiche", *map(str, arguments)])
    assert done.exit_code == code, done.output
    assert not done.exception or isinstance(done.exception, SystemExit)
    assert done.stdout == ""
    return done.stderr


def title_of(path):
    return PdfReader(path).pages[0].extract_text().splitlines()[0]


def subtitle_of(path):
    return PdfReader(path).pages[0].extract_text().splitlines()[1]


def test_the_command_and_the_library_know_the_same_endings():
    assert _ENDINGS == SUFFIXES


def test_help_shows_examples_and_the_list_of_commands_names_it():
    text = CliRunner().invoke(cli, ["fiche", "--help"]).stdout
    assert "Examples:" in text
    assert "[CODE|NAME]" in text
    assert "cdv-geo fiche --all -o fiches/" in text
    assert "fiche " in CliRunner().invoke(cli, ["--help"]).stdout


def test_a_fiche_is_written_by_code_and_by_name(folder, tmp_path):
    for name, path in (("QN1", tmp_path / "a.pdf"), ("le haut", tmp_path / "b.PDF")):
        said = run(name, "-o", path, territory=folder)
        assert f"Wrote {path}." in said
        assert title_of(path) == "Le Haut"
        assert ("le haut: QN1 “Le Haut”." in said) == (name != "QN1")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.PDF").read_bytes()


def test_an_everyday_name_gives_the_fiche_of_the_perimeter_that_holds_it(tmp_path):
    path = tmp_path / "bellevue.docx"
    said = run("Bellevue", "-o", path)
    assert "veille active (contrat 2015-2023" in said
    assert "Bellevue: QN07301M “Biollay - Bellevue”, which holds more than Bellevue." in said
    assert docx.Document(path).core_properties.title == "Biollay - Bellevue"


def test_the_ending_chooses_word(folder, tmp_path):
    path = tmp_path / "lande.docx"
    run("La Lande", "-o", path, territory=folder)
    assert zipfile.is_zipfile(path)
    assert docx.Document(io.BytesIO(path.read_bytes())).core_properties.title == "La Lande"


def test_the_generation_chooses_the_qpv(folder, tmp_path):
    path = tmp_path / "a.pdf"
    run("Le Haut", "-o", path, "--generation", "2015", territory=folder)
    assert subtitle_of(path) == "QPV · QP1 · génération 2015 · Aval"
    said = run("QN1", "-o", tmp_path / "b.pdf", "--generation", 2015, territory=folder, code=2)
    told = (
        "QN1 is a QPV of 2024; those of 2015 were asked for; it became QP1 “Le Haut” (56% of its "
        "area); give --generation 2024."
    )
    assert told in " ".join(said.split())


@pytest.mark.parametrize(("option", "ending"), [((), "pdf"), (("--as", "docx"), "docx")])
def test_all_fiches_go_into_a_folder(folder, tmp_path, option, ending):
    target = tmp_path / "neuf" / "fiches"
    run("--all", "-o", target, *option, territory=folder)
    names = sorted(path.name for path in target.iterdir())
    assert names == [f"fiche-QN1.{ending}", f"fiche-QVA-lande.{ending}"]


def test_one_of_all_that_fails_is_said_at_the_end_and_the_others_are_written(
    folder, tmp_path, monkeypatch
):
    fail_first = [LookupError("no\nluck"), DEFAULT]
    monkeypatch.setattr(docx, "Document", Mock(wraps=docx.Document, side_effect=fail_first))
    said = run("--all", "-o", tmp_path / "out", "--as", "docx", territory=folder, code=1)
    missing, made = (tmp_path / "out" / f"fiche-{code}.docx" for code in ("QN1", "QVA-lande"))
    assert [*made.parent.iterdir()] == [made]
    *before, last = said.splitlines()
    assert f"Wrote {made}." in before
    assert f"Wrote {missing}." not in before
    assert last.startswith(
        f"Error: {missing} could not be made: something unforeseen ended the program while making "
        f"{missing} (LookupError: no luck); please report it"
    )


def test_nothing_is_replaced_unless_it_is_asked_for(folder, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"mine")
    said = run("QN1", "-o", path, territory=folder, code=1)
    assert f"{path} exists already; give --overwrite" in said
    assert path.read_bytes() == b"mine"
    run("QN1", "-o", path, "--overwrite", territory=folder)
    assert title_of(path) == "Le Haut"


def test_of_all_none_is_written_where_one_exists(folder, tmp_path):
    (tmp_path / "fiche-QVA-lande.pdf").write_bytes(b"mine")
    run("--all", "-o", tmp_path, territory=folder, code=1)
    assert not (tmp_path / "fiche-QN1.pdf").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "CODE|NAME or --all is needed, and not both"),
        (("QN1", "--all"), "CODE|NAME or --all is needed, and not both"),
        (("QN1", "--as", "pdf"), "--as goes with --all"),
        (("QN1", "--generation", "2020"), "'2020' is not one of '2015', '2024'"),
        (("Nulle Part",), "“Nulle Part” is not a known quartier, QPV or commune"),
        (("Amont",), "“Amont” stands for Amont (73002); one perimeter is expected"),
    ],
)
def test_what_is_asked_wrongly_is_a_usage_error(folder, tmp_path, arguments, said):
    path = tmp_path / "a.pdf"
    text = run(*arguments, "-o", path, territory=folder, code=2)
    assert said in " ".join(text.split())
    assert not path.exists()


def test_a_name_that_two_quartiers_bear_is_refused_with_both(tmp_path):
    said = " ".join(run("Épinettes", "-o", tmp_path / "a.pdf", code=2).split())
    assert "QVA-73030-epinettes" in said
    assert "QVA-73213-epinettes" in said
    named = "give one of them, such as “Les Épinettes (Barby)” or QVA-73030-epinettes."
    assert said.endswith(named)
    run("Les Épinettes (Barby)", "-o", tmp_path / "a.pdf")


def test_another_ending_is_refused_before_anything_is_read(tmp_path):
    said = run("QN1", "-o", tmp_path / "x.txt", code=2)
    assert "x.txt” ends in none of the accepted: .pdf, .docx" in " ".join(said.split())
    assert "rows of" not in said


def test_a_missing_output_is_a_usage_error():
    assert "Missing option '-o'" in run("QN1", code=2)


def test_all_fiches_do_not_go_into_a_file(folder, tmp_path):
    said = run("--all", "-o", tmp_path / "all.pdf", territory=folder, code=2)
    assert "all.pdf” names a file; --all needs a folder" in " ".join(said.split())
    assert not (tmp_path / "all.pdf").exists()
    (tmp_path / "here").write_text("mine")
    said = run("--all", "-o", tmp_path / "here", territory=folder, code=2)
    assert "cannot be made" in said
    assert (tmp_path / "here").read_text() == "mine"


def test_a_folder_is_no_file(folder, tmp_path):
    (tmp_path / "x.pdf").mkdir()
    run("QN1", "-o", tmp_path / "x.pdf", "--overwrite", territory=folder, code=1)
    assert list((tmp_path / "x.pdf").iterdir()) == []


def test_a_folder_that_is_not_there_is_named(folder, tmp_path):
    said = run("QN1", "-o", tmp_path / "none" / "x.pdf", territory=folder, code=2)
    assert "none” does not exist." in " ".join(said.split())


def test_data_at_fault_have_their_own_exit_code(folder, tmp_path):
    (folder / "territory.toml").write_text("name = ", encoding="utf-8")
    run("QN1", "-o", tmp_path / "x.pdf", territory=folder, code=3)
    assert not (tmp_path / "x.pdf").exists()


def test_strict_writes_nothing_where_a_row_is_rejected(folder, tmp_path):
    table = folder / "equipment.csv"
    table.write_text(
        "id,nom,type,code_insee,statut,source\na,Un,gare,73O01,ouvert,s\n", encoding="utf-8"
    )
    description = folder / "territory.toml"
    text = description.read_text(encoding="utf-8")
    section = '[equipment]\npath = "equipment.csv"\nsource = "à la main"\n'
    description.write_text(text + "\n" + section, encoding="utf-8")
    said = run("QN1", "-o", tmp_path / "x.pdf", "--strict", territory=folder, code=3)
    assert "--strict was given: nothing is written" in said
    assert not (tmp_path / "x.pdf").exists()


def test_letters_that_no_font_has_are_said_once_with_a_text_that_holds_them(
    make_territory, tmp_path
):
    actions = pd.DataFrame(
        {"id": ["1", "2", "3"], "intitule": ["Café 中文", "Été à Féjaz", "नमस्ते"]}
    ).assign(portee="contrat", source="x")
    haut = perimeters({"code": "QN1", "nom": "Le Haut", "geometry": square(400, 400, 400)})
    folder = make_territory(haut, actions=actions)
    said = run("QN1", "-o", tmp_path / "a.pdf", territory=folder)
    told = "Note: � stands for what cannot be shown: U+4E2D of “Café 中文"
    assert said.count(told) == said.count("�") == 1
    assert "“नमस्ते" in said
    assert "Féjaz" not in said
