from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ingestion.annotation import AnnotationError, Annotator, Configurable
from ingestion.annotation.terms import ANNOTATOR, SEED, Terms

SEEDS = Path(__file__).parents[3] / "dbt_project" / "seeds"


def words(*texts: str, annotator: Annotator = ANNOTATOR) -> list[list[str]]:
    """The words of each text; none where it has no row."""
    found = annotator.annotate(texts).to_pylist()
    by_text = {row["text_number"]: row["terms"] for row in found}
    return [by_text.get(number, []) for number in range(len(texts))]


def side_by_side(text: str) -> set[tuple[str, str]]:
    """The pairs of words that stand next to each other."""
    (row,) = ANNOTATOR.annotate([text]).to_pylist()
    places = dict(zip(row["positions"], row["terms"], strict=True))
    return {(word, places[place + 1]) for place, word in places.items() if place + 1 in places}


def test_it_keeps_the_protocol() -> None:
    assert isinstance(ANNOTATOR, Annotator)
    assert isinstance(ANNOTATOR, Configurable)


def test_words_come_in_the_order_of_the_text() -> None:
    assert words("电池鼓包了，太危险") == [["电池", "鼓包", "了", "太", "危险"]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ＷｉＦｉ　信号 差", ["wifi", "信号", "差"]),
        ("IPhone iPHONE", ["iphone", "iphone"]),
        ("ﬁne", ["fine"]),
        ("𠮷野家", ["𠮷", "野家"]),
    ],
)
def test_ways_of_writing_a_word_are_one(text: str, wanted: list[str]) -> None:
    assert words(text) == [wanted]


@pytest.mark.parametrize(
    "text", ["", "  \n", "123", "3.5", "100%", "！？……", "👍👍", "１２", "[手机号]"]
)
def test_a_text_without_a_word_has_no_row(text: str) -> None:
    assert words("好", text, "差") == [["好"], [], ["差"]]


def test_what_redaction_leaves_is_no_word() -> None:
    assert words("电话[手机号]打不通，微信[微信号]") == [["电话", "打", "不通", "微信"]]
    assert ("电话", "打") not in side_by_side("电话[手机号]打不通")


def test_signs_numbers_and_blanks_part_words() -> None:
    assert side_by_side("质量很差，客服3天不理") == {("质量", "很差"), ("天", "不理")}
    assert side_by_side("质量 客服") == set()


def test_a_blank_joins_latin_words() -> None:
    assert side_by_side("MacBook   Pro 很好") == {("macbook", "pro"), ("很", "好")}


def test_a_batch_is_what_its_texts_are_alone() -> None:
    texts = ["电池鼓包了", "", "a\x1eb\x1e", "很 好", "12", "x\r\ny", "\x1e", "快递 慢"]
    alone = [(words(text), ANNOTATOR.annotate([text]).column("positions")) for text in texts]
    together = ANNOTATOR.annotate(texts)
    assert words(*texts) == [found for (found,), _ in alone]
    assert together.column("positions").to_pylist() == [
        row for _, positions in alone for row in positions.to_pylist()
    ]


def test_nothing_gives_no_rows() -> None:
    assert ANNOTATOR.annotate([]).num_rows == 0


def configured(folder: Path, lines: Sequence[str]) -> Terms:
    (folder / SEED).write_text("\n".join(["word", *lines]) + "\n", encoding="utf-8")
    return ANNOTATOR.configured(folder)


def test_a_listed_word_stays_whole_however_it_is_written(tmp_path: Path) -> None:
    text = "智商税，买了U盘"
    assert words(text) == [["智商", "税", "买", "了", "u", "盘"]]
    annotator = configured(tmp_path, ["智商税", "Ｕ盘"])
    assert words(text, annotator=annotator) == [["智商税", "买", "了", "u盘"]]


def test_the_version_follows_the_words_and_not_their_order(tmp_path: Path) -> None:
    version = configured(tmp_path, ["智商税", "u盘"]).version
    assert configured(tmp_path, ["U盘", "智商税"]).version == version
    assert configured(tmp_path, ["U盘"]).version != version
    assert configured(tmp_path, []).version == ANNOTATOR.version


@pytest.mark.parametrize("line", ["智商 税", '""', "  "])
def test_a_seed_with_a_line_that_is_no_word_names_file_and_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(AnnotationError, match=r"keyword_words\.csv:3: .*no word"):
        configured(tmp_path, ["智商税", line])


def test_a_seed_that_is_missing_or_without_its_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=r"keyword_words\.csv: missing"):
        ANNOTATOR.configured(tmp_path)
    (tmp_path / SEED).write_text("term\n智商税\n", encoding="utf-8")
    with pytest.raises(AnnotationError, match="column `word`"):
        ANNOTATOR.configured(tmp_path)


def test_the_packaged_words_stay_whole() -> None:
    annotator = ANNOTATOR.configured(SEEDS)
    assert [found for found in words(*annotator.words, annotator=annotator) if len(found) > 1] == []
