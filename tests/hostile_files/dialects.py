"""CSV files that are odd or broken in the way they are written, whatever they say."""

from __future__ import annotations

import gzip

from hostile_files.case import accepted, lost, noticed, partly, raw, refused, text
from hostile_files.rows import COLUMNS, TWO, lines, row, table

_PLAIN = lines(*TWO)
_COMMA = ",".join(COLUMNS)


def _separated(separator: str) -> str:
    return lines(row(1, separator), row(2, separator), header=separator.join(COLUMNS))


_POINTS = [row(n, ",", latitude=f"45.57{n}", longitude=f"5.92{n}") for n in (1, 2)]
_QUOTED = [row(n, ",", latitude=f'"45,57{n}"', longitude=f'"5,92{n}"') for n in (1, 2)]
_EURO = lines(row(1, nom="L’Espinier – 12 €"), row(2, nom="Cœur de Féjaz"))

ENCODINGS = (
    accepted("utf-8 with semicolons", text("a.csv", _PLAIN), kept=2),
    accepted("utf-8 with a byte order mark", text("a.csv", _PLAIN, "utf-8-sig"), kept=2),
    accepted("cp1252", text("a.csv", _EURO, "cp1252"), "cp1252|windows.?1252", kept=2),
    accepted("utf-16 with a byte order mark", text("a.csv", _EURO, "utf-16"), "utf.?16", kept=2),
    noticed("utf-16 without a byte order mark", text("a.csv", _EURO, "utf-16-le"), "utf.?16|nul"),
    noticed("big-endian utf-16 without mark", text("a.csv", _EURO, "utf-16-be"), "utf.?16|nul"),
    noticed("utf-32", text("a.csv", _PLAIN, "utf-32"), "utf.?32|encod|nul"),
    noticed("cp850", text("a.csv", _PLAIN, "cp850"), "cp850|encod"),
    accepted(
        "cp850 that is declared", text("a.csv", _PLAIN, "cp850"), kept=2,
        arguments=("--encoding", "cp850"), hides=("�", "‚quipement"),
    ),
    accepted(
        "mac roman that is declared", text("a.csv", _PLAIN, "mac_roman"), kept=2,
        arguments=("--encoding", "mac_roman"),
    ),
    noticed(
        "utf-8 decoded as cp1252 and saved",
        text("a.csv", lines(row(1, nom="FÃ©jaz"), row(2, nom="CÅ“ur"))),
        "Ã©|mojibake|encod|utf-8 read",
    ),
    noticed(
        "replacement characters", text("a.csv", lines(row(1, nom="F�jaz"), row(2))), "�|encod"
    ),
    lost(
        "utf-8 that is declared utf-16", text("a.csv", _PLAIN), "utf.?16|encod|decod",
        arguments=("--encoding", "utf-16"),
    ),
    lost(
        "an encoding that does not exist", text("a.csv", _PLAIN), "klingon",
        arguments=("--encoding", "klingon"), usage=True,
    ),
    lost(
        "an encoding that is no text", text("a.csv", _PLAIN), "zlib",
        arguments=("--encoding", "zlib_codec"), usage=True,
    ),
    partly("a row that is no text", raw("a.csv", _PLAIN.encode() + b"e3;\xff\xfe\n"), "no utf-8",
           kept=2),
    accepted("a row of cp1252 in a file of utf-8", raw(
        "a.csv", _PLAIN.encode() + f"{row(3)}\n".encode("cp1252")), "read as cp1252", kept=3,
        repaired=1, hides=("Ã",)),
    accepted("a row of utf-8 in a file of cp1252", raw(
        "a.csv", _PLAIN.encode("cp1252") + f"{row(3)}\n".encode()), "read as utf-8", kept=3,
        repaired=1, hides=("Ã",)),
)  # fmt: skip

SEPARATORS = (
    accepted("tabs", text("a.csv", _separated("\t")), kept=2),
    accepted("pipes", text("a.csv", _separated("|")), kept=2),
    accepted("commas and decimal points", table(*_POINTS, header=_COMMA), kept=2),
    accepted("decimal commas in quotes", table(*_QUOTED, header=_COMMA), kept=2),
    lost(
        "decimal commas in a file of commas", table(row(1, ","), row(2, ","), header=_COMMA),
        "10.*8|8.*10", "field|cell|value|column",
    ),
    lost("another separator in the second half", table(row(1, ","), row(2, ",")), "."),
    accepted("the sep= line of Excel", text("a.csv", "sep=;\n" + _PLAIN), kept=2),
    accepted("a separator that is declared", text("a.csv", _separated("^")), kept=2,
             arguments=("--separator", "^")),
    lost("a wrong separator that is declared", text("a.csv", _PLAIN), "column|separator",
         arguments=("--separator", "|")),
    lost("a quote as separator", text("a.csv", _PLAIN), "separator", usage=True,
         arguments=("--separator", '"')),
    accepted("a separator after each data row", table(f"{row(1)};", f"{row(2)};"), kept=2),
    accepted("a separator after every row", table(
        f"{row(1)};", f"{row(2)};", header=";".join(COLUMNS) + ";"), kept=2),
    accepted("line ends of old Macs", text("a.csv", _PLAIN, newline="\r"), kept=2),
    accepted("line ends of Windows", text("a.csv", _PLAIN, newline="\r\n"), kept=2),
    accepted("mixed line ends", raw(
        "a.csv", f"{';'.join(COLUMNS)}\r\n{row(1)}\n{row(2)}\r".encode()), kept=2),
    accepted("no line end at the end", text("a.csv", _PLAIN.rstrip("\n")), kept=2),
    accepted("a line break in a cell", table(row(1, nom='"Crèche\ndes Combes"'), row(2)), kept=2),
    accepted("doubled quotes", table(row(1, nom='"Salle ""Le Scarabée"""'), row(2)), kept=2),
    accepted("an inch sign in a cell", table(row(1, nom='Écran 40" mural'), row(2)), kept=2),
    accepted("a name in capitals as extension", text("A.CSV", _PLAIN), kept=2),
)  # fmt: skip

DAMAGE = (
    refused("no byte", raw("a.csv", b""), "empty|0 byte|no row"),
    refused("only a byte order mark", raw("a.csv", b"\xef\xbb\xbf"), "empty|no row|no header"),
    refused("only blank lines", raw("a.csv", b"\n;;;\n\n"), "empty|blank|no row|no header"),
    refused("a header and no row", table(), "no row|no data|only a header|empty"),
    refused("no header", text("a.csv", "".join(f"{line}\n" for line in TWO)), "header|column"),
    accepted("a quote that is never closed", table(row(1, nom='"Crèche'), row(2)), "quot.*line 2",
             kept=2, repaired=1),
    accepted("two quotes that are never closed", table(
        row(1, nom='"Crèche'), row(2), row(3, nom='Halle"')), "quot.*line 2", kept=3, repaired=1),
    partly("a quote closed in a row that is cut short", table(
        row(1, nom='"Crèche'), 'e2;Halle"'), "lines 2 to 3", kept=0),
    lost("NUL bytes in a cell", raw("a.csv", b"\x00\x00;\x00\n" * 9), "nul|binary|."),
    noticed("one NUL byte in a name", table(row(1, nom="Cr\0che"), row(2)), "nul|control|text"),
    partly("a row cut short", table(row(1), "e2;Cut", row(3)), "field|cell|column|short", kept=2),
    partly("a row with more cells than the header", table(row(1), row(2) + ";a;b", row(3)),
           "field|cell|column|long", kept=2),
    noticed("a cell of 200,000 characters", table(row(1, nom="x" * 200_000), row(2)),
            hides=("x{5000}",)),
    refused("a million columns", text(
        "a.csv", ",".join(f"c{n}" for n in range(1_000_000)) + "\n"), "1,000,000 columns; at most"),
    refused("10,000 columns", table(
        *(f"{line};" + ";".join("0" * 10_000) for line in TWO),
        header=";".join((*COLUMNS, *(f"c{n}" for n in range(10_000)))))),
    noticed("one line of a million separators", raw("a.csv", b";" * 1_000_000), "."),
    refused("a picture", raw("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256))), "."),
    refused("a PDF", raw("a.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"), "."),
    refused("a gzip", raw("a.csv", gzip.compress(_PLAIN.encode())), "."),
    refused("a web page of a portal", text(
        "a.csv", "<!DOCTYPE html>\n<html><head><title>Connexion</title></head></html>\n"),
        "html|web page"),
    refused("JSON under the name of CSV", text("a.csv", '{"type": "FeatureCollection"}\n'), "."),
    refused("a pointer of Git LFS", text(
        "a.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"), "."),
    refused("a program", raw("a.csv", b"\x7fELF\x02\x01\x01" + bytes(64)), "."),
)  # fmt: skip

CASES = (*ENCODINGS, *SEPARATORS, *DAMAGE)
