"""What may go to a terminal. Python alone is needed for it."""


def printable(text: str) -> str:
    """Write what no terminal can show as it stands, or would obey, as an escape."""
    shown = "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
