"""What a web page needs to stand alone: Leaflet inlined, data as JSON, a policy that bars the rest.

The page is sent by mail, opened from a folder and shown without a network; and it is filled with
names from files that anybody may have written. So it fetches nothing, and nothing in the data can
become markup or script.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from xstatic.pkg import leaflet

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEAFLET = Path(leaflet.BASE_DIR)

# In the order in which they run: each one uses those before it.
_SCRIPTS = (
    "dom.js",
    "symbols.js",
    "layers.js",
    "labels.js",
    "legend.js",
    "subjects.js",
    "cards.js",
    "selection.js",
    "picking.js",
    "search.js",
    "tables.js",
    "view.js",
    "printing.js",
    "start.js",
)

# These characters could end the script, begin markup, or end a line inside a JavaScript string.
_ESCAPES = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


def leaflet_script() -> str:
    """Read Leaflet's script, without the link to its source map, which a browser would fetch."""
    return re.sub(r"//# sourceMappingURL=\S+", "", _read(_LEAFLET / "leaflet.js"))


def leaflet_style() -> str:
    """Read Leaflet's style sheet, without its images: the page uses neither pins nor its menu."""
    return re.sub(r"url\(images/[^)]+\)", "none", _read(_LEAFLET / "leaflet.css"))


def page_asset(name: str) -> str:
    """Read a file of the folder `page`, which lies beside this module."""
    with resources.as_file(resources.files("cdv_geo.cartography") / "page" / name) as path:
        return _read(path)


def page_scripts() -> tuple[str, ...]:
    """Read the scripts of the page, in the order in which they run."""
    return tuple(page_asset(name) for name in _SCRIPTS)


def inert_json(value: object) -> str:
    """Write a value as JSON that is safe inside a `<script>` and inside a Jinja template.

    branca reads what a macro made as a second template, so that `{{ … }}` in a name would be
    evaluated. In JSON a brace that opens an object is followed by a quote or by its closing
    brace: one that is followed by `{`, `%` or `#` stands in a text, where it can be escaped.

    Raises
    ------
    ValueError
        Where a number is not finite: JSON has no word for it.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return re.sub(r"\{(?=[{%#])", r"\\u007b", text.translate(_ESCAPES))


def content_security_policy(
    scripts: Iterable[str], styles: Iterable[str], image_hosts: Iterable[str] = ()
) -> str:
    """Allow the given script and style bodies by their SHA-256, images inside the page, no more.

    Parameters
    ----------
    scripts, styles
        Bodies of the elements, as they stand in the page.
    image_hosts
        Origins, such as ``https://example.org``, from which images may come as well.

    Notes
    -----
    Source of the method: W3C, Content Security Policy Level 3, section 6.7.3 (hash sources).
    """
    images = " ".join(("data:", *image_hosts))
    return (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; "
        f"img-src {images}; base-uri 'none'; form-action 'none'"
    )


def _hashes(bodies: Iterable[str]) -> str:
    digests = (hashlib.sha256(body.encode()).digest() for body in bodies)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def _read(path: Path) -> str:
    # Text mode turns \r\n into \n, as a browser does before it hashes.
    return path.read_text(encoding="utf-8")
