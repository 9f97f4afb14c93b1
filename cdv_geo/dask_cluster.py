"""Links made on a Dask cluster: the kernel of one machine, on the row groups of Parquet files.

Like `territory`, this module joins the layers of the library. Every task reads its own part of a
file, so that only links and outcomes travel; a task whose worker is lost is done again by another.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from cdv_geo.analysis.repeated_ids import SeenIds, hashes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from distributed import Client, Future
    from numpy.typing import NDArray

    from cdv_geo.analysis.linking import Linker, Linking
    from cdv_geo.io.thing_batches import Source

_T = TypeVar("_T")
# A worker of several threads shares the perimeters, and GEOS makes its indexes of them ready at
# their first use, which two threads may not do at once.
_ONE_AT_A_TIME: Final = threading.Lock()


def link_on_cluster(client: Client, linker: Linker, parts: Sequence[Source]) -> Iterator[Linking]:
    """Link the parts of files on a cluster, with the rows and the order of one machine.

    The ids of all parts are compared first, on this machine: an id that stands in two parts is
    accepted in the first alone, whichever of them is read earlier.

    Parameters
    ----------
    client
        Connected to a scheduler whose workers have cdv_geo and see the files at the same paths.
    linker
        Perimeters and their names.
    parts
        As made by `cdv_geo.io.thing_batches.open_parts`.
    """
    # Made by a task and not scattered: what is scattered is gone with the workers that hold it.
    shared = client.submit(_itself, linker, pure=False)
    seen = SeenIds()
    tasks: list[Future[list[Linking]]] = []
    hashes = client.map(_hashes, parts, pure=False)
    while hashes:
        repeated = np.flatnonzero(seen.repeated(hashes.pop(0).result()))
        tasks.append(client.submit(_link, shared, parts[len(tasks)], repeated, pure=False))
    while tasks:
        yield from tasks.pop(0).result()


def _itself(value: _T) -> _T:
    return value


def _hashes(part: Source) -> NDArray[np.uint64]:
    batches = [hashes_of(things.table["id"]) for things in part.batches()]
    return np.concatenate([np.zeros(0, dtype=np.uint64), *batches])


def _link(linker: Linker, part: Source, repeated: NDArray[np.intp]) -> list[Linking]:
    done, result = 0, []
    with _ONE_AT_A_TIME:
        for things in part.batches():
            again = np.zeros(len(things), dtype=bool)
            again[repeated[(repeated >= done) & (repeated < done + len(things))] - done] = True
            result.append(linker.link(things, repeated=again))
            done += len(things)
    return result
