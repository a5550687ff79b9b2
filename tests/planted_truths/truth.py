"""Every planted truth of a world, by entry; what each means stands in the package's docstring."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from ingestion.demo import MARKER, write_world
from ingestion.demo.catalogue.catalogue import BRANDS
from ingestion.demo.simulation import Simulation
from ingestion.demo.world import LAST_DAY, World
from tests.planted_truths import (
    answering,
    attribution,
    brand,
    buyers,
    members,
    partners,
    programme,
    service,
    studio,
    voices,
)
from tests.planted_truths.forms import Json

_USED_TEXTS = (
    "select count(distinct t.text) from texts as t semi join ("
    " select text as id from reviews union all select text_before from reviews"
    " union all select text from review_answers union all select text from mentions"
    " union all select text from mention_answers union all select text from messages"
    " union all select text from cases union all select text from case_responses"
    " union all select text from surveys union all select title from content"
    ") as used on used.id = t.id"
)


def make_truth(simulation: Simulation) -> Json:
    """Everything planted, except what concerns single files (the writer knows that)."""
    world = simulation.world
    return {
        "world": {
            "days": world.days,
            "customers": world.customers,
            "seed": world.seed,
            "first_day": world.first_day.isoformat(),
            "last_day": LAST_DAY.isoformat(),
            "own_brand": BRANDS[0].code,
            "brands": [b.code for b in BRANDS],
        },
        "strategies": attribution.strategies(simulation),
        "word_of_mouth": attribution.word_of_mouth(simulation),
        "attributed_sales": attribution.attributed_sales(simulation),
        "identities": buyers.identities(simulation),
        "crises": voices.crises(simulation),
        "replies": voices.replies(simulation),
        "cases": voices.cases(simulation),
        "handling": answering.handling(simulation),
        "handled_reviews": answering.handled_reviews(simulation),
        "nps": buyers.nps(simulation),
        "share_of_voice": voices.share_of_voice(simulation),
        "orders": buyers.orders(simulation),
        "repurchase": buyers.repurchase(simulation),
        "lifetime_repair": buyers.lifetime_repair(simulation),
        "segments": buyers.segments(simulation),
        "incentives": buyers.incentives(simulation),
        "suppression": voices.suppression(simulation),
        "review_wave": studio.review_wave(simulation),
        "content": studio.content(simulation),
        "actions": studio.actions(simulation),
        "relief": studio.relief(simulation),
        "kocs": voices.kocs(simulation),
        "referrals": programme.referrals(simulation),
        "experiments": programme.experiments(simulation),
        "traffic": attribution.traffic(simulation),
        "topic_lift": attribution.topic_lift(simulation),
        "creators": attribution.creators(simulation),
        "campaigns": attribution.campaigns(simulation),
        "points_ledger": members.points_ledger(simulation),
        "stage_offers": members.stage_offers(simulation),
        "koc_activation": members.koc_activation(simulation),
        "private_domain": members.private_domain(simulation),
        "service_contacts": service.service_contacts(simulation),
        "warranty": service.warranty(simulation),
        "releases": service.releases(simulation),
        "ideas": partners.ideas(simulation),
        "trials": partners.trials(simulation),
        "erasures": partners.erasures(simulation),
        "brand_trust": brand.brand_trust(simulation),
        "market_share": brand.market_share(simulation),
        "brand_programmes": brand.brand_programmes(simulation),
        "staff_advocacy": brand.staff_advocacy(simulation),
        "quality": brand.quality(simulation),
    }


def collect(entries: Iterable[dict[str, list[Json]]]) -> Json:
    """Join what the writers noted on single files, by kind, in order."""
    kinds = (
        "bad_rows",
        "duplicate_rows",
        "duplicate_files",
        "late_files",
        "corrections",
    )
    found: Json = {kind: [] for kind in kinds}
    for entry in entries:
        for kind, rows in entry.items():
            found[kind].extend(rows)
    return found


@cache
def planted_truths(world: World) -> Json:
    """What the files of `world` hide."""
    with tempfile.TemporaryDirectory() as folder, write_world(world, Path(folder)) as written:
        used = written.connection.execute(_USED_TEXTS).fetchall()
        truth = make_truth(written.simulation)
        truth["exports"] = {
            f"{each.channel}.{each.export}": {"files": len(each.files), "rows": each.row_count}
            for each in written.exports
        }
        truth["texts"] = int(used[0][0])
        truth["recovery"] = answering.recovery(written.connection, written.simulation)
        truth["personal_data"] = _personal_data(written.connection, written.simulation)
        truth["late_rows"] = {name: count for name, count in written.late_rows.items() if count}
        truth.update(collect(each.planted for each in written.exports))
    # as a reader of JSON sees it: keys are text
    return json.loads(json.dumps(truth))


def truths_of(home: Path) -> Json:
    """What is hidden in a home that `koubei demo` filled; its marker says which world it is of."""
    return planted_truths(World(**json.loads((home / MARKER).read_text(encoding="utf-8"))))


def _personal_data(
    connection: duckdb.DuckDBPyConnection, simulation: Simulation
) -> list[dict[str, Any]]:
    """Planted texts by the ids that the exports show."""
    connection.register(
        "planted_pii", simulation.planted_pii.drop(columns="values").reset_index(names="row")
    )
    rows = connection.execute(
        """
        select
            p.row,
            case p.subject
                when 'review' then ['jd', 'tmall', 'dianping'][r.channel + 1]
                when 'mention'
                    then ['weibo', 'xiaohongshu', 'douyin', 'zhihu', 'forum'][m.platform + 1]
                when 'message' then 'wecom'
                else 'service'
            end as channel,
            case p.subject
                when 'review' then review_no(r.channel, r.review)
                when 'mention'
                    then opaque(['wb', 'xhs', 'dy', 'zh', 'ft'][m.platform + 1], m.mention)
                when 'message' then printf('wm%08d', p.number)
                else printf('C%07d', p.number)
            end as id
        from planted_pii as p
        left join reviews as r on p.subject = 'review' and r.review = p.number
        left join mentions as m on p.subject = 'mention' and m.mention = p.number
        order by p.row
        """
    ).fetchall()
    planted_pii = simulation.planted_pii.to_dict("records")
    return [
        {
            "channel": channel,
            "id": identifier,
            "kind": planted_pii[row]["kind"],
            "values": planted_pii[row]["values"],
        }
        for row, channel, identifier in rows
    ]
