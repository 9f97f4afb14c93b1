"""Whatever class of error is raised in a command, what leaves `main` is an exit code."""

from __future__ import annotations

import json
import subprocess
import sys

# Raises one error of every class that is loaded, in a command, and writes what came of each.
EVERY_ERROR = """
import contextlib, importlib, io, json, pkgutil, sys
import cdv_geo
for module in pkgutil.walk_packages(cdv_geo.__path__, "cdv_geo."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from cdv_geo.cli import perimeters
from cdv_geo.cli.main import main

def classes(kind):
    for below in type.__subclasses__(kind):
        yield below
        yield from classes(below)

def made(kind):
    for words in (["it is so"], ["it", "is so"], ["it", "is", "so"], ["so", [ValueError()]], []):
        with contextlib.suppress(Exception):
            return kind(*words)
    return kind.__new__(kind)  # half made, as an error is that fails while it is made

found, sys.argv = {}, ["cdv-geo", "-q", "perimeters"]
for kind in dict.fromkeys([BaseException, *classes(BaseException)]):
    def fail(*_, **__):
        raise made(kind)
    perimeters.command.callback = fail
    out, err = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
            left = "nothing"
        except BaseException as error:
            left = type(error).__name__
            code = getattr(error, "code", None)
    err.flush()
    said = err.buffer.getvalue().decode()
    found[f"{kind.__module__}.{kind.__qualname__}"] = [left, code, said]
json.dump(found, sys.stdout)
"""
AT_FAULT = {"DataError", "NameResolutionError", "RecipeError"}
# These end a run on purpose, in the ways of Python and of click: with their own code.
ENDS = {
    "builtins.SystemExit": "it is so",
    "click.exceptions.Exit": "it is so",
    "builtins.BrokenPipeError": 1,
}


def test_every_class_of_error_ends_in_one_sentence_and_its_code():
    done = subprocess.run(
        [sys.executable, "-c", EVERY_ERROR], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) > 300
    for name in ("builtins.GeneratorExit", "pyarrow.lib.ArrowInvalid", "zipfile.BadZipFile"):
        assert name in found
    # Click makes this one of a command, and it is its help.
    del found["click.exceptions.NoArgsIsHelpError"]
    wrong = {name: ends for name, ends in found.items() if not as_it_should(name, *ends)}
    assert wrong == {}


def as_it_should(name, left, code, said):
    if left != "SystemExit":
        return False
    if name in ENDS:
        return (code, said) == (ENDS[name], "")
    lines = [line for line in said.splitlines() if line]
    errors = [line for line in lines if line.startswith("Error: ")]
    return code == code_of(name) and len(errors) == 1 and lines[-1] == errors[0]


def code_of(name):
    module, _, kind = name.rpartition(".")
    if name in {"builtins.KeyboardInterrupt", "click.exceptions.Abort"}:
        return 130
    if module == "click.exceptions" and kind not in {"ClickException", "FileError"}:
        return 2
    return 3 if module == "cdv_geo.errors" and kind in AT_FAULT else 1
