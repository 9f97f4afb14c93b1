"""Workbooks that people fill in: what a spreadsheet program and the reader find in them."""

from __future__ import annotations

import math
import zipfile

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

import cdv_geo
from cdv_geo import schemas
from cdv_geo.french import typography
from cdv_geo.french.template_texts import REASON, TEMPLATES, UNLOCATED
from cdv_geo.io.templates.workbook_templates import (
    SAMPLE_PREFIX,
    TEMPLATE_COLUMNS,
    write_template,
    write_unlocated,
)

SCHEMAS = {
    "actions": schemas.ACTIONS,
    "equipment": schemas.EQUIPMENT,
    "perimeters": schemas.PERIMETERS,
}
PRECISIONS = {"géocodée, score 0.9": 30, "approximative": 200}
HOSTILE = ["=1+1", "<b>gras</b>", "-3", "+33", "@a", "01004", "1e5", "https://a.fr", "_x0041_"]
HOSTILE += ["<r>a</r>", "<r><t>b</t></r>", "{=1+1}", "'a", "_x0041_x0042_"]
each_kind = pytest.mark.parametrize("kind", sorted(SCHEMAS))


def written(kind, folder, **options):
    path = folder / f"{kind}.xlsx"
    write_template(kind, path, overwrite=True, **options)
    return openpyxl.load_workbook(path)


def unlocated(frame, folder, **options):
    path = folder / "unlocated.xlsx"
    write_unlocated(frame, path, overwrite=True, **options)
    return openpyxl.load_workbook(path)


def read(book):
    """The first sheet as a table of text."""
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    return pd.DataFrame(rows, columns=header)


def rules(sheet):
    """The rules of entry, by the header of their column."""
    return {
        sheet.cell(1, next(iter(rule.sqref.ranges)).min_col).value: rule
        for rule in sheet.data_validations.dataValidation
    }


def texts(book):
    return [
        cell.value
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    ]


@each_kind
def test_the_first_row_bears_the_names_of_the_schema(tmp_path, kind):
    sheet = written(kind, tmp_path).worksheets[0]
    names = [column.name for column in SCHEMAS[kind]]
    assert [cell.value for cell in sheet[1]] == names
    assert [column.name for column in TEMPLATE_COLUMNS[kind]] == names
    assert set(TEMPLATES[kind].columns) == set(names)


@each_kind
def test_the_samples_are_two_have_no_fault_and_are_known_by_their_id(tmp_path, kind):
    table = read(written(kind, tmp_path, precisions=PRECISIONS))
    assert len(table) == 2
    assert table.iloc[:, 0].str.startswith(SAMPLE_PREFIX).all()
    assert schemas.find_faults(table.astype("str").where(table.notna()), SCHEMAS[kind]) == []


@each_kind
def test_the_samples_are_grey_and_italic_and_required_headers_bold(tmp_path, kind):
    sheet = written(kind, tmp_path).worksheets[0]
    for row in (2, 3):
        assert all(cell.font.i and cell.font.color.rgb == "FF7F7F7F" for cell in sheet[row])
    required = [column.required for column in SCHEMAS[kind]]
    assert [bool(cell.font.b) for cell in sheet[1]] == required


def test_a_sample_states_a_precision_that_the_territory_knows(tmp_path):
    table = read(written("actions", tmp_path, precisions={"exacte": 0}))
    assert table["precision_position"].dropna().tolist() == ["exacte"]


@each_kind
def test_every_column_says_what_it_holds_and_within_what_excel_shows(tmp_path, kind):
    found = rules(written(kind, tmp_path, precisions=PRECISIONS).worksheets[0])
    assert set(found) == {column.name for column in SCHEMAS[kind]}
    for column in SCHEMAS[kind]:
        rule = found[column.name]
        assert 0 < len(rule.promptTitle) <= 32
        assert 0 < len(rule.prompt) <= 255
        assert ("Obligatoire." if column.required else "Facultatif.") in rule.prompt


@each_kind
def test_closed_choices_are_lists_and_numbers_have_their_range(tmp_path, kind):
    found = rules(written(kind, tmp_path).worksheets[0])
    for column in TEMPLATE_COLUMNS[kind]:
        rule = found[column.name]
        if column.choices:
            assert (rule.type, rule.formula1) == ("list", f'"{",".join(column.choices)}"')
            assert rule.errorStyle in {None, "stop"}
        elif column.number:
            assert rule.type == "decimal"
            lowest, highest = column.number
            assert float(rule.formula1) == lowest
            assert math.isinf(highest) or float(rule.formula2) == highest
        assert str(rule.sqref).endswith("1048576")


def test_a_workbook_of_perimeters_offers_no_status_that_is_refused_without_an_outline(tmp_path):
    assert rules(written("perimeters", tmp_path).worksheets[0])["statut_geometrie"].formula1 == (
        '"absente"'
    )


def test_precisions_are_listed_apart_and_may_go_on(tmp_path):
    book = written("equipment", tmp_path, precisions=PRECISIONS)
    rule = rules(book.worksheets[0])["precision_position"]
    assert (rule.type, rule.errorStyle) == ("list", "warning")
    assert rule.formula1 == "'Listes'!$A$2:$A$3"
    assert list(book["Listes"].iter_rows(min_row=2, values_only=True)) == list(PRECISIONS.items())
    plain = written("equipment", tmp_path)
    assert "Listes" not in plain.sheetnames
    assert rules(plain.worksheets[0])["precision_position"].type in {None, "none"}
    assert "Listes" not in written("perimeters", tmp_path, precisions=PRECISIONS).sheetnames


@each_kind
def test_whole_columns_of_text_keep_leading_zeros(tmp_path, kind):
    sheet = written(kind, tmp_path).worksheets[0]
    with zipfile.ZipFile(tmp_path / f"{kind}.xlsx") as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert xml.count("<col ") == len(SCHEMAS[kind])
    for position, column in enumerate(SCHEMAS[kind], start=1):
        formats = {sheet.cell(row, position).number_format for row in (2, 3)}
        whole = sheet.column_dimensions[sheet.cell(1, position).column_letter].number_format
        assert (formats == {"@"}) == (column.number is None)
        assert (whole == "@") == (column.number is None)


@each_kind
def test_headers_fit_stay_in_sight_and_print_on_a4_landscape(tmp_path, kind):
    for sheet in written(kind, tmp_path, precisions=PRECISIONS):
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToHeight == 0
    sheet = written(kind, tmp_path).worksheets[0]
    assert sheet.freeze_panes == "C2"
    assert sheet.print_title_rows == "$1:$1"
    for cell in sheet[1]:
        assert sheet.column_dimensions[cell.column_letter].width > len(cell.value) + 1


@each_kind
def test_the_guide_explains_every_column_and_gives_five_rules(tmp_path, kind):
    book = written(kind, tmp_path)
    assert book.sheetnames[1] == "Mode d’emploi"
    rows = list(book["Mode d’emploi"].iter_rows(values_only=True))
    (top,) = [n for n, row in enumerate(rows) if row[0] == "Colonne"]
    table = [row for row in rows[top + 1 :] if row[0]]
    assert [row[0] for row in table] == [column.name for column in SCHEMAS[kind]]
    assert [row[2] == "oui" for row in table] == [column.required for column in SCHEMAS[kind]]
    assert all(row[1] and row[3] for row in table)
    assert sum(str(row[0])[:2] in {"1.", "2.", "3.", "4.", "5."} for row in rows[:top]) == 5


@pytest.mark.parametrize("text", [*TEMPLATES.values(), UNLOCATED], ids=lambda text: text.sheet)
def test_french_is_typeset(tmp_path, text):
    kind = next((kind for kind, known in TEMPLATES.items() if known is text), None)
    if kind:
        book = written(kind, tmp_path, precisions=PRECISIONS)
    else:
        book = unlocated(pd.DataFrame({"id": ["a"], REASON: ["inconnu"]}), tmp_path)
    prompts = [rule.prompt for rule in rules(book.worksheets[0]).values()]
    for shown in [*texts(book), *prompts]:
        if shown == "point d'accueil":  # a value, as the data spell it
            continue
        assert "'" not in shown
        for mark in ";:!?»":
            assert f" {mark}" not in shown
        assert "« " not in shown


@each_kind
def test_a_sample_holds_its_values_as_the_data_spell_them(tmp_path, kind):
    table = read(written(kind, tmp_path))
    for row, sample in zip(table.to_dict("records"), TEMPLATES[kind].samples, strict=True):
        assert {name: value for name, value in row.items() if pd.notna(value)} == sample


@each_kind
def test_accepted_values_are_the_same_in_prose(kind):
    for column in TEMPLATE_COLUMNS[kind]:
        assert [typography.typeset(value) for value in column.choices] == list(column.choices)


@each_kind
def test_the_same_template_has_the_same_bytes_and_no_formula(tmp_path, kind):
    first, second = tmp_path / "1.xlsx", tmp_path / "2.xlsx"
    for path in (first, second):
        write_template(kind, path, overwrite=False, precisions=PRECISIONS)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        sheets = [archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets/")]
    assert not any(b"<f>" in sheet for sheet in sheets)


def test_a_template_is_whole_or_absent(tmp_path):
    path = tmp_path / "a.xlsx"
    write_template("actions", path, overwrite=False)
    with pytest.raises(cdv_geo.OutputError, match=r"a\.xlsx exists already; give --overwrite"):
        write_template("actions", path, overwrite=False)
    with pytest.raises(cdv_geo.OutputError, match=r"accepted is \.xlsx"):
        write_template("actions", tmp_path / "a.csv", overwrite=False)
    with pytest.raises(cdv_geo.OutputError, match="cannot be written"):
        write_template("actions", tmp_path / "none" / "a.xlsx", overwrite=False)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.xlsx"]


def test_hostile_texts_and_headers_stay_text(tmp_path):
    frame = pd.DataFrame({"id": HOSTILE, "=a()": HOSTILE, REASON: HOSTILE})
    book = unlocated(frame, tmp_path)
    sheet = book.worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
    for name in ("id", "=a()", REASON):
        column = [cell.value for cell in sheet[1]].index(name) + 1
        cells = [sheet.cell(row, column) for row in range(2, len(HOSTILE) + 2)]
        assert [cell.value for cell in cells] == HOSTILE
        assert {cell.number_format for cell in cells} == {"@"}
    with zipfile.ZipFile(tmp_path / "unlocated.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert not [name for name in archive.namelist() if "rels/sheet" in name]


def test_unlocated_things_have_the_known_columns_first_and_the_reason_last(tmp_path):
    frame = pd.DataFrame(
        {
            "id": ["e1"],
            "remarque": ["à revoir"],
            "statut": ["ouvert"],
            "reason": ["reste"],
            "nom": ["Salle"],
            "code_insee": ["01004"],
            "adresse": ["rue X"],
            "motif": ["du service"],
            REASON: ["adresse inconnue"],
        }
    )
    table = read(unlocated(frame, tmp_path))
    assert list(table.columns) == [
        *("id", "nom", "adresse", "code_insee", "longitude", "latitude", "precision_position"),
        *("statut", "remarque", "reason", "motif", "motif_cdv_geo"),
    ]
    assert table.iloc[0].tolist() == [
        *("e1", "Salle", "rue X", "01004", None, None, None),
        *("ouvert", "à revoir", "reste", "du service", "adresse inconnue"),
    ]


def test_what_is_to_be_filled_in_is_highlighted_and_guarded(tmp_path):
    frame = pd.DataFrame({"id": ["a", "b"], "type": ["x", "y"], REASON: ["r", "s"]})
    sheet = unlocated(frame, tmp_path, precisions=PRECISIONS).worksheets[0]
    for cell in [*sheet[2], *sheet[3]]:
        header = sheet.cell(1, cell.column).value
        wanted = header in {"longitude", "latitude", "precision_position"}
        assert (cell.fill.fgColor.rgb == "FFFFF2CC") == wanted
    found = rules(sheet)
    assert set(found) == {"id", "longitude", "latitude", "precision_position", REASON}
    assert found["longitude"].type == found["latitude"].type == "decimal"
    assert found["precision_position"].type == "list"


def test_values_of_every_kind_keep_what_they_are(tmp_path):
    point = gpd.GeoSeries([shapely.Point(0, 0), None], crs="EPSG:2154")
    frame = gpd.GeoDataFrame(
        {
            "id": [17.0, "2"],
            "longitude": [999.0, float("nan")],
            "montant": [14900.5, float("inf")],
            "count": [3, 10**17],
            "day": pd.to_datetime(["2026-03-01", None]),
            "open": [True, False],
            REASON: ["a", None],
        },
        geometry=point,
    )
    table = read(unlocated(frame, tmp_path))
    assert table["id"].tolist() == ["17", "2"]
    assert table["longitude"].iloc[0] == 999
    assert table["montant"].tolist() == [14900.5, "inf"]
    assert table["count"].tolist() == [3, str(10**17)]
    assert table["day"].dropna().tolist() == ["2026-03-01 00:00:00"]
    assert table["open"].tolist() == ["True", "False"]
    assert "geometry" not in table


def test_the_same_unlocated_things_have_the_same_bytes_and_none_are_a_table_too(tmp_path):
    frame = pd.DataFrame({"id": ["a"], REASON: ["r"]})
    unlocated(frame, tmp_path)
    before = (tmp_path / "unlocated.xlsx").read_bytes()
    unlocated(frame, tmp_path)
    assert (tmp_path / "unlocated.xlsx").read_bytes() == before
    assert read(unlocated(frame.head(0), tmp_path)).empty


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            pd.DataFrame({"id": ["a"], "note": ["\U0001f600" * 20_000], REASON: ["r"]}),
            "Row 2, column 5",
        ),
        (pd.DataFrame({"id": range(1_048_576), REASON: "r"}), "this table has 1048576 and 5"),
    ],
    ids=["a long text", "many rows"],
)
def test_what_a_sheet_cannot_hold_is_refused_and_not_cut_off(tmp_path, frame, message):
    with pytest.raises(cdv_geo.OutputError, match=message):
        write_unlocated(frame, tmp_path / "a.xlsx", overwrite=False)
    assert list(tmp_path.iterdir()) == []
