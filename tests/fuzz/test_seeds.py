"""What `make fuzz` once found is tried again, and the harness sees what it is made to see."""

from __future__ import annotations

import io
import json
import signal
import zipfile
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from cdv_geo.cli.command_group import cli

from fuzz import mutating, samples
from fuzz.running import MEGABYTES, Trial, in_a_child, smaller
from fuzz.targets import TARGETS, Target
from hostile_files.checking import loading_once

SEEDS = sorted(p for p in (Path(__file__).parent / "seeds").iterdir() if p.suffix != ".md")
LARGEST = 10_000  # bytes of a seed


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch, territory):
    monkeypatch.setattr("cdv_geo.territory.load_territory", loading_once(territory))


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """A territory that has a table of each kind."""
    folder = tmp_path_factory.mktemp("base") / "territory"
    samples.write_territory(folder)
    return folder


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A sound file of each kind that the commands read."""
    folder = tmp_path_factory.mktemp("sound")
    samples.write_sound_files(folder)
    return folder


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.stem)
def test_what_was_found_once_is_answered(seed: Path, base: Path, scratch: Path):
    target, separator, _ = seed.name.partition("--")
    assert separator, "a seed is called TARGET--WHAT-IS-WRONG.ENDING"
    assert seed.stat().st_size < LARGEST
    trial = Trial(target, seed.suffix, seed.read_bytes())
    assert in_a_child(iter([trial]), base, scratch)[:2] == (1, "")


def _raises(_folder: Path) -> None:
    raise KeyError("planted" * 3)


def _eats_memory(_folder: Path) -> None:
    assert b"\1" * (MEGABYTES * 2**20)


def _never_ends(_folder: Path) -> None:
    signal.raise_signal(signal.SIGXCPU)  # as the system sends when the seconds are over


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (_raises, "KeyError at ?: "),
        (_eats_memory, "took 1"),
        (_never_ends, f"ended by signal {signal.SIGXCPU.value}"),
    ],
)
def test_each_thing_that_may_not_be_is_found(call, said, base, scratch, monkeypatch):
    monkeypatch.setitem(TARGETS, "planted", Target("{file}", (".csv",), call=call))
    trials = [
        Trial("columns", ".toml", b"[columns]\n'a' = 'nom'\n"),
        Trial("planted", ".csv", b"x"),
    ]
    done, found, trial = in_a_child(iter(trials), base, scratch)
    assert done == 2
    assert found.startswith(said)
    assert trial == trials[1]


def test_what_is_found_is_made_smaller(base: Path, scratch: Path, monkeypatch):
    def call(folder: Path) -> None:
        if b"Q" in (folder / "spoilt.csv").read_bytes():
            raise KeyError("planted")

    monkeypatch.setitem(TARGETS, "planted", Target("{file}", (".csv",), call=call))
    trial = Trial("planted", ".csv", b"a" * 50 + b"Q" + b"b" * 50)
    said = in_a_child(iter([trial]), base, scratch)[1]
    assert smaller(trial, said, base, scratch).content == b"Q"


_SOUND = {".csv": "a.csv", ".xlsx": "table.xlsx", ".geojson": "quartiers.geojson"}
_SOUND |= {".gpkg": "points.gpkg", ".zip": "quartiers.zip", ".parquet": "points.parquet"}


# Where a sound part takes its own place in the territory, one command does the same for all parts.
_BY_COMMAND = {each.command: name for name, each in TARGETS.items() if each.call is None}


def test_each_part_that_is_spoilt_is_one_of_the_territory(base: Path):
    parts = [each.part for each in TARGETS.values() if each.part and each.call is None]
    assert [part for part in parts if not (base / part).is_file()] == []


@pytest.mark.parametrize("name", _BY_COMMAND.values())
def test_a_command_does_its_work_with_a_sound_file(
    name: str, base: Path, sound: Path, tmp_path: Path
):
    target = TARGETS[name]
    file = sound / _SOUND.get(target.suffixes[0], "columns.toml")
    if target.part is not None or ".toml" in target.suffixes:
        file = base / (target.part or "columns.toml")
    if name.startswith("map-"):
        file = base / "maps" / "own.toml"
    arguments = target.arguments(tmp_path, file.read_bytes(), file.suffix, base)
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code in ({0, 3} if name.startswith("check-") else {0}), result.output


def test_the_same_numbers_spoil_a_file_the_same_way():
    content = json.dumps({"a": [1, {"b": "Équipement"}], "c": "x;y"}).encode()
    spoilt = [mutating.mutate(content, Random(n)) for n in range(200)]
    assert spoilt == [mutating.mutate(content, Random(n)) for n in range(200)]
    assert len(set(spoilt)) > 100


def test_a_zip_is_spoilt_within_and_its_checksums_are_right():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("a.txt", "Aval;Amont\n1;2\n")
    spoilt = mutating._member(stream.getvalue(), Random(5))
    with zipfile.ZipFile(io.BytesIO(spoilt)) as packed:
        assert packed.testzip() is None
        assert packed.read("a.txt") != b"Aval;Amont\n1;2\n"
