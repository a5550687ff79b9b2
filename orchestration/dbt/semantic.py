"""dbt's semantic models and metrics of the KPIs that may be summed, made from their entries.

One semantic model a KPI: its rows by day, channel, brand and product (and segment), with numerator
and denominator as measures. A count is a simple metric, a rate a ratio of two, and what has a scale
(NPS in points) is derived from its ratio. Channel, brand, product and segment are entities that all
share, so that one query asks several KPIs by `channel`; as dimensions they have the KPI's name
before theirs (`kpi_nsr__channel_code`), for dbt wants each dimension to be of one model. A KPI
whose additivity is `none` has no rows to sum, and no metric that would pretend it had.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from orchestration.dbt.yaml_entries import Entry

_DIMENSIONS: Final = {
    "channel_code": ("channel", "渠道 Channel"),
    "brand_code": ("brand", "品牌 Brand"),
    "product_key": ("product", "商品 Product"),
    "segment_kind": ("kind_of_segment", "细分维度 Kind of segment"),
    "segment_code": ("segment", "细分 Segment"),
}
"""Column to the entity that all KPIs share, and its label."""


def semantic_layer(kpis: Sequence[Entry]) -> dict[str, Any]:
    """The yml document: `semantic_models` and `metrics` of the KPIs that may be summed.

    MetricFlow, in an environment of its own (tests/metricflow/), answers what kpis.kpi_history
    says, but for the running period of a KPI that needs days to mature: here it has all its days,
    there those that have matured.
    """
    summed = [kpi for kpi in kpis if kpi.meta["additivity"] == "sum"]
    return {
        "semantic_models": [_semantic_model(kpi) for kpi in summed],
        "metrics": [metric for kpi in summed for metric in _metrics(kpi)],
    }


def _semantic_model(kpi: Entry) -> dict[str, Any]:
    split = {name: shared for name, shared in _DIMENSIONS.items() if name in kpi.columns}
    measures = ["numerator", *(["denominator"] if _is_rate(kpi) else [])]
    return {
        "name": kpi.name,
        "label": _label(kpi),
        "description": kpi.description,
        "model": f"ref('{kpi.name}')",
        "defaults": {"agg_time_dimension": "period_date"},
        "primary_entity": kpi.name,
        "entities": [
            {"name": entity, "type": "foreign", "label": label, "expr": column}
            for column, (entity, label) in split.items()
        ],
        "dimensions": [
            {
                "name": "period_date",
                "type": "time",
                "label": "日期 Day",
                "type_params": {"time_granularity": "day"},
            },
            *(
                {"name": column, "type": "categorical", "label": label}
                for column, (_, label) in split.items()
            ),
        ],
        "measures": [
            {
                "name": f"{kpi.name}_{measure}_sum",
                "description": kpi.columns[measure]["description"],
                "agg": "sum",
                "expr": measure,
            }
            for measure in measures
        ],
    }


def _metrics(kpi: Entry) -> list[dict[str, Any]]:
    scale = kpi.meta.get("scale", 1)
    if not _is_rate(kpi):
        assert scale == 1, f"{kpi.name}: a count has no scale"
        return [_metric(kpi, kpi.name, "simple", {"measure": f"{kpi.name}_numerator_sum"})]
    parts = [
        _metric(
            kpi,
            f"{kpi.name}_{part}",
            "simple",
            {"measure": f"{kpi.name}_{part}_sum"},
            suffix=words,
        )
        for part, words in (
            ("numerator", "：分子 numerator"),
            ("denominator", "：分母 denominator"),
        )
    ]
    divided = {
        "numerator": f"{kpi.name}_numerator",
        "denominator": f"{kpi.name}_denominator",
    }
    if scale == 1:
        return [_metric(kpi, kpi.name, "ratio", divided), *parts]
    ratio = f"{kpi.name}_ratio"
    scaled = {"expr": f"{scale} * {ratio}", "metrics": [{"name": ratio}]}
    return [
        _metric(kpi, kpi.name, "derived", scaled),
        _metric(kpi, ratio, "ratio", divided, suffix="：比值 ratio"),
        *parts,
    ]


def _metric(
    kpi: Entry, name: str, kind: str, parameters: dict[str, Any], *, suffix: str = ""
) -> dict[str, Any]:
    return {
        "name": name,
        "label": _label(kpi) + suffix,
        "description": str(kpi.meta["definition"]) if not suffix else kpi.description,
        "type": kind,
        "type_params": parameters,
    }


def _label(kpi: Entry) -> str:
    return f"{kpi.meta['label_zh']} {kpi.meta['label_en']}"


def _is_rate(kpi: Entry) -> bool:
    """Whether it is divided; a count has no denominator."""
    return str(kpi.meta["unit"]) != "count"
