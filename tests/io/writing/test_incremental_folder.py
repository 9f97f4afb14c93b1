"""A folder that is made again where it changed, in several processes, and stopped at any moment.

Run as a program, this file is the process that makes a folder.
"""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest

import cdv_geo
from cdv_geo.content_digests import file_digest
from cdv_geo.failures import Failures
from cdv_geo.io.writing.folder_manifest import MANIFEST, read_manifest
from cdv_geo.io.writing.incremental_folder import Piece, rebuild_folder

from thinning import singles, some

PIECES = 8
FILES = 2 * PIECES
KILLS = len(some(range(20), 4))


def quiet(_what, _done, _total):
    """Take the place of a progress bar."""


def write(content, paths):
    for path in paths:
        ending = path.suffix.replace(".part", "")  # of the temporary file of one without ending
        path.write_text(f"{content}{ending}")


def piece(*names, content="1", writer=write):
    return Piece(names, lambda: content, writer)


def rebuild(folder, *pieces, inputs=None, failures=None, overwrite=False, jobs=1, step=quiet):
    """Make a folder from what is given; the inputs are others each time unless they are said."""
    return rebuild_folder(
        folder,
        pieces,
        inputs=inputs or os.urandom(8).hex(),
        failures=Failures() if failures is None else failures,
        overwrite=overwrite,
        step=step,
        jobs=jobs,
    )


def build(folder, *pieces, **options):
    """Make a folder, and name the files that were made."""
    return sorted(path.name for path in rebuild(folder, *pieces, **options).made)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_only_what_is_made_from_another_content_is_made_again(tmp_path):
    folder = tmp_path / "atlas"
    assert build(folder, piece("a"), piece("b")) == ["a", "b"]
    assert build(folder, piece("a"), piece("b", content="2")) == ["b"]
    assert (folder / "a").read_text() == "1"
    assert (folder / "b").read_text() == "2"


def test_a_second_run_touches_nothing_not_even_the_manifest(tmp_path):
    pieces = [piece("a.x", "a.y"), piece("b")]
    build(tmp_path, *pieces, inputs="same")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert build(tmp_path, *pieces, inputs="same") == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_of_a_file_made_from_the_same_inputs_the_content_is_not_asked_for(tmp_path):
    asked = []
    counting = Piece(("a",), lambda: asked.append("a") or "1", write)
    build(tmp_path, counting, inputs="same")
    build(tmp_path, counting, inputs="same")
    assert asked == ["a"]
    assert build(tmp_path, counting, inputs="others") == []  # asked, and found the same
    build(tmp_path, counting, inputs="others")
    assert asked == ["a", "a"]


def shout(content, paths):
    write(content.upper(), paths)


def test_another_way_of_writing_makes_the_file_again(tmp_path):
    build(tmp_path, piece("a", content="a"))
    assert build(tmp_path, piece("a", content="a", writer=shout)) == ["a"]
    assert (tmp_path / "a").read_text() == "A"


HARMS = {
    "edited": lambda path: path.write_text("1.y by hand"),
    "emptied": lambda path: path.write_text(""),
    "cut short": lambda path: path.write_text("1"),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
@pytest.mark.parametrize("inputs", ["same", None])
def test_a_file_that_was_changed_is_kept_until_it_may_be_replaced(tmp_path, harm, inputs):
    pieces = [piece("a.x", "a.y"), piece("b")]
    build(tmp_path, *pieces, inputs=inputs)
    harm(tmp_path / "a.y")
    before = contents(tmp_path)
    with pytest.raises(cdv_geo.OutputError, match=r"a\.y is not what an earlier run wrote there"):
        build(tmp_path, *pieces, inputs=inputs)
    assert contents(tmp_path) == before
    assert build(tmp_path, *pieces, inputs=inputs, overwrite=True) == ["a.y"]
    assert (tmp_path / "a.y").read_text() == "1.y"


@pytest.mark.parametrize("inputs", ["same", None])
def test_a_file_that_was_lost_is_made_again_and_its_neighbour_is_not(tmp_path, inputs):
    pieces = [piece("a.x", "a.y"), piece("b")]
    build(tmp_path, *pieces, inputs=inputs)
    (tmp_path / "a.y").unlink()
    assert build(tmp_path, *pieces, inputs=inputs) == ["a.y"]
    assert (tmp_path / "a.y").read_text() == "1.y"


@pytest.mark.parametrize(("overwrite", "said"), [(False, "is not what"), (True, "symbolic link")])
def test_a_link_in_the_place_of_a_file_is_not_taken_for_it(tmp_path, overwrite, said):
    folder = tmp_path / "atlas"
    build(folder, piece("a"))
    (folder / "a").rename(tmp_path / "elsewhere")
    (folder / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(cdv_geo.OutputError, match=said):
        build(folder, piece("a"), overwrite=overwrite)
    assert (tmp_path / "elsewhere").read_text() == "1"
    assert (folder / "a").is_symlink()


def record(folder, **contents_of):
    """Write a manifest by hand that records what files hold."""
    files = {n: {"content": sha256(text.encode()).hexdigest()} for n, text in contents_of.items()}
    (folder / MANIFEST).write_text(json.dumps({"made_by": "cdv_geo", "files": files}))


@pytest.mark.parametrize("recorded", ["others", "mine"])
def test_a_manifest_by_hand_removes_nothing_of_a_kind_that_is_not_made(tmp_path, recorded):
    """Even where it records the very bytes of somebody's file."""
    (tmp_path / "thesis.odt").write_text("mine")
    record(tmp_path, **{"thesis.odt": recorded})
    with pytest.raises(cdv_geo.OutputError, match=r"thesis\.odt is not what an earlier run wrote"):
        build(tmp_path, piece("a.x"))
    assert names(tmp_path) == [MANIFEST, "thesis.odt"]
    assert build(tmp_path, piece("a.x"), overwrite=True) == ["a.x"]
    assert (tmp_path / "thesis.odt").read_text() == "mine"


def test_an_old_file_that_was_changed_stays_and_it_is_said(tmp_path):
    build(tmp_path, piece("a"), piece("b"), piece("c"))
    (tmp_path / "b").write_text("by hand")
    with pytest.raises(cdv_geo.OutputError, match="b is not what an earlier run wrote there"):
        build(tmp_path, piece("a"))
    assert names(tmp_path) == ["a", "b", "c", MANIFEST]
    rebuilt = rebuild(tmp_path, piece("a"), overwrite=True)
    assert (rebuilt.removed, rebuilt.left) == ((tmp_path / "c",), (tmp_path / "b",))
    assert (tmp_path / "b").read_text() == "by hand"
    assert names(tmp_path) == ["a", "b", MANIFEST]
    assert list(read_manifest(tmp_path)) == ["a"]


def test_a_folder_or_a_link_that_the_manifest_names_is_not_removed(tmp_path):
    folder = tmp_path / "atlas"
    (folder / "b").mkdir(parents=True)
    (tmp_path / "victim").write_text("1")
    (folder / "c").symlink_to(tmp_path / "victim")
    record(folder, b="1", c="1")
    assert build(folder, piece("a"), overwrite=True) == ["a"]
    assert names(folder) == ["a", "b", "c", MANIFEST]
    assert (tmp_path / "victim").read_text() == "1"


def test_a_file_that_somebody_writes_meanwhile_is_not_replaced(tmp_path):
    def write_late(content, paths):
        (tmp_path / "b").write_text("mine")
        write(content, paths)

    with pytest.raises(cdv_geo.OutputError, match="b is not what an earlier run wrote there"):
        build(tmp_path, piece("a", writer=write_late), piece("b"))
    assert (tmp_path / "b").read_text() == "mine"
    assert (tmp_path / "a").read_text() == "1"


def test_what_is_made_no_more_is_removed_and_strangers_are_left_alone(tmp_path):
    folder = tmp_path / "atlas"
    build(folder, piece("a"), piece("b"))
    (folder / "mine.txt").write_text("mine")
    build(folder, piece("a"), piece("c"))
    assert names(folder) == sorted(["a", "c", "mine.txt", MANIFEST])
    assert list(json.loads((folder / MANIFEST).read_text())["files"]) == ["a", "c"]


def test_a_file_of_somebody_else_in_the_way_is_refused(tmp_path):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(cdv_geo.OutputError, match="a is not what an earlier run wrote there"):
        build(tmp_path, piece("a"))
    assert (tmp_path / "a").read_text() == "mine"
    assert build(tmp_path, piece("a"), overwrite=True) == ["a"]
    assert (tmp_path / "a").read_text() == "1"


@pytest.mark.parametrize("name", ["../victim", "/victim", "", ".", "..", "a/../../victim", "a\0"])
def test_a_manifest_cannot_name_files_outside_its_folder(tmp_path, name):
    folder = tmp_path / "atlas"
    folder.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    record(folder, **{name: "mine"})
    with pytest.raises(cdv_geo.OutputError, match="was not made by this program"):
        build(folder, piece("a"), overwrite=True)
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("lying", ["old", "1"])
def test_what_a_killed_run_recorded_is_its_own_before_and_after_it_is_in_place(tmp_path, lying):
    old, new = (sha256(text.encode()).hexdigest() for text in ("old", "1"))
    files = {"a": {"content": old, "coming": new}}
    (tmp_path / MANIFEST).write_text(json.dumps({"made_by": "cdv_geo", "files": files}))
    (tmp_path / "a").write_text(lying)
    assert build(tmp_path, piece("a")) == ["a"]
    assert (tmp_path / "a").read_text() == "1"
    assert read_manifest(tmp_path)["a"].coming == ""


def _link(path):
    path.with_name("victim").write_text('{"made_by": "cdv_geo", "files": {}}')
    path.symlink_to("victim")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes with a name")
@pytest.mark.parametrize(
    "lay",
    [_link, Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")],
    ids=["link", "folder", "pipe", "dangling link"],
)
def test_a_manifest_that_is_no_file_is_not_read(tmp_path, lay):
    lay(tmp_path / MANIFEST)
    with pytest.raises(cdv_geo.OutputError, match="was not made by this program"):
        build(tmp_path, piece("a"), overwrite=True)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "content",
    [
        '{"name": "my web app", "files": ["precious.txt"]}',
        '{"made_by": "cdv_geo"}',
        '{"made_by": "cdv_geo", "files": {"precious.txt": 5}}',
        '{"made_by": "cdv_geo", "files": ["precious.txt"]}',
        '{"files": 5}',
        "[]",
        json.dumps({"made_by": "cdv_geo", "files": {f"f{n}": {} for n in range(50_001)}}),
        "[" * 100_000,
        "not json",
        "",
    ],
    ids=range(10),
)
def test_the_manifest_of_another_program_is_never_obeyed(tmp_path, content):
    (tmp_path / MANIFEST).write_text(content)
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(cdv_geo.OutputError, match="was not made by this program"):
        build(tmp_path, piece("a"), overwrite=True)
    assert (tmp_path / "precious.txt").exists()
    assert (tmp_path / MANIFEST).read_text() == content


def test_progress_counts_files_and_says_how_many_are_unchanged(tmp_path):
    build(tmp_path, piece("a.x", "a.y"), piece("b"))
    said = []
    build(
        tmp_path,
        piece("a.x", "a.y"),
        piece("b", content="2"),
        step=lambda *told: said.append(told),
    )
    assert said == [
        ("a.x (0 unchanged)", 0, 3),
        ("b (2 unchanged)", 2, 3),
        ("b (2 unchanged)", 3, 3),
    ]


def stop(_content, _paths):
    raise KeyboardInterrupt


def test_what_a_stopped_run_made_is_not_made_twice(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, piece("a"), piece("b", writer=stop), piece("c"))
    assert names(tmp_path) == ["a", MANIFEST]
    assert build(tmp_path, piece("a"), piece("b"), piece("c")) == ["b", "c"]


def unreadable():
    raise cdv_geo.DataError("a figure is not known.")


def bad(*names):
    return Piece(names, unreadable, write)


def refuse(_content, _paths):
    raise cdv_geo.OutputError("there is no room.")


def index(failures):
    """A piece that says what failed before it."""
    said = ("index",), lambda: [files for files, _ in failures.told()], write
    return Piece(*said, tells_failures=True)


def test_what_failed_is_told_and_made_by_the_next_run_alone(tmp_path):
    failures = Failures()
    told = index(failures)
    pieces = piece("a.x", "a.y", writer=refuse), bad("b"), piece("c"), told
    assert build(tmp_path, *pieces, inputs="same", failures=failures) == ["c", "index"]
    assert {name: str(error) for name, error in failures.items()} == {
        "a.x": "there is no room.",
        "a.y": "there is no room.",
        "b": "a figure is not known.",
    }
    assert (tmp_path / "index").read_text() == "['a.x, .y', 'b']"
    before = contents(tmp_path)
    assert build(tmp_path, *pieces, inputs="same", failures=failures) == []
    assert contents(tmp_path) == before
    pieces = piece("a.x", "a.y"), piece("b"), piece("c"), told
    made = build(tmp_path, *pieces, inputs="same", failures=failures)
    assert made == ["a.x", "a.y", "b", "index"]
    assert (failures, (tmp_path / "index").read_text()) == ({}, "[]")


@pytest.mark.parametrize("failing", [bad("a"), piece("a", content="2", writer=refuse)])
def test_what_an_earlier_run_made_of_what_fails_now_is_removed(tmp_path, failing):
    build(tmp_path, piece("a"), piece("b"))
    rebuilt = rebuild(tmp_path, failing, piece("b"))
    assert (rebuilt.paths, rebuilt.removed, rebuilt.left) == (
        (tmp_path / "b",),
        (tmp_path / "a",),
        (),
    )
    assert names(tmp_path) == ["b", MANIFEST]
    assert list(read_manifest(tmp_path)) == ["b"]


def test_what_somebody_wrote_in_the_place_of_what_fails_stays(tmp_path):
    build(tmp_path, piece("a"), piece("b"))
    (tmp_path / "a").write_text("by hand")
    with pytest.raises(cdv_geo.OutputError, match="a is not what an earlier run wrote there"):
        build(tmp_path, bad("a"), piece("b"))
    rebuilt = rebuild(tmp_path, bad("a"), piece("b"), overwrite=True)
    assert (rebuilt.removed, rebuilt.left) == ((), (tmp_path / "a",))
    assert (tmp_path / "a").read_text() == "by hand"


# What follows runs this file as a program.

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc")


def slow(content, paths):
    time.sleep(0.02)
    write(content, paths)


def fail(content, _paths):
    if content == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if content == "no memory":
        raise MemoryError
    raise cdv_geo.OutputError("a table has no rows.")


class PanicError(BaseException):
    """One that is no `Exception`, as those of typst are."""


def panic(_content, _paths):
    raise PanicError("no typesetter")


class OddError(Exception):
    """One that no other process can make anew."""

    def __init__(self, what, why):
        super().__init__(f"{what} is {why}")


def puzzle(_content, _paths):
    raise OddError("a pen", "empty")


def die(_content, _paths):
    os.kill(os.getpid(), signal.SIGKILL)


def hang(content, paths):
    """Write a part of a file, tell who does, and never end."""
    write(content, paths)
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    time.sleep(600)


WRITERS = {
    "slow": slow,
    "fail": fail,
    "puzzle": puzzle,
    "panic": panic,
    "die": die,
    "hang": hang,
}


def slow_pieces(content):
    return [
        piece(f"f{n}.x", f"f{n}.y", content=f"{content}{n}", writer=slow) for n in range(PIECES)
    ]


def start(*values):
    command = [sys.executable, __file__, *map(str, values)]
    return subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(*values):
    process = start(*values)
    said, complained = process.communicate(timeout=120)
    return process.returncode, said, complained


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until_gone(pids):
    until = time.monotonic() + 30
    while any(map(is_alive, pids)):
        assert time.monotonic() < until, pids
        time.sleep(0.01)


def test_any_number_of_processes_gives_the_same_bytes(tmp_path):
    for jobs in (1, 2):
        assert run("make", tmp_path / str(jobs), jobs, "slow", "a0") == (0, f"{FILES}\n", "")
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert len(contents(tmp_path / "1")) == FILES + 1


SENTENCES = {
    "full": "WritingStoppedError: {}/f0.y cannot be written: No space left on device.\n",
    "no memory": "MemoryError: \n",
}


@pytest.mark.parametrize(("jobs", "content"), singles(product([1, 2], SENTENCES)))
def test_what_would_meet_every_file_ends_the_run_from_a_worker_too(tmp_path, jobs, content):
    expected = SENTENCES[content].format(tmp_path)
    assert run("make", tmp_path, jobs, "fail", content) == (1, expected, "")
    assert not [name for name in names(tmp_path) if name.startswith((".", "f0."))]


FAILING = {
    "fail": ("OutputError: a table has no rows.", "OutputError: a table has no rows."),
    "puzzle": ("OddError: a pen is empty", "RuntimeError: OddError: a pen is empty"),
    "panic": ("PanicError: no typesetter", "PanicError: no typesetter"),
}


@pytest.mark.parametrize(("jobs", "writer"), singles(product([1, 2], FAILING)))
def test_a_file_that_fails_in_any_process_leaves_the_others_as_they_would_be(
    tmp_path, jobs, writer
):
    made = f"f0.x, .y: {FAILING[writer][jobs - 1]}\n{FILES - 2}\n"
    assert run("make", tmp_path, jobs, writer, "a") == (0, made, "")
    others = {f"f{n}.{end}": f"a{n}.{end}".encode() for n in range(1, PIECES) for end in "xy"}
    there = contents(tmp_path)
    del there[MANIFEST]
    assert there == others
    assert {*read_manifest(tmp_path)} == {*others}


def test_a_worker_that_is_killed_is_said_and_nothing_of_its_file_stays(tmp_path):
    code, said, complained = run("make", tmp_path, 2, "die", "a")
    assert (code, complained) == (1, "")
    assert said.startswith(
        "WritingStoppedError: a process that wrote files was ended from outside (exit"
    )
    assert not [name for name in names(tmp_path) if name.startswith((".", "f0."))]


@linux
@pytest.mark.parametrize(
    ("sign", "group", "code"),
    [
        (signal.SIGTERM, False, 143),
        (signal.SIGINT, True, 130),  # a terminal sends Ctrl-C to all
        (signal.SIGKILL, False, -signal.SIGKILL),
    ],
)
def test_no_worker_outlives_the_run_and_no_file_is_half_written(tmp_path, sign, group, code):
    process = start("make", tmp_path, 2, "hang", "a")
    workers = [int(process.stdout.readline()) for _ in range(2)]
    assert process.pid not in workers
    (os.killpg if group else os.kill)(process.pid, sign)
    _, complained = process.communicate(timeout=60)
    assert (process.returncode, complained) == (code, "")
    wait_until_gone(workers)
    parts = [name for name in names(tmp_path) if name != MANIFEST]
    # A run that is killed clears nothing away; the next one does.
    assert (
        all(name.startswith(".cdv_geo.") for name in parts) if sign == signal.SIGKILL else not parts
    )
    build(tmp_path, *slow_pieces("a"))
    assert len(names(tmp_path)) == FILES + 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_killed_at_any_moment_is_completed_by_the_next(tmp_path, jobs):
    """From a folder of another content, so that old files, new ones and none lie side by side."""
    report = json.loads(run("kill", tmp_path, jobs, KILLS)[1])
    assert [kill for kill in report if kill["false claims"]] == []
    assert [kill for kill in report if not kill["completed"]] == []
    assert any(0 < kill["found right"] < FILES for kill in report)  # or nothing was tried


def make(folder, jobs, writer, content):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    others = slow_pieces("a")
    first = piece("f0.x", "f0.y", content=content, writer=WRITERS[writer])
    hanging = [replace(other, write=hang) for other in others[1:]]
    pieces = [first, *(hanging if writer == "hang" else others[1:])]
    failures = Failures()
    try:
        made = build(Path(folder), *pieces, inputs="same", failures=failures, jobs=int(jobs))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001
        sys.stdout.write(f"{type(error).__name__}: {error}\n")
        sys.exit(1)
    for files, error in failures.told():
        sys.stdout.write(f"{files}: {type(error).__name__}: {error}\n")
    sys.stdout.write(f"{len(made)}\n")


def kill(folder, jobs, times):
    """Kill runs at random moments, and tell what is there then and after the next run."""
    chance = random.Random(20240101)  # noqa: S311  # it only says when to kill
    folder = Path(folder)
    fresh, target = folder / "fresh", folder / "target"
    build(fresh, *slow_pieces("new"), inputs="new")
    report = []
    for turn in range(int(times)):
        build(target, *slow_pieces(f"old{turn}"), inputs=f"old{turn}")
        pid = os.fork()
        if pid == 0:
            build(target, *slow_pieces("new"), inputs="new", jobs=int(jobs))
            os._exit(0)
        mark = target / f"f{chance.randrange(PIECES - 1)}.x"
        while not mark.read_text().startswith("new"):
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.02))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        right = [
            n for n in read_manifest(fresh) if file_digest(target / n) == file_digest(fresh / n)
        ]
        entries = read_manifest(target)
        claimed = [
            name
            for name, entry in entries.items()
            if entry.inputs == read_manifest(fresh)[name].inputs
        ]
        false = [
            n for n in claimed if n not in right and entries[n].content == file_digest(target / n)
        ]
        made = build(target, *slow_pieces("new"), inputs="new")
        report.append(
            {
                "found right": len(right),
                "false claims": false,
                "completed": contents(target) == contents(fresh),
                "made": len(made),
            }
        )
    sys.stdout.write(json.dumps(report))


JOBS = {"make": make, "kill": kill}

if __name__ == "__main__":
    JOBS[sys.argv[1]](*sys.argv[2:])
