"""Fingerprints: folding, exact shingles, and bands that meet as often as the theory says."""

from __future__ import annotations

import numpy as np
import pytest

from ingestion.annotation.minhash import ANNOTATOR


def fingerprints(*texts: str) -> dict[int, dict[str, object]]:
    return {row["text_number"]: row for row in ANNOTATOR.annotate(texts).to_pylist()}


def test_signs_case_and_width_do_not_make_another_text() -> None:
    plain, written, full = fingerprints(
        "很好用的Air14热水器",
        "很好用的 air14！！热水器。",
        "很好用的ＡＩＲ１４热水器",
    ).values()
    assert plain["shingles"] == written["shingles"] == full["shingles"]
    assert plain["bands"] == written["bands"] == full["bands"]
    assert plain["letter_count"] == 12


def test_shingles_are_the_distinct_runs_of_three_letters_and_stay_within_their_text() -> None:
    # 甲乙丙丁戊 has 甲乙丙 乙丙丁 丙丁戊; the repetition of one letter has a single run
    rows = fingerprints("甲乙丙丁戊", "好好好好好好", "甲乙丙丁己")
    assert [len(row["shingles"]) for row in rows.values()] == [3, 1, 3]  # type: ignore[arg-type]
    first, _, third = (set(row["shingles"]) for row in rows.values())  # type: ignore[call-overload]
    assert len(first & third) == 2  # of four distinct runs: Jaccard 1/2
    assert len(first | third) == 4


def test_a_text_of_few_letters_has_no_fingerprint() -> None:
    assert list(fingerprints("很好", "", "！！！！！！！", "不错推荐买")) == [3]
    assert ANNOTATOR.annotate([]).num_rows == 0


def test_a_text_has_the_same_fingerprint_in_any_company() -> None:
    alone = fingerprints("用了三天就漏水，客服不理人")[0]
    among = fingerprints("短", "用了三天就漏水，客服不理人", "别的一段比较长的话说点什么")[1]
    assert alone["bands"] == among["bands"]


def test_a_fingerprint_does_not_change_without_its_version() -> None:
    # worked from the definition: code points packed 21 bits each, splitmix64's first round, top half
    run = (ord("甲") << 42) | (ord("乙") << 21) | ord("丙")
    mixed = (run + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9 % 2**64
    mixed ^= mixed >> 31
    row = fingerprints("甲乙丙丁戊")[0]
    assert mixed >> 32 in row["shingles"]  # type: ignore[operator]


@pytest.mark.parametrize(("similarity", "lowest", "highest"), [(0.3, 0.08, 0.28), (0.7, 0.97, 1)])
def test_bands_meet_as_often_as_one_minus_one_minus_j_to_the_fourth_to_the_24th(
    similarity: float, lowest: float, highest: float
) -> None:
    # pairs of texts of 200 letters, of which a part is shared: expected 18 % at .3, 99.9 % at .7
    rng = np.random.default_rng(5)
    shared = round(200 * 2 * similarity / (1 + similarity))
    letters = np.arange(0x4E00, 0x9F00)
    texts = []
    for _ in range(150):
        drawn = rng.permutation(letters)[:600]
        head, one, other = drawn[:shared], drawn[200:], drawn[400:]
        for tail in (one, other):
            texts.append("".join(map(chr, [*head, *tail[: 200 - shared]])))
    rows = fingerprints(*texts)
    met = sum(
        bool(set(rows[pair]["bands"]) & set(rows[pair + 1]["bands"]))  # type: ignore[call-overload]
        for pair in range(0, 300, 2)
    )
    assert lowest <= met / 150 <= highest
