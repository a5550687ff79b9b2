"""What the warehouse knows of the models: `raw.models` and `raw.score_calibrations`."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from ingestion.scoring.sentiment_model.registry import ModelRegistry, calibration_version

SCORER = "sentiment"

_CARD = pa.schema(
    [
        ("scorer", pa.string()),
        ("scorer_version", pa.string()),
        ("calibration_version", pa.string()),
        ("basis_code", pa.string()),
        ("sources", pa.string()),
        ("class_count", pa.int64()),
        ("negative_count", pa.int64()),
        ("neutral_count", pa.int64()),
        ("positive_count", pa.int64()),
        ("held_out_count", pa.int64()),
        ("accuracy", pa.float64()),
        ("macro_f1", pa.float64()),
        ("auc", pa.float64()),
        ("ece_before", pa.float64()),
        ("ece_after", pa.float64()),
        ("leaked_count", pa.int64()),
        ("compared_with", pa.string()),
        ("macro_f1_gain", pa.float64()),
        ("macro_f1_gain_low", pa.float64()),
        ("macro_f1_gain_high", pa.float64()),
        ("mcnemar_p", pa.float64()),
        ("trained_as_of", pa.string()),
        ("is_champion", pa.bool_()),
    ]
)
_LINE = pa.schema(
    [
        ("scorer", pa.string()),
        ("scorer_version", pa.string()),
        ("calibration_version", pa.string()),
        ("channel_code", pa.string()),
        ("slope", pa.float64()),
        ("intercept", pa.float64()),
        ("row_count", pa.int64()),
        ("ece_before", pa.float64()),
        ("ece_after", pa.float64()),
    ]
)


def record(connection: duckdb.DuckDBPyConnection, models: ModelRegistry, load_id: int) -> None:
    """Write the cards and the calibrations of a home's models into the warehouse.

    Cards are written anew; a calibration that is known stays as it was recorded first.
    """
    champion = models.champion()
    cards, lines = [], []
    for version in models.versions():
        card = models.card(version)
        of_version = models.calibrations(version)
        named = {
            "scorer": SCORER,
            "scorer_version": version,
            "calibration_version": calibration_version(of_version),
        }
        cards.append(
            {
                **card,
                **card.get("comparison", {}),
                **named,
                "basis_code": card["basis"],
                "sources": ", ".join(f"{name}: {rows}" for name, rows in card["sources"].items()),
                "is_champion": version == champion,
            }
        )
        lines += [{**named, **line.__dict__} for line in of_version]
    connection.register("model_cards", pa.Table.from_pylist(cards, schema=_CARD))
    connection.register("model_lines", pa.Table.from_pylist(lines, schema=_LINE))
    try:
        connection.execute("begin")
        connection.execute("delete from raw.models where scorer = ?", [SCORER])
        connection.execute(
            "insert into raw.models by name select * replace "
            "(cast(trained_as_of as date) as trained_as_of), ? as load_id from model_cards",
            [load_id],
        )
        connection.execute(
            "insert into raw.score_calibrations by name "
            "select model_lines.*, ? as load_id from model_lines anti join raw.score_calibrations "
            "using (scorer, scorer_version, calibration_version, channel_code)",
            [load_id],
        )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    finally:
        connection.unregister("model_cards")
        connection.unregister("model_lines")


def fingerprint(connection: duckdb.DuckDBPyConnection) -> str:
    """What decides how scores are read: which models are champions, and their calibrations.

    When it differs from the last build's, everything that depends on it is built anew.
    """
    ((state,),) = connection.execute(
        "select coalesce(string_agg(concat_ws('/', scorer, scorer_version, calibration_version), "
        "';' order by scorer, scorer_version), '') from raw.models where is_champion"
    ).fetchall()
    return str(state)
