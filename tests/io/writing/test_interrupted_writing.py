"""Writing that is killed, stopped, refused or done twice at once, in processes of its own.

Run as a program, this file is the process that writes: it imports once and forks for each kill.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import cdv_geo
from cdv_geo.io.writing.output_files import write_bytes, write_table, writing_table

from thinning import some

resource = pytest.importorskip("resource", reason="Windows sets no limit to a file")

ENDINGS = ("csv", "gpkg", "xlsx", "parquet", "geojson")
# As many rows as take about as long in each format, and more than 50 kB.
ROWS = {"csv": 80_000, "gpkg": 30_000, "xlsx": 4_000, "parquet": 200_000, "geojson": 10_000}
KILLS = len(some(range(50), 15))
ROUNDS = len(some(range(15), 5))
# What a program can write in parts; it is stopped while it writes one of them, or any of all.
IN_PARTS = ("csv", "parquet", "gpkg", "geojson")
OLD = b"old"
FULL = "No space left on device."


def table(rows):
    metres = 926_000 + np.arange(rows) % 997
    return gpd.GeoDataFrame(
        {
            "id": [f"p{row}" for row in range(rows)],
            "nom": "École",
            "distance": np.arange(rows) / 7,
        },
        geometry=shapely.points(metres, 6_500_000 + metres % 89),
        crs="EPSG:2154",
    )


PATH_OF_TESTS = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def run(job, *values, **options):
    command = [sys.executable, __file__, job, *map(str, values)]
    return subprocess.run(
        command,
        env=PATH_OF_TESTS,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        **options,
    )


def start(job, *values):
    command = [sys.executable, __file__, job, *map(str, values)]
    return subprocess.Popen(command, env=PATH_OF_TESTS, stdout=subprocess.PIPE, text=True)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_killed_at_any_moment_the_old_file_or_the_new_is_there_whole(tmp_path):
    report = json.loads(run("kill", tmp_path, KILLS // len(ENDINGS)).stdout)
    assert len(report) == KILLS
    assert [kill for kill in report if kill["after"] not in {"old", "new"}] == []
    assert [kill for kill in report if kill["leftovers"]] == []
    for ending in ENDINGS:  # or nothing was tried
        assert any(kill["killed"] for kill in report if kill["ending"] == ending), ending
    assert any(kill["parts"] for kill in report)


def old_files(folder):
    paths = [folder / f"t.{ending}" for ending in ENDINGS]
    for path in paths:
        path.write_bytes(OLD)
    return paths


def assert_only_old_files(folder):
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        f"t.{ending}": OLD for ending in ENDINGS
    }


def test_a_file_that_grows_too_large_leaves_the_old_one(tmp_path):
    paths = old_files(tmp_path)
    said = run("limit", *paths).stdout.splitlines()
    for path, line in zip(paths, said, strict=True):
        assert line.startswith(f"OutputError {path} ")
    assert_only_old_files(tmp_path)


def test_a_full_disk_leaves_the_old_file(small_disk):
    paths = old_files(small_disk)
    said = run("write", *paths).stdout.splitlines()
    for path, line in zip(paths, said, strict=True):
        sqlite = "SQLite refused it, as it does when the disk is full"
        reason = sqlite if path.suffix == ".gpkg" else FULL
        assert line.startswith(f"OutputError {path} cannot be written: {reason}")
    assert_only_old_files(small_disk)


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("needs to mount a file system")
    command = [mount, "-t", "tmpfs", "-o", "size=50k", "tmpfs", folder]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("may not mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_folder_that_may_not_be_written_is_refused_in_one_sentence(tmp_path):
    paths = [path.name for path in old_files(tmp_path)]
    tmp_path.chmod(0o555)
    said = run("unprivileged", *paths, cwd=tmp_path).stdout.splitlines()
    tmp_path.chmod(0o755)
    assert said == [f"OutputError {path} cannot be written: Permission denied." for path in paths]
    assert_only_old_files(tmp_path)


def test_a_folder_that_may_be_written_and_not_listed_is_written(tmp_path):
    tmp_path.chmod(0o333)
    said = run("unprivileged", "t.csv", cwd=tmp_path).stdout
    tmp_path.chmod(0o755)
    assert said == "done\n"
    assert names(tmp_path) == ["t.csv"]


def test_two_at_once_both_succeed_and_the_file_is_whole_at_every_moment(tmp_path):
    versions = {}
    for rows in (100, 200):
        for ending in ENDINGS:
            path = tmp_path / f"t.{ending}"
            write_table(table(rows), path, overwrite=True, title="t")
            versions.setdefault(path, []).append(path.read_bytes())
    writers = [start("again", rows, *versions) for rows in (100, 200)]
    while any(writer.poll() is None for writer in writers):
        for path, whole in versions.items():
            assert path.read_bytes() in whole
        time.sleep(0.001)
    assert [writer.communicate()[0] for writer in writers] == ["done\n", "done\n"]
    assert all(path.read_bytes() in whole for path, whole in versions.items())
    assert names(tmp_path) == sorted(path.name for path in versions)


def test_of_two_at_once_that_may_not_replace_one_is_refused(tmp_path):
    rounds = 200
    writers = [start("first", tmp_path, rounds, tag) for tag in ("a", "b")]
    won = [json.loads(writer.communicate()[0]) for writer in writers]
    assert sorted(won[0] + won[1]) == list(range(rounds))
    for tag, mine in zip(("a", "b"), won, strict=True):
        assert {(tmp_path / str(turn)).read_text() for turn in mine} <= {tag}
    assert len(names(tmp_path)) == rounds


@pytest.mark.parametrize("endings", some([IN_PARTS, *((ending,) for ending in IN_PARTS)], 1))
def test_a_run_that_is_told_to_end_removes_what_it_began(tmp_path, endings):
    old_files(tmp_path)
    child = start("terminate", *(tmp_path / f"t.{ending}" for ending in endings))
    assert child.stdout.readline() == "writing\n"
    assert len(names(tmp_path)) >= len(ENDINGS) + len(endings)
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=60)
    assert child.returncode == 143
    assert_only_old_files(tmp_path)


def kill(folder, times):
    """Write each format over an old file, kill at a random moment, and tell what is there then."""
    chance = random.Random(20240101)  # noqa: S311  # it only says when to kill
    report = []
    for ending in ENDINGS:
        frame = table(ROWS[ending])
        place = Path(folder) / ending
        place.mkdir()
        whole, target = Path(folder) / f"whole.{ending}", place / f"t.{ending}"
        # Once to warm up, which a forked process inherits in part, and once for the time it takes.
        for _ in range(2):
            began = time.monotonic()
            pid, _ready = forked(frame, whole)
            os.waitpid(pid, 0)
            took = time.monotonic() - began
        new = whole.read_bytes()
        for turn in range(int(times)):  # one in each part of the time it takes
            target.write_bytes(OLD)
            killed = kill_once(frame, target, took * (turn + chance.random()) / int(times))
            found = target.read_bytes()
            after = {OLD: "old", new: "new"}.get(found, "broken")
            parts = [name for name in names(place) if name.startswith(".cdv_geo.")]
            write_bytes(b"next", place / "next", overwrite=True)
            leftovers = [name for name in names(place) if name not in {target.name, "next"}]
            report.append(
                {
                    "ending": ending,
                    "killed": killed,
                    "after": after,
                    "parts": parts,
                    "leftovers": leftovers,
                }
            )
    sys.stdout.write(json.dumps(report))


def kill_once(frame, target, delay):
    pid, ready = forked(frame, target)
    os.read(ready, 1)
    os.close(ready)
    time.sleep(delay)
    os.kill(pid, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def forked(frame, target):
    """Write in a copy of this process; what is read from the handle tells that it begins."""
    ready, begin = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(begin, b"!")
        write_table(frame, target, overwrite=True, title="t")
        os._exit(0)
    os.close(begin)
    return pid, ready


def write(*paths):
    for path in map(Path, paths):
        try:
            write_table(table(ROWS[path.suffix[1:]]), path, overwrite=True, title="t")
        except cdv_geo.OutputError as error:
            sys.stdout.write(f"OutputError {error}\n")
        else:
            sys.stdout.write("done\n")


def limit(*paths):
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    write(*paths)


def unprivileged(*paths):
    if os.geteuid() == 0:
        os.setuid(65534)
    write(*paths)


def again(rows, *paths):
    frame = table(int(rows))
    for _ in range(ROUNDS):
        for path in map(Path, paths):
            write_table(frame, path, overwrite=True, title="t")
    sys.stdout.write("done\n")


def first(folder, rounds, tag):
    won = []
    for turn in range(int(rounds)):
        try:
            write_bytes(tag.encode(), Path(folder) / str(turn), overwrite=False)
        except cdv_geo.OutputError:
            continue
        won.append(turn)
    sys.stdout.write(json.dumps(won))


def terminate(*paths):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as stack:
        begun = [
            stack.enter_context(writing_table(Path(path), overwrite=True, title="t"))
            for path in paths
        ]
        for put in begun:
            put(table(100))
        sys.stdout.write("writing\n")
        sys.stdout.flush()
        while True:
            for put in begun:
                put(table(100))


JOBS = (kill, write, limit, unprivileged, again, first, terminate)

if __name__ == "__main__":
    {job.__name__: job for job in JOBS}[sys.argv[1]](*sys.argv[2:])
