"""Names of codes in two languages, from the seeds and the contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from orchestration.publication.labels import Labels
from orchestration.report.bilingual import Bilingual, said

_NAMES = {
    "departments": "select department_code, label_zh, department_name from seeds.departments",
    "aspects": "select aspect_code, label_zh, label_en from seeds.aspects",
    "themes": "select theme_code, label_zh, label_en from seeds.themes",
    "strategies": ("select strategy_code, strategy_name, strategy_name_en from seeds.strategies"),
    "channels": "select channel_code, label_zh, label_en from seeds.channel_labels",
    "products": "select product_key, product_name, product_name from segments.dim_products",
}
# who answers for a KPI and is no department of the seed
_OWNERS = {
    "brand": Bilingual("品牌部", "Brand"),
    "marketing": Bilingual("市场部", "Marketing"),
    "ecommerce": Bilingual("电商部", "E-commerce"),
    "customer_experience": Bilingual("客户体验部", "Customer experience"),
    "data": Bilingual("数据部", "Data"),
    "product": Bilingual("产品部", "Product"),
    "quality": Bilingual("质量部", "Quality"),
    "public_relations": Bilingual("公关部", "Public relations"),
    "customer_service": Bilingual("客户服务部", "Customer service"),
    "member_operations": Bilingual("会员运营部", "Member operations"),
    "after_sales": Bilingual("售后服务部", "After-sales service"),
    "social_media": Bilingual("社媒部", "Social media"),
}


@dataclass(frozen=True)
class Names:
    """Names of codes in two languages, from the seeds; a code that nobody named is itself."""

    by_kind: Mapping[str, Mapping[str, Bilingual]] = field(default_factory=dict)
    labels: Labels = field(default_factory=Labels)

    def of(self, kind: str, code: str | None) -> Bilingual:
        """The name of a department, aspect, theme, strategy, product or channel."""
        if not code:
            return Bilingual("–", "–")
        if kind == "channels":
            return self.channel(code)
        known = self.by_kind.get(kind, {}).get(code)
        return known or (_OWNERS.get(code) if kind == "departments" else None) or said(code)

    def channel(self, code: str) -> Bilingual:
        """A channel by its contract's name, in English by the seed's."""
        seeded = self.by_kind.get("channels", {}).get(code, said(code))
        return Bilingual(self.labels.channels.get(code, seeded.zh), seeded.en)

    def feed(self, name: str) -> Bilingual:
        """A feed by its definition's name."""
        return Bilingual(self.labels.feeds.get(name, name), name.replace("_", " "))


def read_names(connection: duckdb.DuckDBPyConnection, labels: Labels) -> Names:
    """Names as far as the build file has them: a seed may not be there yet."""
    there = {
        name
        for (name,) in connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
    }
    by_kind = {
        kind: {code: said(zh or code, en) for code, zh, en in connection.execute(sql).fetchall()}
        for kind, sql in _NAMES.items()
        if sql.rsplit(" ", 1)[1] in there
    }
    return Names(by_kind, labels)
