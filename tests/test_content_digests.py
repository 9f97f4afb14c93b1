"""Same content, same digest, in any process; another content, another digest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import markupsafe
import numpy as np
import pandas as pd
import pytest
import shapely

from cdv_geo.cartography.scene import Layer, Scene, Subject, SymbolClass
from cdv_geo.cartography.style import Style
from cdv_geo.content_digests import digest_of, file_digest, program_digest

from squares import points


@dataclass(frozen=True)
class Pair:
    left: object
    right: object


@dataclass(frozen=True)
class OtherPair:
    left: object
    right: object


FRAME = pd.DataFrame({"a": ["x", None], "b": [1.0, float("nan")]})
PLACES = points((0, 0), None, text=["é", None])
DIFFERENT = {
    "nothing": None,
    "empty text": "",
    "text": "1",
    "bytes": b"1",
    "number": 1,
    "float": 1.0,
    "true": True,
    "numpy": np.int64(1),
    "markup": markupsafe.Markup("1"),
    "path": Path("1"),
    "day": date(2024, 1, 1),
    "day as text": "datetime.date(2024, 1, 1)",
    "tuple": ("1",),
    "list": ["1"],
    "two texts": ("ab", "c"),
    "two other texts": ("a", "bc"),
    "one long text": ("abc",),
    "nested": (("a",), "b"),
    "nested otherwise": ("a", ("b",)),
    "lone surrogate": "\ud800",
    "set": {"1"},
    "frozen pair": Pair("a", "b"),
    "pair of another kind": OtherPair("a", "b"),
    "pair as a mapping": {"left": "a", "right": "b"},
    "the mapping turned": {"right": "b", "left": "a"},
    "array": np.array([1.0, 2.0]),
    "array of integers": np.array([1, 2]),
    "array of bytes": np.array([1, 0, 0, 0], dtype="int8"),
    "array of one number of four bytes": np.array([1], dtype="<i4"),
    "no rows, two columns": np.zeros((0, 2)),
    "no rows, three columns": np.zeros((0, 3)),
    "not a number": float("nan"),
    "minus nought": -0.0,
    "nought": 0.0,
    "NA": pd.NA,
    "NaT": pd.NaT,
    "table": FRAME,
    "another name": FRAME.rename(columns={"a": "c"}),
    "another order": FRAME[["b", "a"]],
    "another cell": FRAME.assign(b=[1.0, 2.0]),
    "nothing for an empty text": FRAME.assign(a=["x", ""]),
    "another index": FRAME.set_axis([1, 0]),
    "objects": FRAME.astype(object),
    "category": FRAME.assign(a=pd.Categorical(["x", None], ["x", "y"])),
    "category of another order": FRAME.assign(a=pd.Categorical(["x", None], ["y", "x"])),
    "column": FRAME["a"],
    "places": PLACES,
    "places moved": PLACES.set_geometry(PLACES.translate(1e-9)),
    "places elsewhere": PLACES.set_crs("EPSG:3035", allow_override=True),
    "places as a series": PLACES.geometry,
    "ring": shapely.LinearRing([(0, 0), (1, 0), (1, 1)]),
    "line": shapely.LineString([(0, 0), (1, 0), (1, 1), (0, 0)]),
}


def test_whatever_differs_has_another_digest():
    digests = {name: digest_of(content) for name, content in DIFFERENT.items()}
    same = [pair for pair in combinations(digests, 2) if digests[pair[0]] == digests[pair[1]]]
    assert same == []


@pytest.mark.parametrize(
    ("content", "again"),
    [
        ({"b", "a", "c"}, {"c", "b", "a"}),
        ({"a": 1}, OrderedDict(a=1)),
        (FRAME, FRAME.copy()),
        (
            PLACES,
            gpd.GeoDataFrame.from_features(PLACES, crs=PLACES.crs)[["geometry", "id", "text"]],
        ),
        (np.arange(4).reshape(2, 2).T, np.array([[0, 2], [1, 3]])),
    ],
    ids=["set", "mapping", "table", "places", "array"],
)
def test_what_is_the_same_has_the_same_digest(content, again):
    if isinstance(content, gpd.GeoDataFrame):
        again = again[list(content.columns)].astype({"text": content["text"].dtype})
        again = again.astype({"id": content["id"].dtype})
    assert digest_of(content) == digest_of(again)


SCENE = Scene(
    "Titre",
    "",
    (Layer("Lieux", PLACES.assign(class_index=0), (SymbolClass("Lieu", Style()),)),),
    (0.0, 0.0, 1.0, 1.0),
    subjects=(Subject("a", "action", "Nom"),),
)


def test_a_scene_is_told_by_anything_in_it():
    changed = [
        replace(SCENE, title="Autre"),
        replace(SCENE, subjects=(Subject("a", "action", "Autre"),)),
        replace(
            SCENE, layers=(replace(SCENE.layers[0], classes=(SymbolClass("Lieu", Style("#fff")),)),)
        ),
        replace(SCENE, layers=(replace(SCENE.layers[0], features=PLACES.assign(class_index=1)),)),
    ]
    assert len({digest_of(scene) for scene in (SCENE, *changed)}) == 1 + len(changed)


SCRIPT = """
import sys
sys.path[:0] = [{tests!r}]
from cdv_geo.content_digests import digest_of, program_digest
from squares import points
print(digest_of(({{"b", "a", "c", "d"}}, {{"x": points((0, 0), None, text=["é", None])}})))
print(program_digest())
"""


def test_another_process_gives_the_same_digests_in_any_hash_order():
    script = SCRIPT.format(tests=str(Path(__file__).parent))
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "1"},  # that of this process is any
    )
    here = digest_of(({"d", "a", "c", "b"}, {"x": PLACES}))
    assert run.stdout.split() == [here, program_digest()]


def test_what_is_of_no_known_kind_is_refused():
    with pytest.raises(TypeError, match=r"^object has no digest"):
        digest_of(("a", object()))


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of FIPS 180-2
    assert file_digest(tmp_path / "a") == known
