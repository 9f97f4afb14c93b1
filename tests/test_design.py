"""The layout that docs/design.md describes: one direction, one name for one thing."""

from __future__ import annotations

import ast
import re
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import cdv_geo

PACKAGE = Path(cdv_geo.__file__).parent
TREES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__"): ast.parse(
        path.read_text(encoding="utf-8")
    )
    for path in PACKAGE.rglob("*.py")
}
# Each may import those before it, and itself.
ORDER = (
    *("(base)", "french", "analysis", "io", "study", "territory"),
    *("typesetting", "cartography", "reports"),
)
# What is handed over by who calls, and not fetched.
HANDED_OVER = {
    *(("study", "io"), ("cartography", "io")),
    *(("cartography", "territory"), ("reports", "territory")),
    # What is set is finished: the typesetter knows neither words nor what they are of.
    *(("typesetting", part) for part in ("french", "analysis", "study", "territory")),
}
ROOMS = (
    *("guard", "open_options", "crs", "territory_description", "tables", "reading_context"),
    *("positions", "vector", "raster", "located_rows", "thing_batches", "checked_tables"),
    *("unlocated_rows", "writing", "templates"),
)
JOINING = {"atlas", "cli", "dask_cluster", "file_checking", "__init__", "__main__"}


def imported(tree: ast.AST) -> set[str]:
    """The modules of cdv_geo that one imports when it runs, as paths within the package."""
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in typing_only:
            whole = {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
            found |= {m.removeprefix("cdv_geo.") for m in whole if m.startswith("cdv_geo.")}
    return {module.replace(".", "/") for module in found} & TREES.keys()


def part(module: str) -> str:
    """The part of the picture that a module belongs to."""
    first = module.split("/", maxsplit=1)[0]
    return first if first in {*ORDER, *JOINING} else "(base)"


def room(module: str) -> str:
    """The room of `io`, or the module beside the rooms."""
    return module.split("/")[1]


def test_dependencies_point_one_way():
    rank = {name: number for number, name in enumerate(ORDER)}
    wrong = [
        f"{module} imports {other}"
        for module, tree in TREES.items()
        for other in imported(tree)
        if part(module) not in JOINING and part(other) != part(module)
        if rank.get(part(other), len(rank)) > rank[part(module)]
        or (part(module), part(other)) in HANDED_OVER
    ]
    assert wrong == []


def test_no_voice_takes_its_french_from_another():
    voices = {module for module in TREES if re.fullmatch(r"french/(?!shared)\w+_texts", module)}
    assert len(voices) == 5
    assert [voice for voice in voices if imported(TREES[voice]) & voices] == []


def test_a_file_is_read_in_one_direction():
    rank = {name: number for number, name in enumerate(ROOMS)}
    wrong = [
        f"{module} imports {other}"
        for module, tree in TREES.items()
        if module.startswith("io/")
        for other in imported(tree)
        if other.startswith("io/") and rank[room(other)] > rank[room(module)]
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle():
    # A package is imported with each of its modules, and imports none of them itself.
    graph = {module: imported(tree) - {module} for module, tree in TREES.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(TREES)


def test_no_two_modules_bear_one_name():
    # A command bears the name of what it calls.
    names = Counter(m.split("/")[-1] for m in TREES if not m.startswith("cli/") or "/" not in m)
    assert [name for name, count in names.items() if count > 1] == []


def test_no_two_classes_or_functions_for_other_modules_bear_one_name():
    names = Counter(
        node.name
        for module, tree in TREES.items()
        for node in ast.iter_child_nodes(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
        if not (module.startswith("cli/") and node.name == "command")
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_every_module_that_the_design_names_is_there():
    text = (PACKAGE.parent / "docs" / "design.md").read_text(encoding="utf-8")
    known = {name for module in TREES for name in (module, module.split("/")[-1])}
    named = set(re.findall(r"`((?:[a-z_]+/)*[a-z]+(?:_[a-z]+)+)`", text))
    assert len(named) > 40
    assert sorted(n for n in named if n not in known and not n.startswith("test_")) == []
