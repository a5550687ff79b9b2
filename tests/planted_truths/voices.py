"""Truths on what is said and answered: replies, cases, share of voice, crises, reviews, KOCs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import ASPECTS, BRANDS, PRODUCTS
from ingestion.demo.simulation import Simulation
from ingestion.demo.voices.mentions import AUTHOR_KINDS, COMMENT, ORIGINAL, RESHARE
from ingestion.demo.voices.responses import CLOSES, DEPARTMENTS, OPENS
from ingestion.demo.voices.reviews import CHANNELS
from ingestion.demo.world import DAY, HOUR, MINUTE, NEVER
from tests.planted_truths.forms import Json, iso, member, opaque, rate

# Upper bounds of the published distribution of first replies, in minutes.
REPLY_BOUNDS = (15, 30, 60, 120, 240, 720, 1440)


def _first_replies(simulation: Simulation) -> pd.DataFrame:
    """First public human reply per subject: kind, department, minutes."""
    reviews = simulation.review_answers.query("not is_automated")
    mentions = simulation.mention_answers.query("not is_automated and is_public")
    spoken = simulation.service.responses.query("not is_automated and is_public")
    opened = simulation.service.cases.set_index("case")["opened"]
    spoken = spoken.assign(posted=spoken["case"].map(opened))
    frames = []
    for kind, frame, subject in (
        ("review", reviews, "review"),
        ("mention", mentions, "mention"),
        ("case", spoken, "case"),
    ):
        first = frame.sort_values(["responded", subject]).drop_duplicates(subject)
        minutes = (first["responded"] - first["posted"]) / MINUTE
        department = first["department"].to_numpy()
        frames.append(pd.DataFrame({"kind": kind, "department": department, "minutes": minutes}))
    return pd.concat(frames, ignore_index=True)


def _distribution(minutes: pd.Series) -> Json:
    bounds = [0.0, *REPLY_BOUNDS, np.inf]
    # each bound belongs to the bin below it: a reply after exactly 60 minutes is within the hour
    places = np.searchsorted(bounds[1:], minutes.to_numpy(), side="left")
    counts = np.bincount(places, minlength=len(REPLY_BOUNDS) + 1)
    names = [f"<={bound}" for bound in REPLY_BOUNDS] + [f">{REPLY_BOUNDS[-1]}"]
    within = int((minutes <= 60).sum())
    return {
        "first_replies": len(minutes),
        "median_minutes": round(float(minutes.median()), 6) if len(minutes) else None,
        "mean_minutes": round(float(minutes.mean()), 6) if len(minutes) else None,
        "within_60": within,
        "within_60_share": rate(within, len(minutes)),
        "histogram": dict(zip(names, counts.tolist(), strict=True)),
    }


def replies(simulation: Simulation) -> Json:
    """First replies by department and by subject, and replies of other kinds."""
    first = _first_replies(simulation)
    answers, talk = simulation.review_answers, simulation.mention_answers
    spoken = simulation.service.responses
    every = [frame[["responded", "is_automated"]] for frame in (answers, talk, spoken)]
    rows = pd.concat(every, ignore_index=True)
    hour = rows["responded"] % DAY // HOUR
    is_outside = ~rows["is_automated"] & ((hour < OPENS) | (hour >= CLOSES))
    reviews = simulation.reviews.merge(
        answers.query("not is_automated")[["review", "responded"]], on="review", how="left"
    )
    low = reviews[(reviews["stars"] <= 2) & (reviews["source"] == 0)]
    waited = (low["responded"] - low["posted"]) / MINUTE
    return {
        "by_department": {
            DEPARTMENTS[code]: _distribution(first.loc[first["department"] == code, "minutes"])
            for code in sorted(first["department"].unique())
        },
        "by_subject": {
            kind: _distribution(first.loc[first["kind"] == kind, "minutes"])
            for kind in ("review", "mention", "case")
        },
        "automated": int(rows["is_automated"].sum()),
        "human": int((~rows["is_automated"]).sum()),
        "human_outside_9_to_21": int(is_outside.sum()),
        "not_public": int((~talk["is_public"]).sum() + (~spoken["is_public"]).sum()),
        "low_star_reviews": {
            channel: {
                "reviews": int((low["channel"] == number).sum()),
                "replied": int(low.loc[low["channel"] == number, "responded"].notna().sum()),
                "replied_within_60": int((waited[low["channel"] == number] <= 60).sum()),
            }
            for number, channel in enumerate(CHANNELS)
        },
    }


def cases(simulation: Simulation) -> Json:
    """Cases by how they stand at the end."""
    cases = simulation.service.cases
    return {
        "cases": len(cases),
        "solved_at_end": int((cases["solved"] != NEVER).sum()),
        "reopened": int((cases["reopened"] != NEVER).sum()),
        "closed": int((cases["closed"] != NEVER).sum()),
        "by_department": {
            name: int((cases["department"] == code).sum())
            for code, name in enumerate(DEPARTMENTS)
            if (cases["department"] == code).any()
        },
    }


def share_of_voice(simulation: Simulation) -> Json:
    """Public mentions per brand."""
    mentions = simulation.mentions
    result: Json = {}
    for index, brand in enumerate(BRANDS):
        own = mentions[mentions["brand"] == index]
        kinds = own["kind"].value_counts()
        result[brand.code] = {
            "public_mentions": len(own),
            "without_reshares": int((own["kind"] != RESHARE).sum()),
            "originals": int(kinds.get(ORIGINAL, 0)),
            "reshares": int(kinds.get(RESHARE, 0)),
            "comments": int(kinds.get(COMMENT, 0)),
            "disclosed_ads": int(own["is_ad"].sum()),
            "by_author_kind": {
                name: int((own["author_kind"] == code).sum())
                for code, name in enumerate(AUTHOR_KINDS)
            },
        }
    total = sum(row["public_mentions"] for row in result.values())
    plain = sum(row["without_reshares"] for row in result.values())
    for row in result.values():
        row["share"] = rate(row["public_mentions"], total)
        row["share_without_reshares"] = rate(row["without_reshares"], plain)
    return result


def crises(simulation: Simulation) -> list[Json]:
    """Both crises: what burst when, and what the press desk did."""
    world, mentions, cases = simulation.world, simulation.mentions, simulation.service.cases
    rows = []
    for facts in simulation.crises.to_dict("records"):
        number = facts["crisis"]
        posts = mentions[mentions["crisis"] == number]
        first = posts.iloc[0]
        per_day = posts.groupby(posts["posted"] // DAY).size()
        rows.append(
            {
                "crisis_ref": facts["code"],
                "title": facts["title"],
                "day": world.date_of(facts["detected"] // DAY).isoformat(),
                "product_ref": PRODUCTS[int(first["product"])].code,
                "aspect": ASPECTS[int(first["aspect"])],
                "mentions": len(posts),
                "mentions_by_day": {
                    world.date_of(day).isoformat(): int(n) for day, n in per_day.items()
                },
                "cases": int((cases["crisis"] == number).sum()),
                **{
                    f"{name}_at": iso(simulation.world, facts[name])
                    for name in ("detected", "declared", "statement", "apology", "plan", "closed")
                },
            }
        )
    return rows


def suppression(simulation: Simulation) -> Json:
    """Deletions of bad and of good reviews."""
    reviews = simulation.reviews[simulation.reviews["source"] == 0]
    result: Json = {}
    for name, mask in (
        ("two_or_less", reviews["stars"] <= 2),
        ("four_or_more", reviews["stars"] >= 4),
    ):
        group = reviews[mask]
        deleted = int((group["deleted"] != NEVER).sum())
        result[name] = {
            "reviews": len(group),
            "deleted": deleted,
            "deletion_rate": rate(deleted, len(group)),
        }
    low, high = result["two_or_less"], result["four_or_more"]
    result["gap"] = round((low["deletion_rate"] or 0) - (high["deletion_rate"] or 0), 6)
    return result


def kocs(simulation: Simulation) -> list[Json]:
    """Members who are key opinion consumers."""
    posts = simulation.mentions[simulation.mentions["koc"] >= 0]["koc"].value_counts()
    return [
        {"member": member(koc), "xiaohongshu_author": opaque("xu", koc), "notes": int(posts[koc])}
        for koc in simulation.kocs
        if koc in posts.index
    ]
