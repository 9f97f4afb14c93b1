"""The same recipe gives the same bytes, in another process, at another time, in any hash order."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cdv_geo.cartography.rendering import SUFFIXES

MAPS = sorted(path.stem for path in (Path(__file__).parents[2] / "maps").glob("*.toml"))
OF_ONE_QUARTIER = {"zoom-quartier": ["--perimeter", "QN07301M"]}
SEEDS = ("0", "4242")
# One process draws everything through the command line, since it is the start that takes long.
DRAW_ALL = """
import json, sys
from cdv_geo.cli.main import cli
for arguments in json.loads(sys.argv[1]):
    cli(["-q", "map", *arguments], standalone_mode=False)
"""


def every_map(folder):
    """Give the arguments that draw every map in every format into a folder."""
    return [
        [name, *OF_ONE_QUARTIER.get(name, []), "-o", f"{folder}/{name}{suffix}"]
        for name in MAPS
        for suffix in SUFFIXES
    ]


@pytest.fixture(scope="module")
def digests(tmp_path_factory):
    """Draw every map in every format in two processes; give the digest of each file of both."""
    folders = [tmp_path_factory.mktemp(f"seed-{seed}") for seed in SEEDS]
    processes = []
    for seed, folder in zip(SEEDS, folders, strict=True):
        command = [sys.executable, "-c", DRAW_ALL, json.dumps(every_map(folder))]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        processes.append(subprocess.Popen(command, env=environment))
        time.sleep(1.1)  # a second that is written into a file is another one in the other process
    assert [process.wait() for process in processes] == [0, 0]
    return [
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in folders
    ]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", MAPS)
def test_each_map_has_the_same_bytes_in_each_format(digests, name, suffix):
    first, second = digests
    assert first[f"{name}{suffix}"] == second[f"{name}{suffix}"]
