"""What a planted crisis is about is what voices blame while it lasts."""

from __future__ import annotations

from datetime import date

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration


def test_while_a_crisis_lasts_its_aspect_is_blamed(demo_home: Home) -> None:
    crises = demo_home.truth["crises"]
    assert crises
    for crisis in crises:
        days = sorted(crisis["mentions_by_day"])
        ((blamed, before),) = (
            row.values()
            for row in demo_home.query(
                f"""
                select
                    count(*) filter (where cast(posted_at as date) between '{days[0]}' and '{days[-1]}') as blamed,
                    count(*) filter (where cast(posted_at as date) < '{days[0]}')
                    / greatest(date '{days[0]}' - min(cast(posted_at as date)), 1) as before
                from reviews.fct_voice_aspects inner join reviews.fct_voices using (voice_key)
                where voice_kind = 'mention' and is_own_brand and polarity = -1
                    and aspect_code = '{crisis["aspect"]}'
                """
            )
        )
        length = (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days + 1
        # one post in six is a bare phrase that names nothing
        assert blamed >= 0.7 * crisis["mentions"], crisis["title"]
        assert blamed / length >= 3 * before, crisis["title"]


def test_themes_and_pain_points_are_published_with_their_evidence(demo_home: Home) -> None:
    rows = demo_home.query(
        """
        select pains.aspect_code
        from reviews.mart_pain_points as pains
        inner join reviews.fct_voices as voices on pains.example_voice_key = voices.voice_key
        inner join reviews.voice_texts as texts on voices.text_sha256 = texts.text_sha256
        where not contains(texts.voice_text, pains.example_evidence_text)
        """
    )
    assert rows == []
    assert demo_home.query("select 1 from reviews.fct_voice_themes limit 1")
