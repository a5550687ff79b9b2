"""What all sections share: their order, and why one of them has nothing to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.publication.feed_health import Health
from orchestration.report.bilingual import Bilingual
from orchestration.report.names import Names

ORDER = (
    ("health", Bilingual("数据状况", "Data health")),
    ("kpis", Bilingual("关键指标", "Key figures")),
    ("changes", Bilingual("变化与原因", "What changed and why")),
    ("response", Bilingual("响应", "Response")),
    ("crises", Bilingual("预警与危机", "Alerts and crises")),
    ("voices", Bilingual("痛点与口碑", "Pain and praise")),
    ("credit", Bilingual("归因与花费", "Attribution and cost")),
    ("wom", Bilingual("口碑对付费", "Word of mouth against paid")),
    ("segments", Bilingual("客群与流转", "Segments and flows")),
    ("experiments", Bilingual("实验", "Experiments")),
    ("next", Bilingual("下一步", "What to do next")),
)


@dataclass(frozen=True)
class Reasons:
    """Why a section is empty, as far as the state of the data tells."""

    health: Health
    names: Names

    def __call__(self, *feeds: str) -> Bilingual:
        """Of a section that is made from these feeds: what is missing, and since when."""
        known = [row for row in self.health.feeds if row["feed"] in feeds]
        named = _listed([self.names.feed(feed) for feed in feeds])
        if not known:
            return Bilingual(
                f"没有渠道交付过数据流「{named.zh}」，所以这里没有数字。",
                f"No channel has delivered the feed {named.en}, so there are no figures here.",
            )
        newest = max(row["last_export_date"] for row in known)
        if not sum(row["row_count"] for row in known):
            rejected = sum(row["rejected_count"] for row in known)
            return Bilingual(
                f"数据流「{named.zh}」已交付至 {newest}，但没有一行有效"
                f"（拒收 {rejected:,} 行），所以这里没有数字。",
                f"The feed {named.en} was delivered up to {newest} without a valid row "
                f"({rejected:,} rejected), so there are no figures here.",
            )
        late = [row for row in known if row["is_late"]]
        if len(late) == len(known):
            return Bilingual(
                f"数据流「{named.zh}」最近一次交付是 {newest}，已迟到；这一期没有数字。",
                f"The feed {named.en} was last delivered for {newest} and is late; "
                "there are no figures for this period.",
            )
        return Bilingual(
            f"数据流「{named.zh}」已有数据，但还不足以得出这里的数字。",
            f"The feed {named.en} has data, but too few for the figures here.",
        )

    def unpublished(self, table: str) -> Bilingual:
        """Of a section whose table is not in the publication."""
        return Bilingual(
            f"这次发布没有表 {table}，所以没有这一节。",
            f"This publication has no table {table}, so this section is empty.",
        )


def _listed(names: Sequence[Bilingual]) -> Bilingual:
    return Bilingual("、".join(name.zh for name in names), ", ".join(name.en for name in names))
