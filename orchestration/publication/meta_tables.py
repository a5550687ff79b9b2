"""The tables of schema `meta` that every publication carries beside the marts.

One definition each: how it is read from the build file, which rows and columns count when two
publications are compared (a run's clock and number do not), and what its columns are called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from orchestration.publication.kpi_queries import create_kpi_queries

# a restatement older than this is found in the build file, not in every night's publication
RESTATEMENT_DAYS = 92


@dataclass(frozen=True)
class MetaTable:
    """A published table of schema `meta`.

    Attributes:
        select: SQL over the build file and what `prepare` makes on the connection.
        counts: The SQL condition on rows that make a publication differ; None when none do.
        clock: Columns that say when or in which run something was done, not what the data are.
        columns: Column name to its Chinese and English label.
    """

    name: str
    label_zh: str
    label_en: str
    grain: str
    key: tuple[str, ...]
    select: str
    counts: str | None
    clock: tuple[str, ...]
    columns: Mapping[str, tuple[str, str]]

    @property
    def qualified(self) -> str:
        """The name that readers use."""
        return f"meta.{self.name}"


_FILES = MetaTable(
    name="files",
    label_zh="收到的文件",
    label_en="Files that arrived",
    grain="file",
    key=("file_id",),
    select="""
        select
            files.file_id, file_name, files.channel_code, files.export_name, export_date, part,
            delivery_seq, mode, sha256, size_bytes, encoding, outcome, reason,
            array_to_string(unmapped_columns, ', ') as unmapped_columns, is_accepted,
            superseded_load_id is not null as is_superseded,
            cast(coalesce(delivered, 0) as bigint) as delivered_count,
            cast(coalesce(landed, 0) as bigint) as landed_count,
            cast(coalesce(rejected, 0) as bigint) as rejected_count,
            cast(coalesce(duplicate, 0) as bigint) as duplicate_count,
            landed_at
        from raw.files as files
        left join (
            select
                file_id, load_id, sum(delivered_count) as delivered, sum(landed_count) as landed,
                sum(rejected_count) as rejected, sum(duplicate_count) as duplicate
            from raw.file_feeds group by all
        ) as feeds on files.file_id = feeds.file_id and files.load_id = feeds.load_id
    """,
    # a file that stood twice lands once, and twice must not publish anything new
    counts="outcome <> 'duplicate'",
    clock=("landed_at",),
    columns={
        "file_id": ("文件编号", "File id"),
        "file_name": ("文件名", "File name"),
        "channel_code": ("渠道", "Channel"),
        "export_name": ("导出", "Export"),
        "export_date": ("导出日期", "Day of the export"),
        "part": ("分片", "Part"),
        "delivery_seq": ("交付序号", "Number of the delivery"),
        "mode": ("增量或全量", "delta or snapshot"),
        "sha256": ("内容哈希", "Hash of the bytes"),
        "size_bytes": ("大小（字节）", "Size in bytes"),
        "encoding": ("编码", "Encoding"),
        "outcome": ("结果", "landed, refused or duplicate"),
        "reason": ("原因", "Why it was refused"),
        "unmapped_columns": ("未映射的列", "Columns that the contract does not know"),
        "is_accepted": ("人工放行", "Whether a person overruled a refusal"),
        "is_superseded": ("已被更正", "Whether a later delivery replaced it"),
        "delivered_count": ("送达行数", "Rows delivered"),
        "landed_count": ("落地行数", "Rows landed"),
        "rejected_count": ("拒收行数", "Rows rejected"),
        "duplicate_count": ("重复行数", "Rows that stood twice"),
        "landed_at": ("落地时间", "When it was read"),
    },
)

_REJECTED = MetaTable(
    name="rejected_rows",
    label_zh="被拒收的行",
    label_en="Rows that were rejected",
    grain="rejected value",
    key=("file_id", "feed", "row_number", "column_name"),
    select="""
        select
            rejected.file_id, rejected.file_name, rejected.channel_code, rejected.export_name,
            export_date, feed, line_number, row_number, column_name, value_text, rejected.reason
        from raw.rejected_rows as rejected
        inner join raw.files as files
            on rejected.file_id = files.file_id and rejected.load_id = files.load_id
        where files.superseded_load_id is null
    """,
    counts="true",
    clock=(),
    columns={
        "file_id": ("文件编号", "File id"),
        "file_name": ("文件名", "File name"),
        "channel_code": ("渠道", "Channel"),
        "export_name": ("导出", "Export"),
        "export_date": ("导出日期", "Day of the export"),
        "feed": ("数据流", "Feed"),
        "line_number": ("文件行号", "Line in the file"),
        "row_number": ("数据行号", "Row in the file"),
        "column_name": ("列", "Column as the export names it"),
        "value_text": ("原值（已脱敏）", "The value, redacted"),
        "reason": ("原因", "Why it was rejected"),
    },
)

_PUBLICATIONS = MetaTable(
    name="publications",
    label_zh="发布记录",
    label_en="Publications and refusals",
    grain="verdict of a run",
    key=("run_id", "publication_id"),
    select="select * from meta.publications union all select * from this_publication",
    counts=None,
    clock=(),
    columns={
        "publication_id": ("发布编号", "Publication; null when refused"),
        "as_of": ("数据截至", "The last day that the data run through"),
        "load_id": ("装载批次", "Load"),
        "run_id": ("运行编号", "Run"),
        "verdict": ("结论", "published, refused or unchanged"),
        "reason": ("原因", "Why"),
        "table_count": ("表数", "Tables"),
        "row_count": ("行数", "Rows"),
        "content_hash": ("内容哈希", "Hash of the content"),
        "published_at": ("发布时间", "When, in the business zone"),
        "code_version": ("代码版本", "Version of the code"),
    },
)

_RESTATEMENTS = MetaTable(
    name="restatements",
    label_zh="数字重述",
    label_en="Numbers that changed for a day already published",
    grain="changed number",
    key=("publication_id", "table_name", "row_key", "column_name"),
    select=f"""
        select * from (
            select * from meta.restatements union all select * from these_restatements
        )
        where try_cast(publication_id[1:10] as date)
            > cast(getvariable('as_of') as date) - {RESTATEMENT_DAYS}
    """,
    counts=None,
    clock=(),
    columns={
        "publication_id": ("发布编号", "The publication that changed it"),
        "table_name": ("表", "Table"),
        "row_key": ("行键", "Key of the row, as JSON"),
        "column_name": ("列", "Column"),
        "old_value": ("原值", "Value before; null when the row is new"),
        "new_value": ("新值", "Value now; null when the row is gone"),
        "period_start": ("所属日期", "Day or start of the period that it belongs to"),
        "cause_files": ("起因文件", "Files that caused it; null when no file did"),
    },
)

_CHECKS = MetaTable(
    name="checks",
    label_zh="质量检查",
    label_en="Checks of the run that published",
    grain="check",
    key=("check_name", "table_name"),
    select="""
        select
            check_name, kind, table_name, severity, is_passed, failing_count, message,
            cast(sample_rows as varchar) as sample_rows
        from meta.checks where run_id = getvariable('run_id')
    """,
    counts=None,
    clock=(),
    columns={
        "check_name": ("检查", "Check"),
        "kind": ("种类", "dbt test, gx expectation or audit of scores"),
        "table_name": ("表", "Table"),
        "severity": ("级别", "error and critical block; warn and warning are reported"),
        "is_passed": ("通过", "Whether it holds"),
        "failing_count": ("不合格数", "Rows that fail"),
        "message": ("说明", "Message"),
        "sample_rows": ("样例行", "Some rows that fail, as JSON"),
    },
)

_DICTIONARY = MetaTable(
    name="dictionary",
    label_zh="数据字典",
    label_en="What each table and column means",
    grain="table or column",
    key=("schema_name", "table_name", "column_name"),
    select="select * from meta.dictionary",
    counts="true",
    clock=(),
    columns={
        "schema_name": ("主题", "Schema"),
        "table_name": ("表", "Table"),
        "column_name": ("列", "Column; null for the table itself"),
        "label_zh": ("中文名", "Chinese label"),
        "label_en": ("英文名", "English label"),
        "description": ("说明", "Description"),
        "data_type": ("类型", "Type"),
        "grain": ("粒度", "What one row is"),
    },
)

_MODELS = MetaTable(
    name="models",
    label_zh="情感模型卡",
    label_en="Cards of the models that score sentiment",
    grain="model",
    key=("scorer", "scorer_version"),
    select="select * exclude (load_id) from raw.models",
    counts="true",
    clock=(),
    columns={
        "scorer": ("评分器", "Scorer"),
        "scorer_version": ("模型版本", "Version of the model"),
        "calibration_version": ("校准版本", "Version of its calibration"),
        "basis_code": ("训练依据", "packaged, or brand with the brand's own reviews in it"),
        "sources": ("训练来源", "Rows of each source that it was trained on"),
        "class_count": ("类别数", "2 (neutral is an abstention band), or 3"),
        "negative_count": ("负面样本数", "Negative rows that it was trained on"),
        "neutral_count": ("中性样本数", "Neutral rows that it was trained on"),
        "positive_count": ("正面样本数", "Positive rows that it was trained on"),
        "held_out_count": ("留出样本数", "Rows held out, on which it was measured"),
        "accuracy": ("准确率", "Share of held-out rows whose class is right"),
        "macro_f1": ("宏平均 F1", "Mean F1 of the classes on held-out rows"),
        "auc": ("曲线下面积 AUC", "Area under the ROC curve on held-out rows"),
        "ece_before": ("校准前误差", "Expected calibration error before calibration"),
        "ece_after": ("校准后误差", "Expected calibration error after it"),
        "leaked_count": ("泄漏样本数", "Held-out rows left out because it was trained on them"),
        "compared_with": ("比较对象", "The champion that it was compared with"),
        "macro_f1_gain": ("F1 提升", "Macro F1 minus the champion's, on the same rows"),
        "macro_f1_gain_low": ("F1 提升下限", "Lower end of its 95 % interval"),
        "macro_f1_gain_high": ("F1 提升上限", "Upper end of its 95 % interval"),
        "mcnemar_p": ("McNemar p 值", "Exact test on which rows are right"),
        "trained_as_of": ("数据截至", "The last day of the data; null for the packaged model"),
        "is_champion": ("是否在用", "Whether its scores are in force"),
    },
)

_CALIBRATIONS = MetaTable(
    name="score_calibrations",
    label_zh="评分校准",
    label_en="How scores become probabilities, by channel",
    grain="model, calibration and channel",
    key=("scorer", "scorer_version", "calibration_version", "channel_code"),
    select="select * exclude (load_id) from raw.score_calibrations",
    counts="true",
    clock=(),
    columns={
        "scorer": ("评分器", "Scorer"),
        "scorer_version": ("模型版本", "Version of the model"),
        "calibration_version": ("校准版本", "Version; meta.models names the one in force"),
        "channel_code": ("渠道", "Channel; * where it has no line of its own"),
        "slope": ("斜率", "Of the logit before calibration"),
        "intercept": ("截距", "Added to it"),
        "row_count": ("样本数", "Rows that it was fitted on"),
        "ece_before": ("校准前误差", "Expected calibration error before, on rows held out"),
        "ece_after": ("校准后误差", "Expected calibration error after"),
    },
)

_KPI_QUERIES = MetaTable(
    name="kpi_queries",
    label_zh="指标背后的查询",
    label_en="The query of the rows behind each KPI",
    grain="KPI",
    key=("kpi_code",),
    select="select * from meta.kpi_queries",
    counts="true",
    clock=(),
    columns={
        "kpi_code": ("指标代码", "Code of the KPI"),
        "definition_version": ("口径版本", "Version of the definition"),
        "subjects_sql": ("明细查询", "SQL of the rows that it counts; runs on this database"),
    },
)

META_TABLES: tuple[MetaTable, ...] = (
    _PUBLICATIONS,
    _FILES,
    _REJECTED,
    _RESTATEMENTS,
    _CHECKS,
    _MODELS,
    _CALIBRATIONS,
    _KPI_QUERIES,
    _DICTIONARY,
)


def prepare(connection: duckdb.DuckDBPyConnection, run_id: str, as_of: date) -> None:
    """Make what the selects above read beside the build file.

    Temp tables `this_publication` and `these_restatements` have the columns of their ledger table
    and are empty: a publication carries its own ledger rows, which are written to the ledger only
    once readers can see it.
    """
    connection.execute("set variable run_id = ?", [run_id])
    connection.execute("set variable as_of = ?", [as_of.isoformat()])
    create_kpi_queries(connection)
    for mine, ledger in (
        ("this_publication", "publications"),
        ("these_restatements", "restatements"),
    ):
        connection.execute(
            f"create or replace temp table {mine} as select * from meta.{ledger} limit 0"
        )
