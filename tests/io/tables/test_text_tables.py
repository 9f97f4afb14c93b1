from __future__ import annotations

import pytest

import cdv_geo
from cdv_geo import schemas
from cdv_geo.faults import located
from cdv_geo.io.open_options import OpenOptions
from cdv_geo.io.tables.text_tables import read_records
from cdv_geo.number_parsing import to_numbers

from hostile_files.opening import open_table


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def read_table(path):
    return read_records(open_table(path)).frame


def records(tmp_path, text, encoding="utf-8", **options):
    return read_records(
        open_table(write(tmp_path / "t.csv", text, encoding), OpenOptions(**options))
    )


def rows(found):
    return found.frame.to_dict("split")["data"]


def said(found):
    return [located(fault) for fault in found.faults]


def test_codes_stay_text_and_no_name_becomes_missing(tmp_path):
    table = read_table(write(tmp_path / "t.csv", "code,nom\n01004,NA\n2A004,\n"))
    assert table["code"].tolist() == ["01004", "2A004"]
    assert table["nom"].iloc[0] == "NA"
    assert table["nom"].isna().tolist() == [False, True]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_encodings_and_separators_of_offices_are_told(tmp_path, encoding, separator):
    text = f"code{separator}nom\nQ1{separator}Féjaz – L’Espinier €\nQ2{separator}Cœur\n"
    found = records(tmp_path, text, encoding)
    assert rows(found) == [["Q1", "Féjaz – L’Espinier €"], ["Q2", "Cœur"]]
    assert bool(found.faults) == (not encoding.startswith("utf-8"))  # what is not UTF-8 is said


def test_what_is_told_can_be_stated(tmp_path):
    path = write(tmp_path / "t.csv", "nom,b;c\né,1;2\n", "cp850")
    table = open_table(path, OpenOptions(encoding="cp850", separator=","))
    assert read_records(table).frame.to_dict("list") == {"nom": ["é"], "b;c": ["1;2"]}
    with pytest.raises(cdv_geo.DataError, match="is not utf-8 text: byte 8 is 0x82"):
        open_table(path, OpenOptions(encoding="utf-8"))
    with pytest.raises(cdv_geo.DataError, match="“§” is no separator of cells"):
        open_table(path, OpenOptions(encoding="cp850", separator="§"))
    with pytest.raises(cdv_geo.DataError, match="“klingon” is no encoding"):
        open_table(path, OpenOptions(encoding="klingon"))


def test_a_missing_and_an_empty_file_are_named(tmp_path):
    with pytest.raises(cdv_geo.DataError, match=r"none\.csv does not exist"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(cdv_geo.DataError, match=r"t\.csv is empty"):
        read_table(write(tmp_path / "t.csv", ""))


def test_rows_that_do_not_fit_the_header_are_rejected_with_their_number(tmp_path):
    found = records(tmp_path, "a,b\n1,2\n3,4,5\n6\n7,8\n")
    assert said(found) == [
        "row 3: 3 fields, 2 expected by the header",
        "row 4: 1 fields, 2 expected by the header",
    ]
    assert found.rejected == {3, 4}
    assert found.frame.loc[[2, 5]].to_numpy().tolist() == [["1", "2"], ["7", "8"]]


def test_separators_at_the_end_of_rows_are_no_cells(tmp_path):
    assert rows(records(tmp_path, "a;b\n1;2;\n3;4;;\n")) == [["1", "2"], ["3", "4"]]
    assert rows(records(tmp_path, "a;b;\n1;2;\n3;4;\n")) == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize("text", ["a,b", "a,b\n", "\n\na,b\r\n", '"a","b"\n\n'])
def test_a_header_alone_is_a_table_without_rows(tmp_path, text):
    table = read_table(write(tmp_path / "t.csv", text))
    assert (list(table), len(table)) == (["a", "b"], 0)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_quoted_lines_blank_lines_and_any_ends_of_line_are_understood(tmp_path, end):
    text = end.join(["", '"a', 'b",c', "", '"1', '2",3', ""])
    found = records(tmp_path, text)
    assert found.frame.to_dict("list") == {f"a{end}b": [f"1{end}2"], "c": ["3"]}
    assert found.apart["blank"] == 2


def test_a_name_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(cdv_geo.DataError, match="the column “a” stands twice"):
        read_table(write(tmp_path / "t.csv", "a,b,a\n1,2,3\n"))


def test_titles_totals_notes_blank_lines_and_samples_are_no_rows(tmp_path):
    text = (
        "Actions 2024;;\n;;\nID;Intitulé de l'action;Montant\nexemple-1;Un exemple;1\n"
        "a;Une;1 000\nID;Intitulé de l'action;Montant\n;;\nb;Deux;2,5\nTotal;;1002,5\n"
        "Source : ville;;\n"
    )
    found = records(tmp_path, text)
    assert rows(found) == [["a", "Une", "1 000"], ["b", "Deux", "2,5"]]
    assert list(found.frame) == ["id", "intitule", "montant"]
    assert found.frame.index.tolist() == [5, 8]  # as a spreadsheet numbers them
    assert dict(found.apart) == {"title": 3, "blank": 2, "total": 1, "sample": 1}


@pytest.mark.parametrize(
    "row", ["Total;collège;;", "Total Énergies;;1;2", "Total;;5,92;45,57", "x;Total;1;2"]
)
def test_a_place_called_total_is_a_row(tmp_path, row):
    found = records(tmp_path, f"nom;type;longitude;latitude\n{row}\n")
    assert len(found.frame) == 1


@pytest.mark.parametrize(
    "word",
    ["S/Total", "s / total", "Ensemble", "ENSEMBLE", "Nb total d'actions", "Nombre d’actions",
     "Total des subventions", "Sous-total : 3"],
)  # fmt: skip
def test_a_line_that_counts_the_rest_in_other_words_is_a_total(tmp_path, word):
    for header, row in (("intitule;montant;annee", "{};300;"), ("id;nom;montant", ";{};300")):
        found = records(tmp_path, f"{header}\na;100;2023\n{row.format(word)}\n")
        assert (len(found.frame), found.apart["total"]) == (1, 1)


@pytest.mark.parametrize(
    "row",
    [
        "Ensemble;;;", "Ensemble;73065;;", "Ensemble;;;Bellevue", "Ensemble;;2023;300",
        "Ensemble vocal;;;300", "Ensemble de cuivres;;;300", "Nombre;;;x",
    ],
)  # fmt: skip
def test_an_association_called_ensemble_is_a_row(tmp_path, row):
    found = records(tmp_path, f"nom;code_insee;annee;montant\n{row}\n")
    assert len(found.frame) == 1


def test_text_that_was_spoilt_before_is_pointed_at(tmp_path):
    found = records(tmp_path, "code;nom\nA;FÃ©jaz\nB;Ãtienne\n")
    assert said(found) == [
        "row 2, nom: “FÃ©jaz” looks like text that was read in a wrong encoding before"
    ]
    spoilt = records(tmp_path, "code;nom\nA;Chambéry\n", "cp850")
    assert said(spoilt)[0] == (
        "row 2, nom: “Chamb‚ry” looks like text that was read in a wrong encoding before"
    )


def test_columns_are_known_by_the_names_that_offices_give_them(tmp_path):
    text = "EQUIP_UID;EQUIP_NOM;EQUIP_TYPE;EQUIP_LAT;EQUIP_LONG;COLL_NOM\n1;a;b;45;5;c\n"
    table = open_table(write(tmp_path / "t.csv", text))
    assert table.columns == ("id", "nom", "type", "latitude", "longitude", "COLL_NOM")
    with pytest.raises(cdv_geo.DataError, match="“lat” and “EQUIP_LAT” both read as “latitude”"):
        open_table(write(tmp_path / "t.csv", "lat;EQUIP_LAT\n1;2\n"))
    stated = OpenOptions(columns={"EQUIP_LAT": "latitude", "lat": "autre"})
    assert open_table(tmp_path / "t.csv", stated).columns == ("autre", "latitude")
    with pytest.raises(cdv_geo.DataError, match="has no column “long”, which is stated"):
        open_table(tmp_path / "t.csv", OpenOptions(columns={"long": "longitude"}))


@pytest.mark.parametrize(("decimal", "amount"), [(None, 1.234), (",", 1.234), (".", 1234)])
def test_a_number_that_may_be_read_in_two_ways_is_pointed_at_or_stated(tmp_path, decimal, amount):
    found = records(tmp_path, 'id;montant\na;"1,234"\n', decimal=decimal)
    assert to_numbers(found.frame["montant"]).tolist() == [amount]
    doubtful = schemas.doubtful_numbers(found.frame, schemas.ACTIONS)
    assert bool(doubtful) == (decimal != ".")


def test_a_line_that_may_be_a_total_of_a_part_is_asked_about(tmp_path):
    text = "Intitulé;Quartier;Montant\na;Biollay;100\nTotal Biollay;Biollay;100\nTotal;;200\n"
    found = records(tmp_path, text)
    assert found.apart["total"] == 1
    assert [f.row for f in found.faults if f.done == "rejected"] == [3]


def test_a_sample_is_known_by_its_id_in_any_case_or_by_its_source(tmp_path):
    text = "id;nom;source\nExemple-4;a;ville\neq-9;b;exemple, à supprimer\neq-10;c;ville\n"
    found = records(tmp_path, text)
    assert found.apart["sample"] == 2
    assert found.frame["id"].tolist() == ["eq-10"]
