"""What was planted of the brand: trust by age, market, proofs, staff, quality."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.brand import STAFF, months_back
from ingestion.demo.catalogue.catalogue import BRANDS, OWN_PRODUCTS, PRODUCTS
from ingestion.demo.simulation import Simulation
from ingestion.demo.texts.review_lines import NEGATIVE, POSITIVE
from ingestion.demo.voices.mentions import AUTHOR_KINDS, EMPLOYEE, ORIGINAL
from ingestion.demo.voices.trust import IDENTITY, SCORES, TRUST, YOUNG_FROM, shows_birth_year
from ingestion.demo.world import NEVER, World
from tests.planted_truths.forms import Json, iso, rate, yuan

_NAMES = {TRUST: "trust", IDENTITY: "identity"}


def brand_trust(simulation: Simulation) -> Json:
    """Answers by wave and age group; the year of birth of a fifth of the members is not known."""
    surveys, customers = simulation.surveys, simulation.customers
    rows = surveys[surveys["kind"].isin(_NAMES) & (surveys["answered"] != NEVER)]
    born = customers["birth_year"].to_numpy()[rows["customer"]]
    is_known = shows_birth_year(customers)[rows["customer"]]
    group = np.where(~is_known, "unknown", np.where(born >= YOUNG_FROM, "young", "older"))
    rows = rows.assign(group=group, born=np.where(is_known, born, 0))
    result: Json = {"young_born_from": YOUNG_FROM}
    for kind, name in _NAMES.items():
        own = rows[rows["kind"] == kind]
        older, young = (
            sum(score * chance for score, chance in enumerate(chances, start=1))
            for chances in SCORES[kind]
        )
        result[name] = {
            "scale": 5,
            "planted_difference": round(older - young, 6),
            "groups": {g: _scored(part) for g, part in own.groupby("group")},
            "waves": {
                wave: {g: _scored(part) for g, part in answers.groupby("group")}
                for wave, answers in own.groupby("wave")
            },
            "birth_years": {str(year): _scored(part) for year, part in own.groupby("born") if year},
        }
    return result


def _scored(frame: pd.DataFrame) -> Json:
    total = int(frame["score"].sum())
    return {"answered": len(frame), "score_sum": total, "mean": rate(total, len(frame))}


def market_share(simulation: Simulation) -> list[Json]:
    """Per month: sales of all brands, and our share of them in whole and by category."""
    market = simulation.brand_year.market
    own = market[market["brand"] == BRANDS[0].code]
    rows = []
    for month, all_brands in market.groupby("month"):
        ours = own[own["month"] == month]
        totals = all_brands.groupby("category")["cents"].sum()
        rows.append(
            {
                "month_start": month,
                "sales_cny": yuan(all_brands["cents"]),
                "own_sales_cny": yuan(ours["cents"]),
                "own_share": rate(int(ours["cents"].sum()), int(all_brands["cents"].sum())),
                "own_share_by_category": {
                    category: rate(cents, int(totals[str(category)]))
                    for category, cents in ours.set_index("category")["cents"].items()
                },
            }
        )
    return rows


def brand_programmes(simulation: Simulation) -> Json:
    """Pieces by kind; how long one followed on another."""
    world, pieces = simulation.world, simulation.brand_year.pieces
    last = world.days - 1
    esg = pieces[pieces["kind"] == "esg"].sort_values("published")
    gaps = esg["published"].diff().dropna().astype(int)
    papers = pieces[pieces["kind"] == "certification"]
    media = pieces[pieces["kind"] == "media"]
    earned, paid = media[media["cents"] <= 0], media[media["cents"] > 0]
    certificates = {}
    for outlet, group in papers.sort_values("published").groupby("outlet"):
        from_day, to_day = group["published"].to_numpy(), group["valid_to"].to_numpy(dtype=np.int64)
        missing = np.maximum(from_day[1:] - to_day[:-1] - 1, 0)
        certificates[outlet] = {
            "pieces": len(group),
            "first_valid_on": world.date_of(from_day[0]).isoformat(),
            "valid_to": world.date_of(to_day[-1]).isoformat(),
            "is_valid": bool(to_day[-1] >= last),
            "days_uncovered_between": int(missing.sum()),
            "days_lapsed": int(max(last - to_day[-1], 0)),
        }
    return {
        "pieces": {str(kind): len(group) for kind, group in pieces.groupby("kind")},
        "esg_published_on": [world.date_of(day).isoformat() for day in esg["published"]],
        "esg_days_between": gaps.tolist(),
        "certificates": certificates,
        "earned_media": {"pieces": len(earned), "reach": int(earned["reach"].sum())},
        "paid_media": {
            "pieces": len(paid),
            "reach": int(paid["reach"].sum()),
            "spend_cny": yuan(paid["cents"]),
        },
        "media_by_month": [
            {"month_start": month, "earned_reach": int(earned.loc[mask, "reach"].sum())}
            for month, mask in _by_month(world, earned)
        ],
    }


def _by_month(world: World, frame: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    months = pd.Series(
        [world.date_of(day).replace(day=1) for day in frame["published"]],
        index=frame.index,
        dtype=object,
    )
    return [
        (month.isoformat(), months == month)
        for month in months_back(world.days // 28 + 2)
        if (months == month).any()
    ]


def staff_advocacy(simulation: Simulation) -> Json:
    """What our own staff say in public, apart from all others; and who passed which course."""
    world, mentions = simulation.world, simulation.mentions
    own = mentions[mentions["brand"] == 0]
    result: Json = {}
    for name, group in (
        (AUTHOR_KINDS[EMPLOYEE], own[own["author_kind"] == EMPLOYEE]),
        ("others", own[own["author_kind"] != EMPLOYEE]),
    ):
        said = group[group["kind"] == ORIGINAL]
        result[name] = {
            "mentions": len(group),
            "originals": len(said),
            "authors": int(group["author"].nunique()),
            "positive_originals": int((said["polarity"] == POSITIVE).sum()),
            "negative_originals": int((said["polarity"] == NEGATIVE).sum()),
        }
    training = simulation.brand_year.training
    return result | {
        "staff_trained": int(training["staff"].nunique()),
        "staff": STAFF,
        "passes": {str(course): len(group) for course, group in training.groupby("course")},
        "last_passed_at": iso(world, int(training["passed"].max())),
    }


def quality(simulation: Simulation) -> Json:
    """Failures over units in use, of the last month and of all months, beside the industry's."""
    frame = simulation.brand_year.quality
    last = str(frame["month"].max())
    products = {}
    for index in OWN_PRODUCTS:
        rows = frame[frame["product"] == index]
        now = rows[rows["month"] == last].iloc[0]
        share = rate(int(now["failed"]), int(now["units"]))
        has_industry = float(now["industry"]) >= 0
        products[PRODUCTS[index].code] = {
            "units_in_use": int(now["units"]),
            "failures": int(now["failed"]),
            "returns": int(now["returned"]),
            "failure_share": share,
            "industry_failure_share": float(now["industry"]) if has_industry else None,
            "is_worse": bool((share or 0) > float(now["industry"])) if has_industry else None,
            "failures_of_all_months": int(rows["failed"].sum()),
            "units_of_all_months": int(rows["units"].sum()),
        }
    return {
        "month_start": dt.date.fromisoformat(last).isoformat(),
        "months": int(frame["month"].nunique()),
        "products": products,
    }
