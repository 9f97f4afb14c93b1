"""Each kind of layer stands in one file, and its record is complete."""

from __future__ import annotations

import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path

from cdv_geo.cartography import layers
from cdv_geo.cartography.layers import KINDS
from cdv_geo.cartography.recipe import LayerRecipe

KEYS = {field.name for field in fields(LayerRecipe)} - {"kind"}


def test_every_file_that_holds_a_kind_is_listed():
    files = [path.stem for path in Path(layers.__file__).parent.glob("[a-z]*.py")]
    modules = [import_module(f"cdv_geo.cartography.layers.{file}") for file in files]
    held = {module.KIND.name for module in modules if hasattr(module, "KIND")}
    assert set(KINDS) == held


def test_every_key_of_a_layer_is_read_by_some_kind_and_no_other_key_is():
    assert {key for kind in KINDS.values() for key in kind.keys} == KEYS
    assert all(set(kind.required) <= set(kind.keys) for kind in KINDS.values())


def test_no_two_kinds_are_called_alike():
    assert len({kind.french_name for kind in KINDS.values()}) == len(KINDS)


def test_every_kind_and_every_key_it_reads_is_described():
    text = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### `(\w+)`$", text, re.MULTILINE)) == set(KINDS)
    table = text.partition("| key | read by |")[2]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE)
    read = {(kind, key) for key, kinds in rows for kind in re.findall(r"\w+", kinds)}
    assert read == {(kind.name, key) for kind in KINDS.values() for key in kind.keys}
