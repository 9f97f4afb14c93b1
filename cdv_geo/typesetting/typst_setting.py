"""Set a content with typst: PDF/UA-1, pictures of its pages, or what it told of its layout.

The templates get their content as JSON and set every text of it as text, so that nothing in the
data is ever markup.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import typst

from cdv_geo.errors import OutputError
from cdv_geo.io.writing.table_formats import FIXED_DATE
from cdv_geo.typesetting.fonts import FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

Template = Literal["document", "figure", "halos"]
PictureFormat = Literal["png", "svg"]

DPI: Final = 300

_TEMPLATES: Final = Path(__file__).parent
_STANDARD: Final = "ua-1"


class Setting:
    """A content in a template; it is laid out once, in however many formats it is written.

    Parameters
    ----------
    template
        Its name.
    content
        What JSON can hold, as the template wants it; `title` names it in errors.
    """

    def __init__(self, template: Template, content: Mapping[str, Any]) -> None:
        self._title = content["title"]
        self._compiler = typst.Compiler(
            _TEMPLATES / f"{template}.typ",
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )

    def told(self, label: str) -> list[Any]:
        """Give what the template tells under a label of the layout.

        Raises
        ------
        OutputError
            typst refuses the content.
        """
        try:
            answer = self._compiler.query(f"<{label}>", field="value")
        except RuntimeError as error:  # not the error that it raises elsewhere
            raise self._refusal(str(error)) from None
        told: list[Any] = json.loads(answer)
        return told

    def pdf(self) -> bytes:
        """Give the whole as PDF/UA-1: tagged, in French, with its fonts.

        Raises
        ------
        OutputError
            typst refuses the content.
        """
        made: bytes = self._compiled(format="pdf", pdf_standards=[_STANDARD], timestamp=FIXED_DATE)
        return made

    def first_page(self, file_format: PictureFormat) -> bytes:
        """Give the first page as a picture; PNG has 300 dots to the inch.

        Raises
        ------
        OutputError
            typst refuses the content.
        """
        pages = self._compiled(format=file_format, ppi=DPI)
        first: bytes = pages[0] if isinstance(pages, list) else pages
        return first

    def _compiled(self, **options: Any) -> Any:  # noqa: ANN401
        try:
            made, warnings = self._compiler.compile_with_warnings(**options)
        except typst.TypstError as error:
            raise self._refusal(error.message) from None
        if warnings:
            raise self._refusal(warnings[0].message)
        return made

    def _refusal(self, message: str) -> OutputError:
        return OutputError(f"“{self._title}” cannot be set: {message}.")


@cache
def _fonts() -> typst.Fonts:
    """Find the fonts of paper and no others, so that bytes are the same on every machine."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[FOLDER]
    )
