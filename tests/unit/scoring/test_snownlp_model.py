"""Models that a person trained with SnowNLP itself, and the tables that are kept of a model."""

from __future__ import annotations

import shutil
from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.scoring import ScorerConfig
from ingestion.scoring.snownlp_model import ModelError
from ingestion.scoring.snownlp_model.files import files_of
from ingestion.scoring.snownlp_model.model import Model, load_model
from ingestion.scoring.snownlp_model.reference import library_scores
from ingestion.scoring.snownlp_model.table_cache import cached_path
from ingestion.scoring.snownlp_sentiment import SnowNlpSentiment

# trains and runs the real library: seconds, not milliseconds
pytestmark = pytest.mark.integration

NEGATIVE = [
    "噪音太大，晚上没法睡觉",
    "用了三天就漏水，客服踢皮球",
    "差评 bad",
    "退货了，再也不会买",
]
POSITIVE = ["声音很小，晚上也听不到", "客服耐心，问题当场解决", "good 很好", "质量过硬，用着放心"]
TAGGED = """
噪/b 音/e 太/s 大/s ，/s 晚/b 上/e 没/b 法/e 睡/b 觉/e
用/s 了/s 三/b 天/e 就/s 漏/b 水/e ，/s 客/b 服/e 踢/b 皮/m 球/e
质/b 量/e 过/b 硬/e ，/s 用/s 着/s 放/b 心/e o/x
"""
TEXTS = [*NEGATIVE, *POSITIVE, "", "噪音漏水，睡觉放心", "没见过的字 good bad", "太太太太大"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a segmenter (compressed) and a sentiment model (not), as SnowNLP saves them."""
    from snownlp import sentiment
    from snownlp.seg.seg import Seg

    folder = tmp_path_factory.mktemp("own")
    (folder / "tagged.txt").write_text(TAGGED, encoding="utf-8")
    segmenter = Seg()
    segmenter.train(str(folder / "tagged.txt"))
    segmenter.save(str(folder / "seg.marshal"))
    classifier = sentiment.Sentiment()
    classifier.train(NEGATIVE, POSITIVE)
    classifier.save(str(folder / "sentiment.marshal"), False)
    return folder


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's models are global: a test gets copies, and gives them back."""
    from snownlp import seg, sentiment

    fresh = seg.TnTseg.Seg()
    for name, held in vars(seg.segger.segger).items():
        setattr(fresh.segger, name, copy(held))
    monkeypatch.setattr(seg, "segger", fresh)
    monkeypatch.setattr(sentiment, "classifier", sentiment.Sentiment())
    sentiment.classifier.load()


def test_a_model_of_ones_own_scores_as_the_library_does_with_it(
    own: Path, library: None, tmp_path: Path
) -> None:
    scorer = SnowNlpSentiment(ScorerConfig(cache=tmp_path, snownlp_model=own))
    said = scorer.score(TEXTS).column("p_positive").to_pylist()
    assert said == library_scores(TEXTS, files_of(own).own)
    assert scorer.score(["噪音大"]).column("p_positive").to_pylist()[0] < 0.5


def test_a_segmenter_of_ones_own_cuts_as_the_library_does_with_it(
    own: Path, library: None, tmp_path: Path
) -> None:
    from snownlp import seg

    seg.load(str(own / "seg.marshal"))
    model = load_model(files_of(own), tmp_path)
    assert [model.words(text) for text in TEXTS] == [seg.seg(text) for text in TEXTS]


def test_a_sentiment_model_alone_is_completed_by_the_package(own: Path, tmp_path: Path) -> None:
    # named as it was given to the library's save, without the suffix
    files = files_of(own / "sentiment.marshal")
    assert files.own == (own / "sentiment.marshal.3",)
    assert files.segmenter == files_of().segmenter
    # a small segmenter for the package's large one
    files = replace(files, segmenter=own / "seg.marshal.3")
    completed, both = load_model(files, tmp_path), load_model(files_of(own), tmp_path)
    assert completed.positive(TEXTS[:4]).tolist() == both.positive(TEXTS[:4]).tolist()


def test_the_version_tells_one_model_from_another(own: Path, tmp_path: Path) -> None:
    version = files_of(own).version
    assert version.startswith("0.12.3+")
    assert files_of(own / "seg.marshal").version != version
    copy = tmp_path / "copy"
    shutil.copytree(own, copy)
    assert files_of(copy).version == version
    assert files_of().version == "0.12.3"


def test_two_models_of_a_kind_are_refused(own: Path, tmp_path: Path) -> None:
    for name in ("a.3", "b.3"):
        shutil.copy(own / "sentiment.marshal.3", tmp_path / name)
    with pytest.raises(ModelError, match="two sentiment models: name one file"):
        load_model(files_of(tmp_path), tmp_path)


def test_a_model_that_cannot_judge_is_refused(tmp_path: Path) -> None:
    from snownlp import sentiment

    classifier = sentiment.Sentiment()
    classifier.train([], POSITIVE)
    classifier.save(str(tmp_path / "praise"))
    with pytest.raises(ModelError, match="needs words of both classes"):
        load_model(files_of(tmp_path / "praise"), tmp_path)


def built(own: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Model, bool]:
    """The model, and whether its tables had to be built."""
    import ingestion.scoring.snownlp_model.table_cache as module

    calls = []
    build = module.build_tables
    monkeypatch.setattr(module, "build_tables", lambda files: calls.append(files) or build(files))
    model = load_model(files_of(own), cache)
    monkeypatch.undo()
    return model, bool(calls)


def test_tables_are_built_once_and_again_when_damaged(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, is_built = built(own, tmp_path, monkeypatch)
    assert is_built
    second, is_built = built(own, tmp_path, monkeypatch)
    assert not is_built
    assert second.positive(TEXTS[1:3]).tolist() == first.positive(TEXTS[1:3]).tolist()
    path = cached_path(files_of(own), tmp_path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    damages = [b"", whole[:middle], whole[:middle] + b"\0\1\2\3" + whole[middle + 4 :]]
    for damaged in damages:
        path.write_bytes(damaged)
        third, is_built = built(own, tmp_path, monkeypatch)
        assert is_built
        assert third.positive(TEXTS[1:3]).tolist() == first.positive(TEXTS[1:3]).tolist()
    assert path.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [path]


def test_a_cache_that_cannot_be_written_is_done_without(own: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert load_model(files_of(own), tmp_path / "file" / "cache").words("漏水") == ["漏水"]
