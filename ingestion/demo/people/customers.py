"""Buyers: members with their outside accounts, and guests who buy in the shops alone.

Which account belongs to which member is known only where the CRM has linked it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.draws import between, pick, share
from ingestion.demo.world import DAY, NEVER, Ints, World

# Social channels on which members write; an account is linked for part of those who hold one.
SOCIAL_HOLD = {"xiaohongshu": 0.30, "douyin": 0.35, "weibo": 0.30, "zhihu": 0.08, "forum": 0.06}
PHONE_STYLES = ("plain", "country_code", "dashes", "masked", "blank")
PHONE_WEIGHTS = (0.60, 0.15, 0.05, 0.12, 0.08)
GUESTS_PER_MEMBER = 0.17
# Later than any window: a guest is in no export of members.
NO_REGISTRATION = 10**12


def make_customers(world: World) -> pd.DataFrame:
    """One row per member, in order of registration, then one per guest.

    Columns: customer, is_member, registered (s, negative before the window), shop (0 jd, 1 tmall),
    has_both_shops, is_linked (the shop account is known to the CRM), phone_person (whose number it
    is: a second membership of the same person repeats it), phone_style, has_email, name_0..name_2,
    level, region, birth_year, source, is_consented, joined (s, wecom, or NEVER), holds_<channel>,
    is_<channel>_linked, has_openid, has_device.
    """
    rng = world.rng("customers")
    n = world.customers
    frame = pd.DataFrame({"customer": np.arange(n, dtype=np.int64)})
    is_new = share(rng, n, 0.3)
    registered = np.where(
        is_new, rng.integers(0, max(1, world.end - DAY // 4), n), -between(rng, 1, 730, n)
    )
    frame["registered"] = np.sort(registered)
    frame["shop"] = pick(rng, [0.55, 0.45], n)
    frame["has_both_shops"] = rng.random(n) < 0.12
    frame["is_linked"] = share(rng, n, 0.88)
    frame["phone_person"] = frame["customer"]
    twins = np.flatnonzero(share(rng, n, 0.004))
    twins = twins[twins > 0]
    frame.loc[twins, "phone_person"] = twins - 1
    frame["phone_style"] = pick(rng, PHONE_WEIGHTS, n)
    # both memberships of a person must show the number, or nothing could join them
    frame.loc[twins, "phone_style"] = 0
    frame.loc[twins - 1, "phone_style"] = 1
    frame["has_email"] = rng.random(n) < 0.55
    for position, pool in enumerate((40, 60, 60)):
        frame[f"name_{position}"] = rng.integers(0, pool, n)
    frame["level"] = pick(rng, [0.62, 0.22, 0.12, 0.04], n)
    frame["region"] = pick(rng, 1.0 / np.arange(1, 13), n)
    frame["birth_year"] = np.clip(rng.normal(1991, 8, n), 1950, 2007).astype(np.int64)
    frame["source"] = rng.integers(0, 8, n)
    frame["is_consented"] = rng.random(n) < 0.8
    joins = rng.random(n) < 0.35
    joined = frame["registered"].to_numpy() + between(rng, 0, 20 * world.tempo, n)
    frame["joined"] = np.where(joins & (joined < world.end), joined, NEVER)
    for channel, fraction in SOCIAL_HOLD.items():
        frame[f"holds_{channel}"] = rng.random(n) < fraction
        frame[f"is_{channel}_linked"] = frame[f"holds_{channel}"] & (rng.random(n) < 0.5)
    frame["has_openid"] = rng.random(n) < 0.4
    frame["has_device"] = rng.random(n) < 0.3
    frame["is_member"] = True
    return pd.concat([frame, _guests(world, frame)], ignore_index=True)


def _guests(world: World, members: pd.DataFrame) -> pd.DataFrame:
    """Buyers without a membership: a shop account and nothing else."""
    rng = world.rng("guests")
    n = round(world.customers * GUESTS_PER_MEMBER)
    frame = members.iloc[rng.integers(0, world.customers, n)].copy()
    frame["customer"] = world.customers + np.arange(n)
    frame["phone_person"] = frame["customer"]
    frame["shop"] = pick(rng, [0.55, 0.45], n)
    frame["registered"] = NO_REGISTRATION
    frame["joined"] = NEVER
    flags = frame.columns[frame.columns.str.match("is_|has_|holds_")]
    frame[flags] = False
    return frame


def choose_kocs(world: World, customers: pd.DataFrame) -> Ints:
    """Members who are key opinion consumers: linked buyers with a linked 小红书 account."""
    rng = world.rng("kocs")
    able = np.flatnonzero(customers["is_linked"] & customers["is_xiaohongshu_linked"])
    count = min(len(able), int(np.clip(world.customers * 0.005, 3, 60)))
    return np.sort(rng.permutation(able)[:count]).astype(np.int64)


def link_identities(
    world: World, customers: pd.DataFrame, touched: Ints, conversions: pd.DataFrame
) -> pd.DataFrame:
    """Identifiers that the CRM links to members: kind, identifier, customer, linked (s).

    `touched` are members whose cookie is known. An identifier has the number of its owner.

    A buyer's cookie is learnt when they log in to pay; one in ten of these links is made days
    later, so that the conversion is already counted when its touches become the buyer's.
    """
    rng = world.rng("identities")
    n = len(customers)
    registered = customers["registered"].to_numpy()
    latest = world.end - DAY // 8
    parts: list[pd.DataFrame] = []

    def add(kind: str, mask: np.ndarray, linked: np.ndarray) -> None:
        rows = np.flatnonzero(mask)
        when = np.minimum(linked[rows], latest)
        parts.append(pd.DataFrame({"kind": kind, "customer": rows, "linked": when}))

    soon = registered + between(rng, 0, 0.2, n)
    is_linked = customers["is_linked"].to_numpy()
    shop = customers["shop"].to_numpy()
    both = customers["has_both_shops"].to_numpy()
    # a few shop accounts are only bound during the window
    bound = np.where(rng.random(n) < 0.15, rng.integers(0, world.end, n), soon)
    bound = np.maximum(bound, registered)
    add("jd_customer", is_linked & ((shop == 0) | both), bound)
    add("tmall_customer", is_linked & ((shop == 1) | both), bound)
    is_touched = np.zeros(n, dtype=bool)
    is_touched[touched] = True
    visit = np.maximum(rng.integers(0, world.end, n), registered)
    if len(conversions):
        login = conversions["converted"].to_numpy() + rng.integers(5, 600, len(conversions))
        is_late = share(rng, len(login), 0.1)
        login = login + np.where(is_late, between(rng, 3, 8, len(login)) * world.tempo, 0).astype(
            np.int64
        )
        # the first order counts: from then on the cookie is known
        early = np.argsort(-conversions["converted"].to_numpy(), kind="stable")
        visit[conversions["customer"].to_numpy()[early]] = login[early]
    is_member = customers["is_member"].to_numpy()
    add("cookie", is_touched | (is_member & (rng.random(n) < 0.45)), visit)
    has_openid = customers["has_openid"].to_numpy()
    add("wechat_openid", has_openid, soon)
    add("device_id", customers["has_device"].to_numpy(), soon)
    # a number belongs to one person: the second membership of a pair has no row of its own
    plain = (customers["phone_style"] < 3) & (customers["phone_person"] == customers["customer"])
    add("phone", plain.to_numpy() & is_member & (rng.random(n) < 0.6), soon)
    for channel in SOCIAL_HOLD:
        add(f"{channel}_author", customers[f"is_{channel}_linked"].to_numpy(), soon)
    joined = customers["joined"].to_numpy()
    for kind in ("wecom_customer", "wecom_author"):
        add(kind, joined != NEVER, joined)
    links = pd.concat(parts, ignore_index=True)
    return links.assign(identifier=links["customer"])
