from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.transform import from_origin

import cdv_geo
from cdv_geo.io.open_options import OpenOptions
from cdv_geo.io.raster.population_grids import GridAlignment, read_population
from cdv_geo.io.raster.raster_files import read_raster

from squares import X0, Y0

# Four cells of 200 m, the corner to the north-west of the squares of the tests.
NORTH_UP = from_origin(X0, Y0 + 400, 200, 200)
CELLS = np.array([[[1.0, 2.0], [3.0, 4.0]]])
HOME = (5.8, 45.5, 6.0, 45.65)


def write(tmp_path, cells=CELLS, name="r.tif", **profile):
    bands, height, width = cells.shape
    path = tmp_path / name
    usual = {"crs": "EPSG:2154", "transform": NORTH_UP, "driver": "GTiff", "dtype": cells.dtype}
    made = {**usual, "count": bands, "height": height, "width": width, **profile}
    with rasterio.open(path, "w", **{k: v for k, v in made.items() if v is not None}) as raster:
        raster.write(cells)
    return path


def with_cell(value, dtype="float64"):
    cells = CELLS.copy()
    cells[0, 0, 0] = value
    return cells.astype(dtype)


def test_cells_are_read_with_their_place(tmp_path):
    raster = read_raster(write(tmp_path))
    assert raster.bands.tolist() == [[[1, 2], [3, 4]]]
    assert (raster.left, raster.top) == (X0, Y0 + 400)
    assert (raster.cell_width, raster.cell_height) == (200, 200)
    assert raster.bounds() == (X0, Y0, X0 + 400, Y0 + 400)
    assert raster.crs.to_string() == "EPSG:2154"


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32"])
def test_cells_of_every_kind_of_number_are_read(tmp_path, dtype):
    assert read_raster(write(tmp_path, CELLS.astype(dtype))).bands.tolist() == CELLS.tolist()


def test_cells_without_a_figure_are_nan_where_the_file_says_which(tmp_path):
    for value in (-9999.0, np.nan, 255.0):
        found = read_raster(write(tmp_path, with_cell(value), nodata=value))
        assert np.isnan(found.bands).tolist() == [[[True, False], [False, False]]]


def test_what_is_no_number_is_no_figure_even_where_the_file_does_not_say_so(tmp_path):
    found = read_raster(write(tmp_path, with_cell(np.nan)))
    assert int(np.isnan(found.bands).sum()) == 1


def test_cells_below_nought_are_refused_until_it_is_said_that_they_hold_no_figure(tmp_path):
    path = write(tmp_path, with_cell(-9999))
    with pytest.raises(
        cdv_geo.DataError, match=r"1 cell\(s\) below 0, the least -9999; .*--nodata -9999 says so"
    ):
        read_raster(path)
    assert int(np.isnan(read_raster(path, OpenOptions(nodata=-9999)).bands).sum()) == 1


def test_the_value_in_the_message_is_one_that_can_be_stated(tmp_path):
    # The usual mark of ArcGIS, of which six digits would be another number.
    mark = np.float32(-3.4028234663852886e38)
    path = write(tmp_path, with_cell(mark, "float32"))
    with pytest.raises(cdv_geo.DataError) as refused:
        read_raster(path)
    stated = float(str(refused.value).split("--nodata ")[1].split()[0])
    assert int(np.isnan(read_raster(path, OpenOptions(nodata=stated)).bands).sum()) == 1


def test_a_stated_mark_goes_beside_the_one_of_the_file(tmp_path):
    cells = with_cell(-1)
    cells[0, 1, 1] = -9999
    path = write(tmp_path, cells, nodata=-9999)
    found = read_raster(path, OpenOptions(nodata=-1))
    assert np.isnan(found.bands).tolist() == [[[True, False], [False, True]]]


def test_infinite_cells_are_refused(tmp_path):
    with pytest.raises(cdv_geo.DataError, match="has infinite cells"):
        read_raster(write(tmp_path, with_cell(np.inf)))


@pytest.mark.parametrize(
    "transform",
    [
        NORTH_UP * Affine.rotation(10),
        Affine(200, 0, X0, 0, 200, Y0),
        Affine(-200, 0, X0, 0, -200, Y0),
    ],
)
def test_a_grid_that_is_not_north_up_is_refused(tmp_path, transform):
    with pytest.raises(cdv_geo.DataError, match="is rotated, upside down or nowhere"):
        read_raster(write(tmp_path, transform=transform))


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # of writing it
def test_a_raster_that_says_nothing_of_its_place_is_refused(tmp_path):
    with pytest.raises(cdv_geo.DataError, match="is rotated, upside down or nowhere"):
        read_raster(write(tmp_path, transform=None, crs=None))


def test_a_raster_that_does_not_say_its_system_is_refused_until_it_is_stated(tmp_path):
    path = write(tmp_path, crs=None)
    with pytest.raises(cdv_geo.DataError, match="does not say its coordinate reference system"):
        read_raster(path)
    assert read_raster(path, OpenOptions(crs="EPSG:2154"), HOME).crs.to_string() == "EPSG:2154"


def test_a_raster_in_another_system_than_it_says_is_refused_and_it_is_named(tmp_path):
    with pytest.raises(cdv_geo.DataError, match="they fit EPSG:2154 "):
        read_raster(write(tmp_path, crs="EPSG:27572"), home=HOME)


def test_cells_of_complex_numbers_are_refused(tmp_path):
    with pytest.raises(cdv_geo.DataError, match="has cells of complex64; numbers are expected"):
        read_raster(write(tmp_path, CELLS.astype("complex64")))


def test_what_stands_beside_a_raster_is_not_read(tmp_path):
    path = write(tmp_path)
    (tmp_path / "r.tif.aux.xml").write_text(
        "<PAMDataset><SRS>EPSG:27572</SRS><PAMRasterBand band='1'><NoDataValue>4</NoDataValue>"
        "</PAMRasterBand></PAMDataset>",
        encoding="utf-8",
    )
    (tmp_path / "r.tfw").write_text("1\n0\n0\n-1\n0\n0\n", encoding="utf-8")
    (tmp_path / "r.tif.ovr").write_bytes(b"II*\x00 and nothing else")
    (tmp_path / "r.tif.msk").write_bytes(b"II*\x00 and nothing else")
    before = sorted(file.name for file in tmp_path.iterdir())
    found = read_raster(path)
    assert found.bands.tolist() == CELLS.tolist()
    assert (found.left, found.crs.to_string()) == (X0, "EPSG:2154")
    assert sorted(file.name for file in tmp_path.iterdir()) == before


def sparse(path, **profile):
    """Write a raster of no bytes to speak of, however large it says it is."""
    usual = {"width": 100, "height": 100, "count": 1, "dtype": "uint8", "SPARSE_OK": True}
    place = {"crs": "EPSG:2154", "transform": NORTH_UP, "photometric": "minisblack"}
    with rasterio.open(path, "w", driver="GTiff", **{**usual, **place, **profile}):
        pass
    assert path.stat().st_size < 1 << 20
    return path


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        # A cell is held as a number of 8 bytes, whatever it takes in the file.
        ({"width": 20_000, "height": 20_000}, "20,000 by 20,000 cells in 1 band.*3,05[23] MB"),
        ({"width": 10_000, "height": 1_000, "count": 10}, "in 10 band.*76[34] MB"),
        # Of a block that is unpacked as a whole a hundredth part lies in the raster.
        (
            {"dtype": "float64", "tiled": True, "blockxsize": 10_000, "blockysize": 10_000},
            r"100 by 100 cells in 1 band\(s\), which take 1,526 MB to read; at most 700 MB",
        ),
        ({"count": 300}, "has 300 bands; at most 200 are accepted"),
    ],
)
def test_a_raster_that_takes_more_memory_than_it_may_is_refused_unread(tmp_path, profile, said):
    with pytest.raises(cdv_geo.DataError, match=said):
        read_raster(sparse(tmp_path / "vast.tif", **profile))


@pytest.mark.parametrize(
    "profile",
    [{}, {"tiled": True, "blockxsize": 16, "blockysize": 32}, {"interleave": "pixel"}],
)
def test_a_raster_is_read_part_by_part_and_each_cell_is_in_its_place(tmp_path, profile):
    cells = np.arange(2 * 700 * 900, dtype="float32").reshape(2, 700, 900)
    cells[1, 699, 899] = np.nan
    raster = read_raster(write(tmp_path, cells, compress="deflate", **profile))
    assert np.array_equal(raster.bands, cells, equal_nan=True)
    first, second = 629_999 * 630_000 // 2, 629_999 * 630_000 // 2 + 630_000**2
    assert raster.sums() == [first, second - 1_259_999]
    assert raster.unknown() == 1


@pytest.mark.parametrize(
    ("profile", "band", "meaning"),
    [
        ({"count": 3, "photometric": "rgb"}, 1, "red"),
        ({"count": 2, "ALPHA": "YES"}, 2, "alpha"),
        ({"photometric": "palette"}, 1, "palette"),
    ],
)
def test_a_picture_holds_no_figures(tmp_path, profile, band, meaning):
    path = sparse(tmp_path / "picture.tif", **profile)
    with pytest.raises(
        cdv_geo.DataError, match=rf"picture\.tif is a picture: its band {band} is “{meaning}”"
    ):
        read_raster(path)


@pytest.mark.parametrize(
    ("scale", "offset", "said"),
    [
        (0, 5, "the scale 0"),
        (np.nan, 0, "the scale nan"),
        (np.inf, 0, "the scale inf"),
        (1, -np.inf, "the offset -inf"),
    ],
)
def test_a_scale_that_leaves_no_figure_is_refused(tmp_path, scale, offset, said):
    path = write(tmp_path, CELLS.astype("uint8"))
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (scale,), (offset,)
    with pytest.raises(cdv_geo.DataError, match=f"band 1 has {said}, by which"):
        read_raster(path)


def test_cells_larger_than_any_that_figures_come_in_are_refused(tmp_path):
    for crs, corner, side, said in (
        ("EPSG:2154", (0, 7_000_000), 1_000_000, "1,000 km"),
        ("EPSG:4326", (5, 46), 1, "111.3 km"),
    ):
        path = write(tmp_path, transform=from_origin(*corner, side, side), crs=crs)
        with pytest.raises(cdv_geo.DataError, match=f"has cells of {said}; at most 10 km"):
            read_raster(path)


def test_cells_that_are_masked_in_the_file_are_no_figures(tmp_path):
    path = write(tmp_path)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as raster:
        raster.write_mask(np.array([[0, 255], [255, 255]], dtype="uint8"))
    assert np.isnan(read_raster(path).bands).tolist() == [[[True, False], [False, False]]]


def test_cells_that_are_scaled_in_the_file_are_read_as_what_they_stand_for(tmp_path):
    path = write(tmp_path, CELLS.astype("uint8"))
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.5,), (1.0,)
    assert read_raster(path).bands.tolist() == [[[1.5, 2.0], [2.5, 3.0]]]


@pytest.mark.parametrize("left", [8, 100, -8])
def test_a_raster_that_is_cut_off_is_refused_in_one_sentence(tmp_path, left):
    path = write(tmp_path, np.ones((1, 64, 64)))
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(cdv_geo.DataError, match=r"r\.tif cannot be read as a GeoTIFF"):
        read_raster(path)


POPULATION = np.repeat(CELLS, 3, axis=0)


@pytest.mark.parametrize(
    ("cells", "profile", "said"),
    [
        (CELLS, {}, "has 1 bands; 3 are expected"),
        (POPULATION, {"transform": from_origin(X0, Y0, 200, 100)}, "no north.up|square cells"),
        (
            POPULATION,
            {"crs": "EPSG:4326", "transform": from_origin(5.9, 45.6, 0.01, 0.01)},
            "no metric coordinate reference system",
        ),
        (POPULATION, {"nodata": 1.0}, "has cells without a number"),
    ],
)
def test_a_grid_of_residents_is_three_bands_of_square_cells_in_metres(
    tmp_path, cells, profile, said
):
    with pytest.raises(cdv_geo.DataError, match=said):
        read_population(write(tmp_path, cells, **profile))


@pytest.mark.parametrize(
    ("corner", "side", "said"),
    [
        ((X0 + 100, Y0 + 400), 200, "lies 100 m east and 0 m north of the lattice of 200 m"),
        ((X0, Y0 + 410), 200, "lies 0 m east and 10 m north of the lattice of 200 m"),
        ((X0, Y0 + 400), 1000, "lies 0 m east and 400 m north of the lattice of 1000 m"),
        ((X0, Y0 + 400), 100, "its cells have 100 m, where 200 m or 1000 m is expected"),
        ((X0, Y0 + 400), 199.8, "its cells have 199.8 m"),
    ],
)
def test_a_grid_off_the_lattice_of_insee_is_refused_unless_it_is_stated(
    tmp_path, corner, side, said
):
    path = write(tmp_path, POPULATION, transform=from_origin(*corner, side, side))
    with pytest.raises(cdv_geo.DataError, match=f"is off its lattice: .*{said}"):
        read_population(path)
    assert read_population(path, GridAlignment(side, corner)).cell_size == side


def test_a_grid_on_the_lattice_of_insee_is_read_anywhere_on_it(tmp_path):
    for side in (200, 1000):
        path = write(tmp_path, POPULATION, transform=from_origin(X0, Y0 + 4000, side, side))
        assert read_population(path).cell_size == side
