"""A real Dask cluster: two worker processes on this machine, one of which is killed."""

from __future__ import annotations

import os
import signal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from cli.in_process import run

import cdv_geo
from cdv_geo.dask_cluster import link_on_cluster
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.thing_batches import open_parts, open_sources

dask_geopandas = pytest.importorskip("dask_geopandas")
distributed = pytest.importorskip("distributed")

# The machinery of a cluster warns of its own affairs, as when it loses a worker.
pytestmark = pytest.mark.filterwarnings("ignore")
WITHIN = (300,)


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as running:
        yield running


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as connected:
        yield connected


@pytest.fixture(scope="module")
def paths(tmp_path_factory, territory):
    """Two files of 600 places around Chambéry in 10 row groups each; some ids stand twice."""
    generator = np.random.default_rng(7)
    left, bottom, right, top = territory.perimeters.total_bounds
    x, y = generator.uniform([left, bottom], [right, top], (1200, 2)).T
    ids = [f"lieu {number % 1100}" for number in range(1200)]
    places = gpd.GeoDataFrame({"id": ids}, geometry=gpd.points_from_xy(x, y), crs=territory.crs)
    folder = tmp_path_factory.mktemp("places")
    files = [folder / "a.parquet", folder / "b.parquet"]
    for path, part in zip(files, (places.iloc[:600], places.iloc[600:]), strict=True):
        part.to_parquet(path, row_group_size=60)
    return files


@pytest.fixture(scope="module")
def reading(territory):
    return Reading(territory.crs, territory.position_error_m, batch_rows=40)


@pytest.fixture(scope="module")
def alone(territory, paths, reading):
    """What one machine finds."""
    sources = open_sources(paths, reading)
    batches = (batch for source in sources for batch in source.batches())
    return joined(territory.linker(within=WITHIN).link_batches(batches))


def joined(linkings):
    every = list(linkings)
    links = pd.concat([linking.links for linking in every], ignore_index=True)
    outcomes = [linking.outcomes.astype({"reason": "str", "finding": "str"}) for linking in every]
    return links, pd.concat(outcomes, ignore_index=True)


def same(found, expected):
    for frame, wanted in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(frame, wanted, check_categorical=False)


def test_the_rows_are_those_of_one_machine(client, territory, paths, reading, alone):
    linker = territory.linker(within=WITHIN)
    found = joined(link_on_cluster(client, linker, open_parts(paths, reading)))
    same(found, alone)
    links, outcomes = found
    assert (outcomes["outcome"] == "rejected").sum() == 100  # the ids 0 to 99, in the second file
    assert set(links.loc[links["status"] == "certain", "basis"]) == {"inside", "within"}


def test_a_worker_killed_in_the_middle_changes_nothing(
    client, cluster, territory, paths, reading, alone
):
    linkings = link_on_cluster(client, territory.linker(within=WITHIN), open_parts(paths, reading))
    some = [next(linkings)]
    assert any(client.processing().values())  # it is the middle: tasks are under way
    victim = next(iter(cluster.workers.values())).pid
    os.kill(victim, signal.SIGKILL)
    same(joined([*some, *linkings]), alone)


def test_the_command_links_on_a_cluster(cluster, paths, tmp_path, alone):
    outputs = [tmp_path / "here.csv", tmp_path / "there.csv"]
    options = [[], ["--scheduler", cluster.scheduler_address]]
    for output, option in zip(outputs, options, strict=True):
        done = run("link", *paths, "--within", "300", *option, "-o", output)
        assert done.returncode == 0, done.stderr
        assert "1200 in = " in done.stderr
    here, there = (output.read_bytes() for output in outputs)
    assert here == there
    assert here.count(b"\n") == len(alone[0]) + 1


@pytest.mark.usefixtures("client")
def test_a_dask_geopandas_table_is_linked_by_its_partitions(territory, paths, alone):
    def link_part(part):
        return cdv_geo.link(
            part, perimeters, communes, generation=2024, within=300, quartiers=quartiers
        ).links

    perimeters, communes = territory.perimeters, territory.communes
    quartiers = territory.quartiers
    table = gpd.GeoDataFrame(pd.concat([gpd.read_parquet(path) for path in paths]))
    table = table.drop_duplicates("id")
    parts = dask_geopandas.from_geopandas(table, npartitions=4, sort=False)
    links = parts.map_partitions(link_part, meta=link_part(table.head(0))).compute()
    pd.testing.assert_frame_equal(links.reset_index(drop=True), alone[0], check_dtype=False)


def test_a_scheduler_that_does_not_answer_is_said(paths, tmp_path, monkeypatch):
    monkeypatch.setattr("cdv_geo.cli.link._PATIENCE", "1s")
    output = ["-o", tmp_path / "l.csv"]
    done = run("link", paths[0], "--scheduler", "tcp://127.0.0.1:1", *output)
    assert done.returncode == 1
    assert "Error: no Dask scheduler answers at “tcp://127.0.0.1:1”" in done.stderr
    assert "Traceback" not in done.stderr
