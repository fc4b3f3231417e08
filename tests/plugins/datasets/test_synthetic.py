"""The simulated data set: what it promises of its data, and that its probabilities are true."""

import pickle

import numpy as np
import pytest
from scipy.stats import chisquare

from fw.config.slots import DatasetSlot
from fw.data.fingerprints import fingerprint_cleaned
from fw.data.prepare import prepare
from fw_plugins.datasets import _synthetic_log
from fw_plugins.datasets._synthetic_catalogue import Catalogue
from fw_plugins.datasets._synthetic_people import Habits, State
from fw_plugins.datasets.synthetic import Synthetic
from fw_plugins.splitters.leave_one_out import LeaveOneOut

SMALL = {"num_users": 300, "num_items": 120, "mean_length": 20.0, "num_tastes": 6}


def store_of(**settings):
    return prepare(Synthetic(**settings).load(None), DatasetSlot())[0]


@pytest.fixture(scope="module")
def small():
    return Synthetic(**SMALL).load(None)


@pytest.fixture(scope="module")
def store(small):
    return prepare(small, DatasetSlot())[0]


def test_a_seed_gives_the_same_data_and_another_seed_other_data(store):
    again, other = store_of(**SMALL), store_of(**SMALL, seed=1)
    assert fingerprint_cleaned(again) == fingerprint_cleaned(store)
    assert fingerprint_cleaned(other) != fingerprint_cleaned(store)


def test_sizes_are_those_that_are_asked_for(small, store):
    assert store.num_users == 300
    assert small.item_frame.index.tolist() == [str(number) for number in range(1, 121)]
    assert small.frame["item"].cat.categories.tolist() == small.item_frame.index.tolist()
    assert small.frame["user"].cat.categories.tolist() == [str(one) for one in range(1, 301)]
    assert store.lengths.min() >= 5
    assert store.lengths.max() <= 60
    assert 16 < store.lengths.mean() < 24


def test_nobody_rates_a_film_twice_and_times_only_rise(store):
    assert not store.is_repeat().any()
    same_user = store.rows[1:] == store.rows[:-1]
    assert (np.diff(store.times)[same_user] > 0).all()
    assert store.source_rows.tolist() == list(range(len(store.items)))


def test_ratings_go_from_1_to_5(small):
    assert set(small.frame["rating"].unique()) == {1.0, 2.0, 3.0, 4.0, 5.0}


def test_some_films_are_far_more_popular_than_others(store):
    counts = np.sort(np.bincount(store.items)[1:])[::-1]
    assert counts[0] > 5 * np.median(counts)


def test_titles_say_which_film_continues_which():
    catalogue = Catalogue.draw(3, 200, num_tastes=5, focus=0.8, popularity_exponent=1.0)
    continued = np.flatnonzero(catalogue.sequels >= 0)
    assert len(continued) > 20
    numerals = ["", " II", " III", " IV"]
    for film in continued:
        title, sequel = catalogue.titles[film], catalogue.titles[catalogue.sequels[film]]
        name, _, numeral = title.partition(" I")
        part = numerals.index(f" I{numeral}" if numeral or " I" in title else "")
        assert sequel == name + numerals[part + 1]
        assert catalogue.tastes[film] == catalogue.tastes[catalogue.sequels[film]]
    assert len(set(catalogue.titles)) == 200


def test_probabilities_sum_to_one_and_give_nothing_to_what_was_seen(store):
    places = np.arange(0, len(store.items), 7)
    chances = store.oracle(store.source_rows[places])
    assert chances.shape == (len(places), store.num_items)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-9)
    for row, place in enumerate(places):
        seen = store.items[store.offsets[store.rows[place]] : place] - 1
        assert (chances[row, seen] == 0).all()
        assert chances[row, store.items[place] - 1] > 0


def slow_chances(habits, home, taste, last, seen):
    """Add up every way in which the next film may come about."""
    tables = habits.catalogue.probabilities
    tastes = dict.fromkeys(range(len(tables)), 0.0)
    tastes[taste] += 1 - habits.new_session
    tastes[home] += habits.new_session * 0.3
    tastes[taste] += habits.new_session * 0.5
    for step in (-1, 1):
        tastes[(taste + step) % len(tables)] += habits.new_session * 0.1
    sequel = habits.catalogue.sequels[last] if last >= 0 else -1
    follows = habits.sequel if sequel >= 0 and sequel not in seen else 0.0
    chances = np.zeros(tables.shape[1])
    for kind, chance in tastes.items():
        left = sum(tables[kind, film] for film in range(tables.shape[1]) if film not in seen)
        for film in range(tables.shape[1]):
            if film not in seen:
                chances[film] += (1 - follows) * chance * tables[kind, film] / left
    if follows:
        chances[sequel] += follows
    return chances


def test_probabilities_are_what_adding_up_all_ways_gives(small):
    oracle = small.oracle
    log = oracle.log
    starts = log.lengths.cumsum() - log.lengths
    rows = np.random.default_rng(0).integers(len(log.films), size=40)
    rows[:3] = starts[[0, 5, 9]]  # first films too
    chances = oracle(rows)
    for row, found in zip(rows, chances, strict=True):
        person = np.searchsorted(starts, row, side="right") - 1
        before = log.films[starts[person] : row]
        last = before[-1] if len(before) else -1
        expected = slow_chances(
            oracle.habits, log.homes[person], log.tastes[row], last, set(before.tolist())
        )
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seen", [[3], list(range(24))])
def test_films_are_drawn_as_often_as_their_probabilities_say(seen):
    """Many people in one state choose; redrawing and its exact end are both in use."""
    catalogue = Catalogue.draw(1, 30, num_tastes=4, focus=0.9, popularity_exponent=1.0)
    habits = Habits(catalogue=catalogue, new_session=0.4, sequel=0.3)
    last = int(np.flatnonzero(catalogue.sequels >= 0)[0])
    seen = sorted({*seen, last} - {int(catalogue.sequels[last])})
    count = 40_000
    had = np.zeros((count, 30), dtype=bool)
    had[:, seen] = True
    state = State(np.full(count, 2), np.full(count, 0), np.full(count, last), had)
    films, _, _ = habits.choose(state, np.random.default_rng(0))
    chances = habits.probabilities(state.first(1))[0]
    unseen = chances > 0
    found = np.bincount(films, minlength=30)
    assert found[~unseen].sum() == 0
    expected = chances[unseen] / chances[unseen].sum() * count
    assert chisquare(found[unseen], expected).pvalue > 1e-4


def test_what_happened_agrees_with_the_probabilities_that_were_told(store):
    """Calibration: of all films that had chance p to come next, a share of p did."""
    places = np.random.default_rng(1).permutation(len(store.items))[:3000]
    chances = store.oracle(store.source_rows[places]).ravel()
    happened = np.zeros((3000, store.num_items))
    happened[np.arange(3000), store.items[places] - 1] = 1
    bins = np.digitize(chances, [1e-12, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 0.55])
    kept = bins > 0  # chance 0: had before
    expected = np.bincount(bins[kept], chances[kept])[1:]
    variance = np.bincount(bins[kept], (chances * (1 - chances))[kept])[1:]
    found = np.bincount(bins[kept], happened.ravel()[kept])[1:]
    assert happened.ravel()[~kept].sum() == 0
    assert (np.abs(found - expected) < 4 * np.sqrt(variance)).all()


def hit_rate(store, split, scores, rng):
    """HR@10 among 100 items that the user never had, ties by chance."""
    hits = []
    for row, target_scores in zip(split.test.rows, scores, strict=True):
        had = store.items[store.offsets[row] : store.offsets[row + 1]]
        free = np.setdiff1d(np.arange(store.num_items), had - 1)
        others = rng.permutation(free)[:100]
        hits.append((target_scores[others] >= target_scores[had[-1] - 1]).sum() < 10)
    return np.mean(hits)


def test_knowing_the_order_is_worth_far_more_than_knowing_what_is_popular():
    store = store_of(num_users=400)
    split = LeaveOneOut()(store)
    rng = np.random.default_rng(0)
    places = store.offsets[split.test.rows] + split.test.ends
    popularity = np.bincount(store.items[split.is_trained()], minlength=store.num_items + 1)[1:]
    best = hit_rate(store, split, store.oracle(store.source_rows[places]), rng)
    popular = hit_rate(store, split, np.tile(popularity, (len(places), 1)), rng)
    assert 0.25 < popular < 0.45
    assert 0.7 < best < 0.9


def test_people_are_simulated_lot_by_lot_each_with_its_own_numbers(monkeypatch, store):
    monkeypatch.setattr(_synthetic_log, "_MOST_PEOPLE", 100)
    in_lots = store_of(**SMALL)
    assert in_lots.num_users == 300
    assert not in_lots.is_repeat().any()
    first_lot = store_of(**{**SMALL, "num_users": 100})
    end = first_lot.offsets[-1]
    ids, first_ids = in_lots.item_ids[in_lots.items - 1], first_lot.item_ids[first_lot.items - 1]
    assert ids[:end].tolist() == first_ids.tolist()
    rows = np.arange(0, len(in_lots.items), 11)
    np.testing.assert_allclose(in_lots.oracle(rows).sum(axis=1), 1, rtol=1e-9)


def test_after_cleaning_probabilities_belong_to_the_items_that_are_left():
    interactions = Synthetic(**SMALL).load(None)
    store, _ = prepare(interactions, DatasetSlot(min_item_count=40))
    assert store.num_items < 120
    rows = store.source_rows[:5]
    raw = interactions.oracle(rows)
    numbers = store.item_ids.astype(int) - 1
    assert (store.oracle(rows) == raw[:, numbers]).all()


def test_case_B65_the_data_can_be_sent_to_another_process(store):
    copy = pickle.loads(pickle.dumps(store))
    assert (copy.oracle(np.array([3])) == store.oracle(np.array([3]))).all()


def test_tiny_sizes_work():
    interactions = Synthetic(num_users=1, num_items=20, mean_length=6.0).load(None)
    assert prepare(interactions, DatasetSlot())[0].num_users == 1
    np.testing.assert_allclose(interactions.oracle(np.array([0, 4])).sum(axis=1), 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"mean_length": 600.0},
            r"mean_length must be at most half of num_items \(1000\), found 600.0",
        ),
        (
            {"num_items": 20, "mean_length": 8.0, "min_length": 11},
            r"min_length must be at most half of num_items \(20\), found 11",
        ),
        ({"focus": 1.0}, r"focus must be greater than 0 and less than 1, found 1.0"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Synthetic(**settings)
