"""Reviews: the stars buyers give, what they write, what they later change, and what paid for it.

Reviews of both shops hang on completed orders; those of 大众点评 are strangers' visits to a store.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import PRODUCTS, crises
from ingestion.demo.draws import between, day_times, pick, quota, share, to_minute
from ingestion.demo.texts.review_lines import MIXED, NEGATIVE, POSITIVE, Catalogue, choose_aspects
from ingestion.demo.world import DAY, NEVER, Floats, Ints, World

JD, TMALL, DIANPING = 0, 1, 2
CHANNELS = ("jd", "tmall", "dianping")
REVIEW_SHARE = 0.80
GRANT_SHARE = 0.22
STAR_WEIGHTS = np.array([0.06, 0.06, 0.11, 0.24, 0.53])
# How much a reward tilts the stars, on the log scale per star.
INCENTIVE_TILT = 0.55
DELETED_SHARE = {"low": 0.08, "middle": 0.03, "high": 0.012}
STORE_REVIEW_CAP = 4_000
CRISIS_DAYS = 6


def make_grants(world: World, customers: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Rewards offered for a review of a completed JD order.

    Columns: grant, order, customer (-1 no member), offered, claimed (s or NEVER; set where a
    review comes), reward (cents), is_positive_required, is_disclosed.
    """
    rng = world.rng("grants")
    able = orders.loc[(orders["shop"] == JD) & (orders["completed"] != NEVER)]
    chosen = able[share(rng, len(able), GRANT_SHARE)]
    n = len(chosen)
    is_required = share(rng, n, 0.15)
    # who is no member is paid by the order alone
    is_linked = customers["is_linked"].to_numpy()[chosen["customer"]]
    return pd.DataFrame(
        {
            "grant": np.arange(1, n + 1),
            "order": chosen["order"].to_numpy(),
            "customer": np.where(is_linked, chosen["customer"], -1),
            "offered": chosen["completed"].to_numpy(),
            "claimed": NEVER,
            "reward": np.where(is_required, 1_000, 500),
            "is_positive_required": is_required,
            "is_disclosed": ~is_required & (rng.random(n) < 0.8),
        }
    )


def make_reviews(
    world: World,
    orders: pd.DataFrame,
    items: pd.DataFrame,
    grants: pd.DataFrame,
    catalogue: Catalogue,
) -> pd.DataFrame:
    """One row per review; fills `claimed` of the grants.

    Columns: review, channel (CHANNELS), order (0 none), customer (-1 stranger), product, aspect,
    polarity, stars, text, posted, edited, deleted (s or NEVER), stars_before and text_before an
    edit, grant (0 none), helpful, media, is_pinned, source (review it copies, 0 none).
    """
    rng = world.rng("reviews")
    shop = _shop_reviews(world, rng, orders, items, grants)
    store = _store_reviews(world, rng)
    frame = pd.concat([shop, store], ignore_index=True)
    frame["aspect"] = choose_aspects(rng, frame["product"].to_numpy())
    _strike_crises(world, rng, frame)
    frame["polarity"] = _polarity(rng, frame["stars"].to_numpy())
    frame["text"] = _texts(rng, catalogue, frame)
    by_minute = (frame["channel"] != TMALL).to_numpy()
    posted = frame["posted"].to_numpy()
    frame["posted"] = np.where(by_minute, to_minute(posted), posted)
    frame = frame.sort_values(["posted", "channel", "order"], ignore_index=True)
    frame["review"] = np.arange(1, len(frame) + 1)
    _edit(world, rng, frame, catalogue)
    _delete(world, rng, frame)
    n = len(frame)
    frame["helpful"] = (rng.pareto(1.3, n) * 2).astype(np.int64)
    frame["media"] = np.where(rng.random(n) < 0.4, rng.integers(1, 9, n), 0)
    frame["is_pinned"] = rng.random(n) < 0.01
    frame["source"] = 0
    claimed = frame[frame["grant"] > 0].set_index("grant")["posted"]
    grants["claimed"] = grants["grant"].map(claimed).fillna(NEVER).astype(np.int64)
    return _with_copies(world, rng, frame)


def _shop_reviews(
    world: World,
    rng: np.random.Generator,
    orders: pd.DataFrame,
    items: pd.DataFrame,
    grants: pd.DataFrame,
) -> pd.DataFrame:
    grant_of = np.zeros(len(orders) + 1, dtype=np.int64)
    grant_of[grants["order"].to_numpy()] = grants["grant"].to_numpy()
    product_of = np.zeros(len(orders) + 1, dtype=np.int64)
    first_lines = items[items["line"] == 1]
    product_of[first_lines["order"].to_numpy()] = first_lines["product"].to_numpy()
    done = orders[orders["completed"] != NEVER]
    grant = grant_of[done["order"]]
    posted = done["completed"].to_numpy() + between(rng, 0.1, 6, len(done)) * world.tempo
    posted = day_times(
        rng, np.maximum(posted // DAY, done["completed"] // DAY + 1).astype(np.int64)
    )
    writes = rng.random(len(done)) < np.where(grant > 0, 0.95, REVIEW_SHARE)
    keep = writes & (posted < world.end)
    number = done["order"].to_numpy()[keep]
    frame = pd.DataFrame(
        {
            "channel": done["shop"].to_numpy()[keep],
            "order": number,
            "customer": done["customer"].to_numpy()[keep],
            "product": product_of[number],
            "posted": posted[keep],
            "grant": grant[keep],
        }
    )
    quality = np.array([p.quality for p in PRODUCTS])[frame["product"]]
    tilt = quality + INCENTIVE_TILT * (frame["grant"] > 0).to_numpy()
    frame["stars"] = _stars(rng, tilt)
    return frame


def _store_reviews(world: World, rng: np.random.Generator) -> pd.DataFrame:
    n = int(min(STORE_REVIEW_CAP, max(6, 0.16 * world.customers * world.flow)))
    own = [i for i, p in enumerate(PRODUCTS) if p.sales > 0]
    return pd.DataFrame(
        {
            "channel": DIANPING,
            "order": 0,
            "customer": -1,
            "product": rng.choice(own, n),
            "posted": day_times(rng, rng.integers(0, world.days, n)),
            "grant": 0,
            "stars": _stars(rng, np.full(n, -0.1)),
        }
    )


def _stars(rng: np.random.Generator, tilt: np.ndarray) -> Ints:
    """1 to 5 for each row; `tilt` multiplies each star's weight by exp(tilt * (star - 3))."""
    weights = STAR_WEIGHTS * np.exp(tilt[:, None] * (np.arange(1, 6) - 3.0))
    edges: Floats = np.cumsum(weights, axis=1)
    drawn = rng.random(len(tilt)) * edges[:, -1]
    stars: Ints = 1 + (drawn[:, None] >= edges[:, :-1]).sum(axis=1).astype(np.int64)
    return stars


def _strike_crises(world: World, rng: np.random.Generator, frame: pd.DataFrame) -> None:
    """In the days after a crisis breaks, most reviews of its product name its aspect."""
    day = frame["posted"].to_numpy() // DAY
    for crisis in crises(world):
        is_hit = (frame["product"] == crisis.product).to_numpy() & (frame["grant"] == 0).to_numpy()
        is_hit &= (day >= crisis.day) & (day < crisis.day + CRISIS_DAYS)
        is_hit &= (frame["channel"] != DIANPING).to_numpy() & (rng.random(len(frame)) < 0.7)
        frame.loc[is_hit, "stars"] = 1 + pick(rng, [0.75, 0.25], int(is_hit.sum()))
        frame.loc[is_hit, "aspect"] = crisis.aspect


def _polarity(rng: np.random.Generator, stars: Ints) -> Ints:
    """What a star sounds like: four is sometimes mixed, three always."""
    four = np.where(rng.random(len(stars)) < 0.25, MIXED, POSITIVE)
    return np.select([stars <= 2, stars == 3, stars == 4], [NEGATIVE, MIXED, four], POSITIVE)


def _texts(rng: np.random.Generator, catalogue: Catalogue, frame: pd.DataFrame) -> Ints:
    columns = ("product", "polarity", "aspect")
    return catalogue.write(rng, *(frame[name].to_numpy() for name in columns))


def _edit(
    world: World, rng: np.random.Generator, frame: pd.DataFrame, catalogue: Catalogue
) -> None:
    """Some buyers change their review days later, the angry ones for the better."""
    frame["stars_before"], frame["text_before"] = frame["stars"], frame["text"]
    n = len(frame)
    when = frame["posted"].to_numpy() + (between(rng, 0.6, 4, n) * world.tempo).astype(np.int64)
    when = to_minute(when)
    is_edited = (rng.random(n) < 0.04) & (frame["channel"] != DIANPING).to_numpy()
    is_edited &= when < world.end
    frame["edited"] = np.where(is_edited, when, NEVER)
    rows = np.flatnonzero(is_edited)
    changed = frame.loc[rows, ["product", "aspect", "stars"]].copy()
    changed["stars"] = np.where(changed["stars"] <= 2, changed["stars"] + 2, changed["stars"])
    changed["polarity"] = _polarity(rng, changed["stars"].to_numpy())
    frame.loc[rows, "stars"] = changed["stars"]
    frame.loc[rows, "polarity"] = changed["polarity"]
    frame.loc[rows, "text"] = _texts(rng, catalogue, changed)


def _delete(world: World, rng: np.random.Generator, frame: pd.DataFrame) -> None:
    """Deletions by quota within low, middle and high stars: the planted suppression."""
    stars = frame["stars"].to_numpy()
    low, middle, high = DELETED_SHARE["low"], DELETED_SHARE["middle"], DELETED_SHARE["high"]
    chance = np.select([stars <= 2, stars == 3], [low, middle], high)
    order = np.lexsort((rng.random(len(frame)), stars))
    is_deleted = np.zeros(len(frame), dtype=bool)
    is_deleted[order] = quota(rng, chance[order])
    later = np.maximum(frame["posted"].to_numpy(), frame["edited"].to_numpy())
    when = to_minute(later + (between(rng, 0.3, 5, len(frame)) * world.tempo).astype(np.int64))
    frame["deleted"] = np.where(is_deleted & (when < world.end), when, NEVER)


def _with_copies(world: World, rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """JD shows some reviews under a sibling article as well: copies that point to their source."""
    able = frame[(frame["channel"] == JD) & (frame["grant"] == 0) & (frame["deleted"] == NEVER)]
    able = able[(able["edited"] == NEVER) & (able["posted"] < world.end - DAY // 2)]
    copies = able[share(rng, len(able), 0.03)].copy()
    copies["source"] = copies["review"]
    own = [i for i, p in enumerate(PRODUCTS) if p.sales > 0]
    copies["product"] = (copies["product"] + 1) % len(own)
    copies["posted"] = to_minute(
        copies["posted"].to_numpy() + rng.integers(60, DAY // 3, len(copies))
    )
    copies["order"], copies["helpful"], copies["is_pinned"] = 0, 0, False
    copies["review"] = len(frame) + np.arange(1, len(copies) + 1)
    return pd.concat([frame, copies], ignore_index=True)
