"""A wrong row of a seed is reported with its file, line and column."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingestion.annotation import AnnotationError
from ingestion.annotation.vocabulary import load_themes, load_vocabulary

SEEDS = Path(__file__).parents[3] / "dbt_project" / "seeds"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """Seeds of a few rows, right ones."""
    for name, text in {
        "aspects": "aspect_code,label_zh\nprice,价格\nnoise,噪音\n",
        "aspect_words": "word,aspect_code,polarity\n价格,price,\n吵,noise,-1\n",
        "opinion_words": "word,polarity,strength\n好,1,1\n高,0,1\n",
        "aspect_opinions": "aspect_code,aspect_word,opinion_word,polarity\nprice,,高,-1\n",
        "negations": "word,reach\n不,2\n",
        "contrasts": "word,side_code\n但是,main\n",
        "qualifiers": "word,role_code\n很,degree\n",
        "themes": "theme_code\nquiet\n",
        "theme_words": "theme_code,word\nquiet,安静\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    return tmp_path


def test_the_few_rows_are_right(seeds: Path) -> None:
    assert load_vocabulary(seeds).aspect_codes == ("price", "noise")
    assert load_themes(seeds).codes == ("quiet",)


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        ("aspect_words", "价,cost,", "aspect_words.csv:4: aspect_code is 'cost'"),
        ("aspect_words", "价格,price,", "aspect_words.csv:4: the word 价格 is listed already"),
        ("aspect_words", ",price,", "aspect_words.csv:4: word is empty"),
        ("aspect_words", "价,price,2", "aspect_words.csv:4: polarity is '2'"),
        ("aspect_words", "好，贵,price,-1", "aspect_words.csv:4: word '好，贵' holds punctuation"),
        ("opinion_words", "差,bad,1", "opinion_words.csv:4: polarity is 'bad'"),
        ("aspect_opinions", "noise,价格,高,-1", "aspect_word 价格 is no word of noise"),
        ("negations", "没,far", "negations.csv:3: reach is 'far'"),
        ("contrasts", "不过,left", "side_code is 'left'; use one of main, concession"),
        ("qualifiers", "太,much", "qualifiers.csv:3: role_code is 'much'"),
        ("themes", "quiet", "themes.csv:3: theme_code quiet is listed already"),
        ("theme_words", "loud,吵", "theme_words.csv:3: theme_code is 'loud'"),
    ],
)
def test_a_wrong_row_is_reported_with_its_place(
    seeds: Path, name: str, row: str, message: str
) -> None:
    path = seeds / f"{name}.csv"
    path.write_text(path.read_text("utf-8") + row + "\n", "utf-8")
    with pytest.raises(AnnotationError) as caught:
        load_themes(seeds) if name.startswith("theme") else load_vocabulary(seeds)
    assert message in str(caught.value)


def test_a_missing_column_and_a_missing_file_are_named(seeds: Path) -> None:
    (seeds / "negations.csv").write_text("word\n不\n", "utf-8")
    with pytest.raises(AnnotationError, match=r"negations\.csv: no column reach"):
        load_vocabulary(seeds)
    (seeds / "negations.csv").unlink()
    with pytest.raises(AnnotationError, match=r"negations\.csv: cannot be read"):
        load_vocabulary(seeds)


def test_the_packaged_seeds_are_right(tmp_path: Path) -> None:
    shutil.copytree(SEEDS, tmp_path / "seeds")
    assert len(load_vocabulary(tmp_path / "seeds").aspect_codes) >= 30
    assert len(load_themes(tmp_path / "seeds").codes) >= 30
