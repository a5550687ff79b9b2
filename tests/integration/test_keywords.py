"""The words of the planted crises lead the complaints of their week, and no function word is a keyword."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration

STOP_TERMS = Path(__file__).parents[2] / "dbt_project" / "seeds" / "stop_terms.csv"
# of the sentences that the demo's complaints on these aspects are made of
CRISIS_WORDS = {"battery": {"鼓包", "危险", "电池"}, "quality": {"漏水", "坏", "粗糙"}}


def test_the_words_of_a_crisis_lead_the_complaints_of_its_week(demo_home: Home) -> None:
    for crisis in demo_home.truth["crises"]:
        week = f"date_trunc('week', date '{crisis['day']}')"
        for scope in (f"product_key = 'crm:{crisis['product_ref']}'", "product_key is null"):
            found = demo_home.query(
                "select term from reviews.mart_keywords where term_kind = 'word' and negative_rank <= 12 "
                f"and brand_code = 'hemu' and week_start = {week} and {scope}"
            )
            missing = CRISIS_WORDS[crisis["aspect"]] - {row["term"] for row in found}
            assert not missing, (crisis["crisis_ref"], scope, found)


def test_no_function_word_is_a_keyword(demo_home: Home) -> None:
    with STOP_TERMS.open(encoding="utf-8") as lines:
        stop_terms = {row["term"] for row in csv.DictReader(lines)}
    found = demo_home.query(
        "select distinct term from reviews.mart_keywords where term_kind = 'word' "
        "union select distinct term from reviews.mart_term_changes where term_kind = 'word'"
    )
    assert len(found) > 100
    assert not {row["term"] for row in found} & stop_terms
