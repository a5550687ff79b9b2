"""What is said outside the shops: posts, videos, answers, comments and reposts, and messages.

Public talk names all brands of the watch list; messages in the brand's own groups are private.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import BRANDS, OWN_BRAND, PRODUCTS, crises
from ingestion.demo.draws import choose_talkers, day_times, pick, share, to_minute
from ingestion.demo.texts.review_lines import MIXED, NEGATIVE, POSITIVE, Catalogue, choose_aspects
from ingestion.demo.world import DAY, HOUR, NEVER, Ints, World

PLATFORMS = ("weibo", "xiaohongshu", "douyin", "zhihu", "forum")
PLATFORM_WEIGHTS = (0.40, 0.24, 0.20, 0.07, 0.09)
ORIGINAL, RESHARE, COMMENT = 0, 1, 2
USER, EMPLOYEE, CREATOR, MEDIA, INSTITUTION = 0, 1, 2, 3, 4
AUTHOR_KINDS = ("user", "employee", "creator", "media", "institution")
# Chance of positive, negative, mixed talk per brand of the watch list.
TONES = ((0.58, 0.22, 0.20), (0.52, 0.28, 0.20), (0.47, 0.33, 0.20))
CRISIS_SHARE = 0.055
CRISIS_CURVE = (0.42, 0.25, 0.14, 0.09, 0.06, 0.04)
# Numbers of authors who are no members start here, one block for each kind of author.
STRANGERS = 100_000_000


def make_mentions(
    world: World, customers: pd.DataFrame, kocs: Ints, catalogue: Catalogue
) -> pd.DataFrame:
    """One row per public mention, in order of time.

    Columns: mention, platform (PLATFORMS), kind, parent (mention, 0 none), brand (BRANDS), product,
    names_product, aspect, polarity, author (a member's number, or one above STRANGERS), is_member,
    author_kind, followers, posted, text, is_ad, crisis (0 none, else 1-based), reach.
    """
    rng = world.rng("mentions")
    count = round((2_000 + 0.5 * world.customers) * world.flow)
    parts = [_everyday(world, rng, count), _koc_posts(world, rng, kocs)]
    parts += [_crisis_posts(world, rng, number, count) for number in (1, 2)]
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[(frame["posted"] >= 0) & (frame["posted"] < world.end)]
    is_minute = frame["platform"].isin([0, 4])
    frame["posted"] = np.where(is_minute, to_minute(frame["posted"].to_numpy()), frame["posted"])
    frame = frame.sort_values(["posted", "platform", "product", "aspect"], ignore_index=True)
    frame["mention"] = np.arange(1, len(frame) + 1)
    _authors(rng, customers, frame)
    _hang_on_parents(rng, frame)
    frame["text"] = catalogue.write(
        rng, *(frame[name].to_numpy() for name in ("product", "polarity", "aspect"))
    )
    plain = catalogue.extend(["转发微博", "//转", "说得对，转发支持", "扩散一下"])
    is_reshare = (frame["kind"] == RESHARE).to_numpy()
    reshared = plain[pick(rng, [6, 2, 1, 1], len(frame))]
    frame["text"] = np.where(is_reshare, reshared, frame["text"])
    n = len(frame)
    reach = np.exp(rng.normal(5.2, 1.1, n)) + frame["followers"].to_numpy() * rng.uniform(0, 0.3, n)
    frame["reach"] = np.where(frame["kind"] == ORIGINAL, reach, 0).astype(np.int64)
    return frame


def _blank(rng: np.random.Generator, n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"crisis": np.zeros(n, dtype=np.int64), "koc": np.full(n, -1), "kind": ORIGINAL}
    ).assign(names_product=rng.random(n) < 0.85)


def _everyday(world: World, rng: np.random.Generator, n: int) -> pd.DataFrame:
    frame = _blank(rng, n)
    frame["platform"] = pick(rng, PLATFORM_WEIGHTS, n)
    frame["brand"] = pick(rng, [b.talk for b in BRANDS], n)
    product, polarity = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for index, brand in enumerate(BRANDS):
        rows = np.flatnonzero(frame["brand"] == index)
        own = np.array([i for i, p in enumerate(PRODUCTS) if p.brand == brand.code])
        product[rows] = own[rng.integers(0, len(own), len(rows))]
        polarity[rows] = pick(rng, TONES[index], len(rows))
    frame["product"], frame["polarity"] = product, polarity
    frame["aspect"] = choose_aspects(rng, product)
    frame["posted"] = day_times(rng, rng.integers(0, world.days, n))
    frame["kind"] = pick(rng, [0.70, 0.08, 0.22], n)
    # only 微博 shows reposts as posts of their own
    frame.loc[(frame["kind"] == RESHARE) & (frame["platform"] != 0), "kind"] = COMMENT
    return frame


def _koc_posts(world: World, rng: np.random.Generator, kocs: Ints) -> pd.DataFrame:
    """Several warm notes on 小红书 by each key opinion consumer."""
    people = np.repeat(kocs, 4 + np.arange(len(kocs)) % 4)
    n = len(people)
    frame = _blank(rng, n)
    own = [i for i, p in enumerate(PRODUCTS) if p.brand == OWN_BRAND]
    frame["platform"], frame["brand"], frame["koc"] = 1, 0, people
    frame["product"] = rng.choice(own, n) if n else np.zeros(0, dtype=np.int64)
    frame["polarity"] = np.where(rng.random(n) < 0.9, POSITIVE, MIXED)
    frame["aspect"] = choose_aspects(rng, frame["product"].to_numpy())
    frame["posted"] = day_times(rng, rng.integers(0, world.days, n))
    return frame


def _crisis_posts(world: World, rng: np.random.Generator, number: int, count: int) -> pd.DataFrame:
    """The burst of negative posts on one product and aspect that makes a crisis."""
    crisis = crises(world)[number - 1]
    n = max(8, round(count * CRISIS_SHARE))
    frame = _blank(rng, n)
    frame["crisis"], frame["brand"], frame["names_product"] = number, 0, True
    frame["platform"] = pick(rng, [0.6, 0.25, 0.15], n)
    frame["product"], frame["aspect"] = crisis.product, crisis.aspect
    frame["polarity"] = np.where(rng.random(n) < 0.93, NEGATIVE, MIXED)
    offset = pick(rng, CRISIS_CURVE, n)
    later = day_times(rng, crisis.day + offset)
    # it breaks in the morning of its first day
    breaking = crisis.day * DAY + 10 * HOUR + rng.integers(0, 13 * HOUR, n)
    frame["posted"] = np.where(offset == 0, breaking, later)
    is_short = world.days < crisis.day + len(CRISIS_CURVE)
    if is_short:
        frame["posted"] = np.minimum(frame["posted"], breaking)
    return frame


def _authors(rng: np.random.Generator, customers: pd.DataFrame, frame: pd.DataFrame) -> None:
    n = len(frame)
    kind = pick(rng, [0.86, 0.03, 0.075, 0.025, 0.01], n)
    kind = np.where((frame["crisis"] > 0) & (kind != MEDIA), USER, kind)
    # the forum has no sign for the press
    kind = np.where((frame["platform"] == 4) & (kind == MEDIA), USER, kind)
    kind = np.where((frame["koc"] >= 0) | (frame["kind"] != ORIGINAL), USER, kind)
    blocks = np.array([max(50, n // 2), 6, 40, 15, 1])[kind]
    author = STRANGERS * (1 + kind) + rng.integers(0, blocks)
    # a brand's employees and official account are its own
    author = author + np.where(np.isin(kind, [EMPLOYEE, INSTITUTION]), frame["brand"] * 1_000, 0)
    is_member = np.zeros(n, dtype=bool)
    for index, platform in enumerate(PLATFORMS):
        holders = np.flatnonzero(customers[f"holds_{platform}"])
        rows = np.flatnonzero((frame["platform"] == index) & (frame["brand"] == 0) & (kind == USER))
        rows = rows[share(rng, len(rows), 0.4)]
        if len(holders):
            author[rows] = holders[rng.integers(0, len(holders), len(rows))]
            is_member[rows] = True
    is_koc = (frame["koc"] >= 0).to_numpy()
    author = np.where(is_koc, frame["koc"], author)
    frame["author"], frame["author_kind"] = author.astype(np.int64), kind
    frame["is_member"] = is_member | is_koc
    scale = np.array([4.5, 6.0, 10.5, 12.5, 11.5])[kind]
    followers = np.exp(rng.normal(scale, 0.9))
    followers = np.where(is_koc, rng.uniform(3_000, 30_000, n), followers)
    frame["followers"] = followers.astype(np.int64)
    frame["is_ad"] = (kind == CREATOR) & (rng.random(n) < 0.5)


def _hang_on_parents(rng: np.random.Generator, frame: pd.DataFrame) -> None:
    """Comments and reposts hang on an earlier original of the same platform and brand.

    They take its product and aspect, and for the most part its tone. Where nothing was posted
    before, they become originals.
    """
    parent = np.zeros(len(frame), dtype=np.int64)
    kind = frame["kind"].to_numpy().copy()
    group = (frame["platform"] * len(BRANDS) + frame["brand"]).to_numpy()
    for value in np.unique(group):
        rows = np.flatnonzero(group == value)
        originals = rows[kind[rows] == ORIGINAL]
        hanging = rows[kind[rows] != ORIGINAL]
        before = np.searchsorted(originals, hanging)
        kind[hanging[before == 0]] = ORIGINAL
        hanging, before = hanging[before > 0], before[before > 0]
        # rather the recent ones
        chosen = before - 1 - (rng.random(len(hanging)) ** 3 * before).astype(np.int64)
        parent[hanging] = originals[chosen] + 1
    frame["kind"], frame["parent"] = kind, parent
    rows = np.flatnonzero(parent > 0)
    of = parent[rows] - 1
    for name in ("product", "aspect"):
        frame.loc[rows, name] = frame[name].to_numpy()[of]
    agrees = rng.random(len(rows)) < 0.7
    tone = np.where(agrees, frame["polarity"].to_numpy()[of], frame["polarity"].to_numpy()[rows])
    frame.loc[rows, "polarity"] = tone


def make_messages(world: World, customers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Archived messages in the brand's groups.

    Columns: message, customer (-1 staff), product, names_product, aspect, polarity, posted, text,
    group.
    """
    rng = world.rng("messages")
    joined = customers["joined"].to_numpy()
    members = np.flatnonzero((joined != NEVER) & customers["is_linked"])
    n = round(0.22 * world.customers * world.flow) if len(members) else 0
    people = choose_talkers(rng, members, n)
    frame = pd.DataFrame({"customer": people})
    frame["posted"] = day_times(rng, rng.integers(0, world.days, n))
    frame = frame[joined[frame["customer"]] < frame["posted"]].reset_index(drop=True)
    n = len(frame)
    frame["group"] = frame["customer"] % 20
    frame.loc[rng.random(n) < 0.12, "customer"] = -1
    own = [i for i, p in enumerate(PRODUCTS) if p.brand == OWN_BRAND]
    frame["product"] = rng.choice(own, n) if n else np.zeros(0, dtype=np.int64)
    frame["names_product"] = rng.random(n) < 0.7
    frame["aspect"] = choose_aspects(rng, frame["product"].to_numpy())
    frame["polarity"] = pick(rng, [0.6, 0.2, 0.2], n)
    frame["text"] = catalogue.write(
        rng, *(frame[name].to_numpy() for name in ("product", "polarity", "aspect"))
    )
    frame = frame.sort_values(["posted", "customer"], ignore_index=True)
    frame["message"] = np.arange(1, n + 1)
    return frame
