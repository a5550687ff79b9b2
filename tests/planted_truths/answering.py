"""Truths on what follows an answer: hand-offs, misroutes, conflicts, recovery, handled voices."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

from ingestion.demo.exports.query import create_macros
from ingestion.demo.simulation import Simulation
from ingestion.demo.world import MINUTE, NEVER
from tests.planted_truths.forms import Json


def handling(simulation: Simulation) -> Json:
    """Who took cases over, and what it cost the customer."""
    cases, events = simulation.service.cases, simulation.service.events
    opened = cases.set_index("case")["opened"]
    solved = cases.set_index("case")["solved"] != NEVER
    moves = events[events["field"] == "department"]
    owners = events[events["field"] == "owner"].groupby("case")["occurred"].min()
    wasted = (moves["occurred"] - moves["case"].map(opened)) / MINUTE
    is_misrouted = moves["case"].map(solved)
    assigned = (owners - opened.reindex(owners.index)) / MINUTE
    return {
        "handoffs": len(moves),
        "misrouted_cases": int(is_misrouted.sum()),
        "minutes_before_right_department": round(float(wasted[is_misrouted].sum()), 6),
        "assigned_cases": len(owners),
        "median_minutes_to_assign": round(float(assigned.median()), 6),
        "conflicting_cases": [f"C{number:07d}" for number in np.sort(simulation.conflicting)],
        "agreeing_cases": [f"C{number:07d}" for number in np.sort(simulation.agreeing)],
    }


def handled_reviews(simulation: Simulation) -> Json:
    """Reviews about which the desk opened a case, and those in whose case a person spoke."""
    cases = simulation.service.cases.query("review > 0")
    said = simulation.service.responses.query("is_public and not is_automated")
    first = said.groupby("case")["responded"].min()
    spoken = cases.assign(spoken=cases["case"].map(first)).dropna(subset=["spoken"])
    posted = spoken["review"].map(simulation.reviews.set_index("review")["posted"])
    minutes = (spoken["spoken"] - posted) / MINUTE
    return {
        "reviews_with_case": int(cases["review"].nunique()),
        "reviews_handled": int(spoken["review"].nunique()),
        "median_minutes": round(float(minutes.median()), 6) if len(minutes) else None,
    }


def recovery(connection: duckdb.DuckDBPyConnection, simulation: Simulation) -> Json:
    """Bad reviews that became good ones after a public reply, their bad version in an export."""
    create_macros(connection, simulation.world)
    answers = simulation.review_answers.query("not is_automated")
    first = answers.groupby("review", as_index=False)["responded"].min()
    connection.register("first_answers", pd.DataFrame(first))
    rows = connection.execute(
        """
        select ['jd', 'tmall', 'dianping'][r.channel + 1] as channel, review_no(r.channel, r.review)
        from reviews as r
        join first_answers as a on a.review = r.review
        where r.stars_before <= 2 and r.stars >= 4 and a.responded < r.edited
            and exists (
                from review_export_days as e
                where e.id = r.review and not is_past(r.edited, e.as_of)
            )
        order by r.review
        """
    ).fetchall()
    return {
        "bettered_after_reply": [{"channel": channel, "id": number} for channel, number in rows]
    }
