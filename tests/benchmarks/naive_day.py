"""What a user would write instead of a day's work on texts; run by `voices_day` in its own process.

    python naive_day.py TEXTS.json RESULT.json SEEDS

SnowNLP for the sentiment, jieba for the words (SnowNLP's own where jieba is not to be had), TF-IDF from
a Counter a text for the keywords, and a search of every clause for the words of an aspect.
"""

from __future__ import annotations

import csv
import json
import math
import re
import sys
import time
from collections import Counter
from pathlib import Path


def main(texts_path: str, result_path: str, seeds: str) -> None:
    """Read texts, do the work, write the seconds of each part and what came of it."""
    texts: list[str] = json.loads(Path(texts_path).read_text("utf-8"))
    from snownlp import SnowNLP, sentiment

    try:
        import jieba

        jieba.setLogLevel("ERROR")
        cut, name = jieba.lcut, "jieba"
    except ImportError:
        cut, name = (lambda text: SnowNLP(text).words), "snownlp words"
    # models are loaded before the clock starts, as ours are not
    sentiment.classify("很好"), cut("很好")

    seconds = {}
    start = time.perf_counter()
    scores = [sentiment.classify(text) for text in texts]
    seconds["sentiment"] = time.perf_counter() - start

    start = time.perf_counter()
    words = [cut(text) for text in texts]
    seconds["words"] = time.perf_counter() - start

    start = time.perf_counter()
    documents = Counter(word for text in words for word in set(text))
    keywords = []
    for text in words:
        weights = {
            word: count / len(text) * math.log(len(words) / documents[word])
            for word, count in Counter(text).items()
        }
        keywords.append(sorted(weights, key=weights.__getitem__, reverse=True)[:10])
    seconds["keywords"] = time.perf_counter() - start

    start = time.perf_counter()
    with (Path(seeds) / "aspect_words.csv").open(encoding="utf-8") as lines:
        lexicon = [(row["word"], row["aspect_code"]) for row in csv.DictReader(lines)]
    aspects = [
        {
            (aspect, clause)
            for clause in re.split("[，。！？；,!?;\\s]", text)
            for word, aspect in lexicon
            if word in clause
        }
        for text in texts
    ]
    seconds["aspects"] = time.perf_counter() - start
    result = {"seconds": seconds, "cut_by": name, "scores": scores, "words": words}
    result["keyword_count"] = sum(map(len, keywords))
    result["aspect_count"] = sum(map(len, aspects))
    Path(result_path).write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
