"""Files as people save them: encodings, separators, titles over the header, blank rows; every cell as text."""

from datetime import date, datetime

import pytest
from openpyxl import Workbook

from centri.connectors.spreadsheet import open_sheet
from centri.errors import ConfigError

FILES = {
    "utf-8": ("Firma,Ort\nMüller,Köln\n".encode(), "utf-8-sig, separated by ,"),
    "utf-8 with a mark": ("\ufeffFirma,Ort\nMüller,Köln\n".encode(), "utf-8-sig, separated by ,"),
    "windows": ("Firma;Ort\r\nMüller;Köln\r\n".encode("cp1252"), "cp1252, separated by ;"),
    "utf-16": ("Firma\tOrt\nMüller\tKöln\n".encode("utf-16"), "utf-16, separated by tab"),
    "commas in text": ("Firma;Ort\nMüller;Köln\n\n".encode(), "utf-8-sig, separated by ;"),
    "a title": ("Messe 2026;\n;\nFirma;Ort\nMüller;Köln\n".encode(), "utf-8-sig, separated by ;"),
    "blank columns and rows": ("Firma|Ort|\n||\n Müller |Köln\u00a0|\n".encode(), "utf-8-sig, separated by |"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_csv_file_is_read_whoever_saved_it(name, tmp_path):
    content, note = FILES[name]
    path = tmp_path / "firmen.csv"
    path.write_bytes(content)
    sheet = open_sheet(path)
    assert (sheet.columns, sheet.note) == (("Firma", "Ort"), note)
    assert [row.cells for rows in sheet.rows(10) for row in rows] == [("Müller", "Köln")]


def test_text_stays_text_and_rows_keep_their_numbers(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('plz,note,n\n01067,"two\nlines",1e5\n,,\n007,NA,null\n1,x,y,,z\n')
    rows = [row for rows in open_sheet(path).rows(2) for row in rows]
    assert [row.cells for row in rows] == [("01067", "two\nlines", "1e5"), ("007", "NA", "null"), ("1", "x", "y")]
    assert [(row.number, row.beyond) for row in rows] == [(2, ""), (4, ""), (5, "z")]


def test_a_form_feed_ends_no_row(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"name,city,type,status,id\n,,\t,\x0c,A1\n")
    sheet = open_sheet(path)
    assert (sheet.columns, sheet.separator) == (("name", "city", "type", "status", "id"), ",")
    assert [row.cells for rows in sheet.rows(2) for row in rows] == [("", "", "", "", "A1")]


def test_rows_come_in_parts(tmp_path):
    path = tmp_path / "many.csv"
    path.write_text("a,b\n" + "".join(f"{n},x\n" for n in range(25)))
    assert [len(rows) for rows in open_sheet(path).rows(10)] == [10, 10, 5]


def test_excel_cells_are_what_a_person_sees(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(["Besucherliste"])
    sheet.append(["PLZ", "Tag", "Zahl", "Ja", "Tag"])
    sheet.append([1067, date(2026, 3, 1), 2.0, True, datetime.fromisoformat("2026-03-01T09:30:00")])
    sheet["A3"].number_format = "00000"
    sheet.append([])
    sheet.append(["01067", None, 2.5, "#N/A", None])
    book.create_sheet("Zwei").append(["x", "y"])
    book.save(tmp_path / "messe.xlsx")
    found = open_sheet(tmp_path / "messe.xlsx")
    assert (found.columns, found.header) == (("PLZ", "Tag", "Zahl", "Ja", "Tag (2)"), 2)
    assert [(row.number, row.cells) for rows in found.rows(9) for row in rows] == [
        (3, ("01067", "2026-03-01", "2", "true", "2026-03-01T09:30:00")),
        (5, ("01067", "", "2.5", "", "")),
    ]
    assert open_sheet(tmp_path / "messe.xlsx", sheet="Zwei").columns == ("x", "y")
    with pytest.raises(ConfigError, match="no sheet is called 'Drei'; it has: Sheet, Zwei"):
        open_sheet(tmp_path / "messe.xlsx", sheet="Drei")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.csv", None, "there is no such file"),
        ("old.xls", b"x", r"a \.xls cannot be read; save it as \.csv or \.xlsx"),
        ("empty.csv", b"\n;;\n", "the file is empty"),
        ("fake.xlsx", b"a,b\n", "no Excel file"),
        ("quoted.csv", b'a,b\n"1,2\n', "EOF inside string"),
    ],
)
def test_what_is_no_table_is_said(name, content, told, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=told):
        list(open_sheet(tmp_path / name).rows(10))
