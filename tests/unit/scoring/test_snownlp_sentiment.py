from __future__ import annotations

import subprocess
import sys

import pytest

from ingestion.scoring import SCORE_SCHEMA, Scorer, discover
from ingestion.scoring.snownlp_sentiment import SnowNlpSentiment


def test_it_is_found_and_keeps_the_protocol() -> None:
    found = {scorer.name: scorer for scorer in discover()}
    assert isinstance(found["snownlp_sentiment"], Scorer)
    assert found["snownlp_sentiment"].version == "0.12.3"


def test_it_says_what_snownlp_says() -> None:
    from snownlp import SnowNLP

    texts = ["质量很好，物流也快，非常满意", "太差了，用了两天就坏，客服也不理人", "iPhone 5s"]
    scored = SnowNlpSentiment().score(texts)
    assert scored.schema.equals(SCORE_SCHEMA)
    positive = scored.column("p_positive").to_pylist()
    assert positive == [SnowNLP(text).sentiments for text in texts]
    assert positive[0] > 0.9
    assert positive[1] < 0.1
    assert scored.column("p_negative").to_pylist() == [1 - p for p in positive]
    assert scored.column("p_neutral").to_pylist() == [None] * 3


@pytest.mark.parametrize("text", ["", " \n\t", "\u3000", "！！！。。", "👍👍", "~~~ ---"])
def test_a_text_without_a_word_has_no_verdict(text: str) -> None:
    scored = SnowNlpSentiment().score([text, "很好"])
    assert scored.slice(0, 1).to_pylist() == [dict.fromkeys(SCORE_SCHEMA.names)]
    assert scored.column("p_positive").to_pylist()[1] is not None


def test_no_texts_give_no_rows() -> None:
    assert SnowNlpSentiment().score([]).num_rows == 0


def test_finding_scorers_does_not_load_their_models() -> None:
    code = (
        "import sys; from ingestion.scoring import discover; discover(); "
        "sys.exit('snownlp' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
