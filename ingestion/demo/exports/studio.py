"""What the content desk and the ledger of actions write: adaptations, counters, topics, actions."""

from __future__ import annotations

from ingestion.demo.exports.query import ExportQuery

_PIECE = """
    e.file as _file,
    c.content as _rank,
    printf('CT%05d', c.content) as 内容编号,
    {source}
    t.topic_ref as 话题编号,
    t.theme as 主题,
    ['视频', '图文', '长文'][c.format + 1] as 形式,
    ['自有', '用户'][c.ownership + 1] as 归属,
    iso_minute(c.published) as 发布时间,
    x.text as 标题,
    '编辑' || c.content % 4 as 编辑
from content_editions as e
join content as c on c.content = e.id
join topics as t on t.topic = c.topic
join texts as x on x.id = c.title
"""

ADAPTATIONS = f"""
select
{_PIECE.format(source="review_no(0, c.source) as 来源评价ID, '评价' as 来源类型,")}
where c.from_kind = 1
"""

CONTENT = f"""
select
{
    _PIECE.format(
        source="printf('CT%05d', c.source) as 来源内容编号, "
        "case when c.from_kind = 2 then '内容' else '' end as 来源类型,"
    )
}
where c.from_kind <> 1
"""

# counters run up to the reach within days
_SEEN = "(c.reach * (1 - exp(-(e.as_of - c.published) / 129600.0)))::bigint"

STATS = f"""
select
    e.file as _file,
    c.content as _rank,
    printf('CT%05d', c.content) as 内容编号,
    day_of(e.file) as 统计日期,
    format('{{:,}}', {_SEEN}) as 曝光,
    format('{{:,}}', ({_SEEN} * 0.02)::bigint) as 分享
from snapshot_days as e
join content as c on c.published < e.as_of
where e.name = 'content_stats'
"""

TOPICS = """
select
    e.file as _file,
    d.topic_day as _rank,
    t.topic_ref as 话题编号,
    day_of(d.day) as 统计日期,
    t.name as 话题,
    t.theme as 主题,
    format('{:,}', d.shown) as 阅读量,
    format('{:,}', d.posts) as 讨论量,
    format('{:,}', d.people) as 参与人数
from topic_day_editions as e
join topic_days as d on d.topic_day = e.id
join topics as t on t.topic = d.topic
"""

ACTIONS = """
select
    e.file as _file,
    a.action as _rank,
    printf('ACT%04d', a.action) as 行动编号,
    case a.insight_kind when 'aspect' then '方面' else '教程' end as 洞察类型,
    a.insight_ref as 洞察编号,
    case a.department when 'product' then '产品部' else '售后部' end as 责任部门,
    'W' || a.action as 负责人,
    iso_minute(a.created) as 创建时间,
    iso_minute(a.due) as 截止时间,
    case when is_past(a.done, e.as_of) then iso_minute(a.done) else '' end as 完成时间,
    a.code as 行动
from snapshot_days as e
join actions as a on a.created < e.as_of
where e.name = 'actions'
"""

QUERIES = [
    ExportQuery("studio", "adaptations", 7, ADAPTATIONS),
    ExportQuery("studio", "content", 7, CONTENT),
    ExportQuery("studio", "content_stats", 15, STATS),
    ExportQuery("studio", "topics", 15, TOPICS),
    ExportQuery("studio", "actions", 30, ACTIONS),
]
