"""The `raw` schema: a table per feed, what landing records of its work, and their creation.

Only shapes belong here. Rows are written by `landing`, `scoring` and the refresh.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from ingestion.contracts.feeds import Feed
from ingestion.raw.tables import RawColumn, RawTable, columns
from ingestion.raw.text_tables import ANNOTATION_TABLES, MODEL_TABLES

# what every feed table carries before the feed's own columns
LINEAGE_COLUMNS = columns(
    ("channel_code", "varchar", "渠道", "The channel that delivered the row."),
    ("export_name", "varchar", "导出", "The channel's export that held the row."),
    ("export_date", "date", "导出日期", "The day that the export is for."),
    ("file_id", "varchar", "文件编号", "The file that held the row, in raw.files."),
    ("delivery_seq", "integer", "交付次序", "1 for the first delivery, higher for corrections."),
    ("row_number", "bigint", "行序", "Position of the row among the readable rows of its file."),
    ("load_id", "bigint", "装载批次", "The refresh that landed the row."),
    (
        "superseded_load_id",
        "bigint",
        "失效批次",
        "The refresh in which a correction or newer snapshot replaced it; null while live.",
    ),
    ("record_key", "varchar", "记录键", "Channel and key parts; stable over deliveries."),
    ("currency_code", "varchar", "币种", "Currency of the row's amounts."),
)

TEXT_SHA256 = "text_sha256"

BOOK_TABLES: tuple[RawTable, ...] = (
    RawTable(
        "files",
        "文件台账",
        "One row per file that was read: landed, refused or duplicate.",
        columns(
            ("file_id", "varchar", "文件编号", "Id of the file, from its place, name and bytes."),
            ("load_id", "bigint", "装载批次", "The refresh that read it."),
            ("file_name", "varchar", "文件名", "Name under the exports folder."),
            ("channel_code", "varchar", "渠道", "The channel that delivered it."),
            ("export_name", "varchar", "导出", "The channel's export that it is."),
            ("export_date", "date", "导出日期", "The day that it is for."),
            ("part", "varchar", "分片", "Its part; null where the export has one file a day."),
            ("delivery_seq", "integer", "交付次序", "1 for the first delivery, higher later."),
            ("mode", "varchar", "模式", "delta or snapshot."),
            ("sha256", "varchar", "摘要", "SHA-256 of its bytes as delivered."),
            ("size_bytes", "bigint", "字节数", "Its size as delivered."),
            ("modified_at", "timestamp", "修改时间", "When the store says it changed, in UTC."),
            ("encoding", "varchar", "编码", "The encoding that it was read in; null for binary."),
            ("outcome", "varchar", "结果", "landed, refused or duplicate."),
            ("reason", "varchar", "原因", "Why it was refused, or what is worth knowing."),
            ("unmapped_columns", "varchar[]", "未映射列", "Headers the contract does not know."),
            ("contract_sha256", "varchar", "合约摘要", "SHA-256 of the contract file then."),
            ("is_accepted", "boolean", "是否放行", "Whether a person overruled a refusal."),
            ("superseded_load_id", "bigint", "失效批次", "The refresh that replaced it, or null."),
            ("landed_at", "timestamp", "处理时间", "When it was read, business time."),
        ),
    ),
    RawTable(
        "file_feeds",
        "文件行数",
        "Row counts per landed file and feed: delivered = landed + rejected + duplicate.",
        columns(
            ("file_id", "varchar", "文件编号", "The file."),
            ("load_id", "bigint", "装载批次", "The refresh that landed it."),
            ("channel_code", "varchar", "渠道", "The channel."),
            ("export_name", "varchar", "导出", "The export."),
            ("feed", "varchar", "数据流", "The feed that the rows went to."),
            ("delivered_count", "bigint", "交付行数", "Rows that the file holds for the feed."),
            ("landed_count", "bigint", "入库行数", "Rows stored."),
            ("rejected_count", "bigint", "拒绝行数", "Rows kept in raw.rejected_rows."),
            ("duplicate_count", "bigint", "重复行数", "Exact repeats of an earlier row."),
        ),
    ),
    RawTable(
        "rejected_rows",
        "拒绝行",
        "One row per line that could not be landed, with what is wrong with it.",
        columns(
            ("file_id", "varchar", "文件编号", "The file."),
            ("load_id", "bigint", "装载批次", "The refresh that read it."),
            ("channel_code", "varchar", "渠道", "The channel."),
            ("export_name", "varchar", "导出", "The export."),
            ("feed", "varchar", "数据流", "The feed that the row was for."),
            ("file_name", "varchar", "文件名", "Name of the file."),
            ("line_number", "bigint", "行号", "Line of the file on which the row starts."),
            ("row_number", "bigint", "行序", "Position among readable rows; null if unreadable."),
            ("column_name", "varchar", "列", "Header of the value at fault; null for the line."),
            ("value_text", "varchar", "值", "The value at fault, redacted."),
            ("reason", "varchar", "原因", "What is wrong with it."),
        ),
    ),
    RawTable(
        "texts",
        "文本",
        "One row per distinct text, redacted.",
        columns(
            ("text_sha256", "varchar", "文本摘要", "SHA-256 of the redacted text."),
            ("text_content", "varchar", "文本", "The text after redaction."),
            ("char_count", "bigint", "字数", "Characters of the redacted text."),
            ("redactor_version", "varchar", "脱敏版本", "Version of the rules that redacted it."),
            ("load_id", "bigint", "装载批次", "The refresh that first landed it."),
        ),
    ),
    RawTable(
        "text_scores",
        "文本评分",
        "One row per text, scorer and version: class probabilities, null where unjudged.",
        columns(
            ("text_sha256", "varchar", "文本摘要", "The text."),
            ("scorer", "varchar", "评分器", "Name of the scorer."),
            ("scorer_version", "varchar", "评分器版本", "Its version; a new one scores again."),
            ("p_negative", "double", "负面概率", "Probability of negative."),
            ("p_neutral", "double", "中性概率", "Probability of neutral; null without the class."),
            ("p_positive", "double", "正面概率", "Probability of positive."),
            ("load_id", "bigint", "装载批次", "The refresh that scored it."),
        ),
    ),
    RawTable(
        "work_calendar",
        "工作日历",
        "One row per day: whether China works on it, make-up days (调休) included.",
        columns(
            ("day", "date", "日期", "The day."),
            ("is_workday", "boolean", "是否工作日", "Whether people work on it."),
            (
                "is_known",
                "boolean",
                "是否已公布",
                "Whether its year's calendar is known; plain weekdays stand in where it is not.",
            ),
            ("holiday_name", "varchar", "节日", "The holiday that it belongs to or makes up for."),
        ),
    ),
    RawTable(
        "score_audits",
        "评分审计",
        "One row per audit that passed: until which refresh a scorer's scores are right.",
        columns(
            ("scorer", "varchar", "评分器", "Name of the scorer."),
            ("scorer_version", "varchar", "评分器版本", "Its version."),
            ("load_id", "bigint", "装载批次", "The refresh that asked; scores up to it are right."),
            ("score_count", "bigint", "评分数", "How many scores there were."),
            ("fingerprint", "varchar", "指纹", "Hash of all of them, whatever their order."),
        ),
    ),
    RawTable(
        "builds",
        "构建记录",
        "One row per successful build of the models, the watermark of incremental ones.",
        columns(
            ("build_id", "bigint", "构建编号", "Number of the build."),
            ("load_id", "bigint", "装载批次", "Highest load_id that the build has seen."),
            ("fingerprint", "varchar", "指纹", "Hash of code, seeds and vars of the build."),
            ("finished_at", "timestamp", "完成时间", "When it finished."),
        ),
    ),
    RawTable(
        "suppressions",
        "屏蔽名单",
        "One row per identifier of a person who was erased: its keyed hash alone.",
        columns(
            (
                "node",
                "varchar",
                "标识哈希",
                "The identifier's node; rows that name it are filtered.",
            ),
            ("request_ref", "varchar", "请求编号", "The request that it belongs to."),
        ),
    ),
    RawTable(
        "erasures",
        "删除记录",
        "One row per request to be erased that was acted on.",
        columns(
            ("request_ref", "varchar", "请求编号", "Id of the request."),
            ("requested_on", "date", "请求日期", "The day on which it was made."),
            ("source_code", "varchar", "来源", "feed or command."),
        ),
    ),
    RawTable(
        "erased_rows",
        "删除行数",
        "One row per request, file and feed: how many rows were deleted or made anonymous.",
        columns(
            ("request_ref", "varchar", "请求编号", "The request."),
            ("file_id", "varchar", "文件编号", "The file that held the rows."),
            ("feed", "varchar", "数据流", "The feed."),
            ("is_deleted", "boolean", "是否删除", "Deleted, or else kept without the person."),
            ("row_count", "bigint", "行数", "Rows."),
        ),
    ),
    RawTable(
        "settings",
        "设置",
        "What a warehouse was built with and cannot change under its rows.",
        columns(
            ("name", "varchar", "名称", "business_zone or hash_key_fingerprint."),
            ("value", "varchar", "值", "The value that the rows were landed with."),
        ),
    ),
)

EXTRA_COLUMN = RawColumn(
    "extra", "json", "附加列", "Unmapped values that the contract asks to keep, by header."
)


def feed_table(feed: Feed) -> RawTable:
    """Return the raw table of a feed: lineage, the feed's columns, `extra`.

    The feed's text column stands as `text_sha256`, since a text is stored once in `raw.texts`.
    """
    own = tuple(
        RawColumn(
            TEXT_SHA256, "varchar", column.label_zh, f"{column.description} Hash in raw.texts."
        )
        if column.type == "text"
        else RawColumn(column.name, column.type, column.label_zh, column.description)
        for column in feed.columns.values()
    )
    return RawTable(
        feed.name, feed.label_zh, feed.description, (*LINEAGE_COLUMNS, *own, EXTRA_COLUMN)
    )


def raw_tables(feeds: Mapping[str, Feed]) -> list[RawTable]:
    """Return every table of the raw schema, feeds first."""
    return [
        *(feed_table(feed) for feed in feeds.values()),
        *BOOK_TABLES,
        *ANNOTATION_TABLES,
        *MODEL_TABLES,
    ]


def create_raw_schema(connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed]) -> None:
    """Create the raw schema and all of its tables; add columns that a feed has gained.

    Can be called any number of times. A column that a feed has lost stays in the table, because
    the rows landed with it are history.
    """
    connection.execute("create schema if not exists raw")
    existing: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'raw' and table_catalog = current_database()"
    ).fetchall():
        existing.setdefault(table, set()).add(column)
    for table in raw_tables(feeds):
        if table.name not in existing:
            body = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
            connection.execute(f'create table raw."{table.name}" ({body})')
            continue
        for column in table.columns:
            if column.name not in existing[table.name]:
                connection.execute(
                    f'alter table raw."{table.name}" add column "{column.name}" {column.type}'
                )
