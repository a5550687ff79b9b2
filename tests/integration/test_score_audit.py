"""A refresh publishes no score that SnowNLP would not give."""

from __future__ import annotations

import duckdb
import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration


def change(home: Home, sql: str) -> None:
    with duckdb.connect(str(home.path / "build" / "warehouse.duckdb")) as warehouse:
        warehouse.execute(sql)


def test_doctored_scores_are_refused_by_name(own_home: Home) -> None:
    published = own_home.current
    counted = "select count(*) from raw.text_scores where scorer = 'snownlp_sentiment'"
    ((before,),) = own_home.build(counted)

    # one of thousands, behind the audit's back
    change(
        own_home,
        "update raw.text_scores set p_positive = 0.5 where scorer = 'snownlp_sentiment' "
        "and text_sha256 = (select min(text_sha256) from raw.text_scores where p_positive < 0.4)",
    )
    refused = own_home.run("refresh", expect=1)
    assert "snownlp_sentiment_equals_its_library" in refused.stdout
    assert own_home.current == published
    status = own_home.run("status").stdout
    assert "refused" in status
    assert "snownlp_sentiment_equals_its_library" in status
    ((left,),) = own_home.build(counted)
    assert left == before - 1  # it will be scored anew

    # all of them, as by a kernel that errs: SnowNLP itself says so
    change(own_home, "delete from raw.score_audits")
    change(
        own_home, "update raw.text_scores set p_positive = 1 - p_positive, p_negative = p_positive"
    )
    refused = own_home.run("refresh", expect=1)
    assert "scores of snownlp_sentiment 0.12.3 are not what they should be" in refused.stdout
    assert own_home.build(counted) == [(0,)]
    assert own_home.current == published
