"""Raw tables of what is read from texts: annotations, the models that score, their calibrations."""

from __future__ import annotations

from ingestion.raw.tables import RawTable, columns

_TEXT = ("text_sha256", "varchar", "文本摘要", "The text.")
_READ_BY = ("load_id", "bigint", "装载批次", "The refresh that read the text.")

# what annotators find in texts; one table each, named after the annotator
ANNOTATION_TABLES: tuple[RawTable, ...] = (
    RawTable(
        "annotated_texts",
        "已标注文本",
        "One row per text and annotator: which version has seen the text, found or not.",
        columns(
            _TEXT,
            ("annotator", "varchar", "标注器", "Name of the annotator."),
            ("annotator_version", "varchar", "标注器版本", "Its version; a new one reads again."),
            _READ_BY,
        ),
    ),
    RawTable(
        "text_terms",
        "文本词语",
        "One row per text that has words: these, in order, normalised.",
        columns(
            _TEXT,
            ("terms", "varchar[]", "词语", "Words in the text's order, function words too."),
            (
                "positions",
                "integer[]",
                "词序",
                "Place of each word among words, signs and numbers: neighbours differ by one.",
            ),
            _READ_BY,
        ),
    ),
    RawTable(
        "text_aspects",
        "文本方面",
        "One row per text and aspect: what it says of it, and the clause that shows it.",
        columns(
            _TEXT,
            ("aspect_code", "varchar", "方面", "The aspect that the text names."),
            ("polarity", "smallint", "极性", "-1, 0 or 1: what the words around it say of it."),
            ("evidence_text", "varchar", "依据", "The clause."),
            ("evidence_start", "integer", "依据位置", "Where the clause starts, in characters."),
            _READ_BY,
        ),
    ),
    RawTable(
        "text_themes",
        "文本主题",
        "One row per text and theme.",
        columns(
            _TEXT,
            ("theme_code", "varchar", "主题", "The theme."),
            ("matched_text", "varchar", "命中词", "The words that say so."),
            _READ_BY,
        ),
    ),
    RawTable(
        "text_minhash",
        "文本指纹",
        "One row per text long enough to compare: its shingles and the bands of its MinHash.",
        columns(
            _TEXT,
            ("letter_count", "integer", "字数", "Letters and digits, signs left out."),
            ("shingles", "bigint[]", "字串", "Hashes of its distinct runs of three characters."),
            ("bands", "bigint[]", "分段", "Hashes of the MinHash bands; one in common: compare."),
            _READ_BY,
        ),
    ),
)

# the models that score, and how their scores are calibrated; dbt reads both
MODEL_TABLES: tuple[RawTable, ...] = (
    RawTable(
        "models",
        "情感模型",
        "One row per model of a scorer that the home can activate, with its card.",
        columns(
            ("scorer", "varchar", "评分器", "Name of the scorer."),
            ("scorer_version", "varchar", "模型版本", "Version of the model."),
            ("calibration_version", "varchar", "校准版本", "Its calibration, by content."),
            ("basis_code", "varchar", "训练依据", "packaged, or brand with own reviews in it."),
            ("sources", "varchar", "训练来源", "Rows of each source that it was trained on."),
            ("class_count", "integer", "类别数", "2, or 3 with a neutral head."),
            ("negative_count", "bigint", "负面样本数", "Negative rows that it was trained on."),
            ("neutral_count", "bigint", "中性样本数", "Neutral rows that it was trained on."),
            ("positive_count", "bigint", "正面样本数", "Positive rows that it was trained on."),
            ("held_out_count", "bigint", "留出样本数", "Rows held out, on which it was measured."),
            ("accuracy", "double", "准确率", "Share of held-out rows whose class is right."),
            ("macro_f1", "double", "宏平均 F1", "Mean F1 of the classes, on held-out rows."),
            ("auc", "double", "AUC", "Area under the ROC curve, positive against negative."),
            ("ece_before", "double", "校准前误差", "Expected calibration error, uncalibrated."),
            ("ece_after", "double", "校准后误差", "Expected calibration error, calibrated."),
            ("leaked_count", "bigint", "泄漏样本数", "Held-out rows left out as trained on."),
            ("compared_with", "varchar", "比较对象", "The champion that it was compared with."),
            ("macro_f1_gain", "double", "F1 提升", "Its macro F1 minus the champion's."),
            ("macro_f1_gain_low", "double", "F1 提升下限", "Lower end of the 95 % interval."),
            ("macro_f1_gain_high", "double", "F1 提升上限", "Upper end of the 95 % interval."),
            ("mcnemar_p", "double", "McNemar p 值", "Exact test on which rows are right."),
            ("trained_as_of", "date", "数据截至", "as_of of the data; null for the packaged one."),
            ("is_champion", "boolean", "是否在用", "Whether its scores are the ones in use."),
            ("load_id", "bigint", "装载批次", "The refresh that recorded it."),
        ),
    ),
    RawTable(
        "score_calibrations",
        "评分校准",
        "One row per model, calibration and channel: a line on the logit of P(positive).",
        columns(
            ("scorer", "varchar", "评分器", "Name of the scorer."),
            ("scorer_version", "varchar", "模型版本", "Version of the model."),
            ("calibration_version", "varchar", "校准版本", "Follows from the lines."),
            ("channel_code", "varchar", "渠道", "The channel; * where it has none of its own."),
            ("slope", "double", "斜率", "Of the logit before calibration."),
            ("intercept", "double", "截距", "Added to it."),
            ("row_count", "bigint", "样本数", "Rows that it was fitted on."),
            ("ece_before", "double", "校准前误差", "Expected calibration error before."),
            ("ece_after", "double", "校准后误差", "Expected calibration error after."),
            ("load_id", "bigint", "装载批次", "The refresh that first recorded it."),
        ),
    ),
)
