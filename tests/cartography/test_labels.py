from itertools import combinations

import numpy as np
import pytest
import shapely

from cdv_geo.cartography.labels import Label, place_labels

FRAME = (0.0, 0.0, 400.0, 300.0)


def _square(x: float, y: float, side: float) -> shapely.Polygon:
    return shapely.box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def _random_labels(seed: int) -> list[Label]:
    rng = np.random.default_rng(seed)
    return [
        Label(
            f"name {number}",
            _square(*rng.uniform((0, 0), (400, 300)), rng.choice([6.0, 20.0, 90.0])),
            width=rng.uniform(20, 90),
            height=rng.choice([10.0, 20.0]),
            spreads=bool(rng.integers(2)),
        )
        for number in range(rng.integers(5, 45))
    ]


@pytest.mark.parametrize("seed", range(200))
def test_dense_layouts_hold_every_promise(seed: int):
    labels = _random_labels(seed)
    blocked = shapely.box(330, 0, 400, 30)
    placed, missed = place_labels(labels, frame=FRAME, blocked=[blocked])

    done = {spot.label.text for spot in placed} | {label.text for label in missed}
    assert len(placed) + len(missed) == len(labels)
    assert done == {label.text for label in labels}
    frame = shapely.box(*FRAME)
    for spot in placed:
        assert frame.covers(spot.box)
        assert not spot.box.intersects(blocked)
        assert spot.box.bounds[2] - spot.box.bounds[0] == pytest.approx(spot.label.width)
        assert spot.box.bounds[3] - spot.box.bounds[1] == pytest.approx(spot.label.height)
    for one, other in combinations(placed, 2):
        assert not one.box.intersects(other.box)
        for leader, box in ((one.leader, other.box), (other.leader, one.box)):
            assert leader is None or not leader.intersects(box)


def test_a_label_that_fits_goes_inside_its_feature():
    (spot,), missed = place_labels(
        [Label("Biollay", _square(200, 150, 100), width=60, height=12)], frame=FRAME
    )
    assert missed == ()
    assert spot.leader is None
    assert spot.box.centroid.coords[0] == pytest.approx((200, 150))


def test_a_label_of_a_small_feature_stands_above_it_without_a_leader():
    (spot,), _ = place_labels(
        [Label("Biollay", _square(200, 150, 10), width=60, height=12)], frame=FRAME
    )
    assert spot.box.bounds == pytest.approx((170, 157, 230, 169))
    assert spot.leader is None


def test_at_the_right_edge_a_label_turns_to_the_left():
    (spot,), _ = place_labels(
        [Label("Biollay", _square(390, 150, 10), width=60, height=12)], frame=FRAME
    )
    assert spot.box.bounds[2] <= FRAME[2]
    assert spot.leader is None


def test_a_label_leaves_a_symbol_free():
    symbol = _square(230, 150, 8)
    (spot,), _ = place_labels(
        [Label("Biollay", _square(200, 150, 10), width=60, height=12)],
        frame=FRAME,
        avoided=[symbol],
    )
    assert not spot.box.intersects(symbol)


def test_a_label_that_moves_away_gets_a_leader_back_to_its_feature():
    feature = _square(200, 150, 10)
    crowd = shapely.box(120, 135, 280, 165).difference(_square(200, 150, 12))
    (spot,), _ = place_labels(
        [Label("Biollay", feature, width=60, height=12)], frame=FRAME, avoided=[crowd]
    )
    assert not spot.box.intersects(crowd)
    assert spot.leader is not None
    assert spot.leader.length == pytest.approx(12)
    assert spot.leader.distance(feature) == 0


def test_a_commune_label_lies_across_its_commune_beside_the_quartier():
    quartier = Label("Bellevue", _square(200, 150, 60), width=50, height=12)
    commune = Label("CHAMBÉRY", _square(200, 150, 260), width=80, height=10, spreads=True)
    placed, _ = place_labels([quartier, commune], frame=FRAME)
    assert commune.feature.covers(placed[1].box)
    assert not placed[1].box.intersects(quartier.feature)


def test_without_room_a_label_is_returned():
    wide = Label("much too wide", _square(200, 150, 10), width=500, height=12)
    assert place_labels([wide], frame=FRAME) == ((), (wide,))


def test_nothing_to_place_is_no_fault():
    assert place_labels([], frame=FRAME) == ((), ())


def test_the_same_labels_find_the_same_places():
    labels = _random_labels(7)
    assert place_labels(labels, frame=FRAME) == place_labels(labels, frame=FRAME)
