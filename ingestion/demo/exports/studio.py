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
from content_export_days as e
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
from topic_day_export_days as e
join topic_days as d on d.topic_day = e.id
join topics as t on t.topic = d.topic
"""

CREATORS = """
select
    e.file as _file,
    c.creator as _rank,
    printf('K%03d', c.creator) as 达人编号,
    opaque('xu', c.account) as 账号ID,
    case when c.customer >= 0 then member(c.customer) else '' end as 会员号,
    ['素人', '头部达人', '机构'][c.tier + 1] as 层级,
    short_count(c.followers) as 粉丝数,
    case when c.tier = 0 then '否' else '是' end as 是否认证,
    '达人' || c.creator as 昵称
from snapshot_days as e
join creators as c on c.hired < e.as_of
where e.name = 'creators'
"""

NOTES = """
select
    e.file as _file,
    n.note as _rank,
    printf('NT%05d', n.note) as 笔记编号,
    p.code as 活动编号,
    printf('K%03d', n.creator) as 达人编号,
    ['视频', '图文'][n.note % 2 + 1] as 形式,
    iso_minute(n.published) as 发布时间,
    x.text as 标题,
    money(n.fee) as 合作费用,
    money(n.goods) as 样品成本,
    '是' as 是否报备
from note_export_days as e
join notes as n on n.note = e.id
join campaigns as p on p.campaign = n.campaign
join texts as x on x.id = n.title
"""

# a note's counters run up within a day of it
NOTE_STATS = """
select
    n.file as _file,
    n.note as _rank,
    printf('NT%05d', n.note) as 笔记编号,
    day_of(n.file) as 统计日期,
    format('{:,}', (n.reach * grown)::bigint) as 曝光,
    format('{:,}', (n.likes * grown)::bigint) as 点赞,
    format('{:,}', (n.comments * grown)::bigint) as 评论,
    format('{:,}', (n.shares * grown)::bigint) as 分享,
    format('{:,}', (n.saves * grown)::bigint) as 收藏
from (
    select d.file, p.*, least(1.0, (d.as_of - p.published) / 86400.0) as grown
    from snapshot_days as d
    join notes as p on p.published < d.as_of
    where d.name = 'note_stats'
) as n
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
    ExportQuery("studio", "creators", 30, CREATORS),
    ExportQuery("studio", "notes", 7, NOTES),
    ExportQuery("studio", "note_stats", 15, NOTE_STATS),
    ExportQuery("studio", "topics", 15, TOPICS),
    ExportQuery("studio", "actions", 30, ACTIONS),
]
