"""What the CRM writes of ideas, trials and requests to be forgotten."""

from __future__ import annotations

from ingestion.demo.exports.query import ExportQuery

IDEAS = """
select
    e.file as _file,
    i.idea as _rank,
    printf('ID%05d', i.idea) as 提案编号,
    member(i.customer) as 会员号,
    p.code as 商品编码,
    iso_second(i.submitted) as 提交时间,
    format('{:,}', i.votes) as 投票数,
    case
        when is_past(i.released, e.as_of) then '已上线'
        when is_past(i.adopted, e.as_of) then '已采纳'
        when is_past(i.declined, e.as_of) then '未采纳'
        else '待评审'
    end as 状态,
    case when is_past(i.adopted, e.as_of) then iso_second(i.adopted) else '' end as 采纳时间,
    case when is_past(i.released, e.as_of) then iso_second(i.released) else '' end as 上线时间,
    ['静音模式', '童锁', '更长的电源线', '可拆洗', '预约开机'][i.idea % 5 + 1] as 提案标题
from idea_export_days as e
join ideas as i on i.idea = e.id
join products as p on p.product = i.product
"""

TRIALS = """
select
    e.file as _file,
    t.trial as _rank,
    ['JZ2601', 'JZ2602'][t.programme + 1] as 项目编号,
    member(t.customer) as 会员号,
    at_time(t.started)::date as 开始日期,
    case when is_past(t.ended, e.as_of) then at_time(t.ended)::date::varchar else '' end
        as 结束日期,
    case
        when not is_past(t.ended, e.as_of) then '进行中'
        when t.is_finished then '已完成' else '已退出'
    end as 状态,
    t.streams::varchar as 直播场次,
    case when t.pre >= 0 then (t.pre / 10.0)::decimal(4, 1)::varchar else '' end as 前测得分,
    case when t.post >= 0 and is_past(t.ended, e.as_of)
        then (t.post / 10.0)::decimal(4, 1)::varchar else '' end as 后测得分
from trial_export_days as e
join trials as t on t.trial = e.id
"""

ERASURES = """
select
    e.file as _file,
    r.request as _rank,
    printf('ER%03d', r.request) as 请求编号,
    member(r.customer) as 会员号,
    iso_second(r.requested) as 提出时间,
    '合规专员' as 受理人
from erasure_export_days as e
join erasures as r on r.request = e.id
"""

QUERIES = [
    ExportQuery("crm", "ideas", 7, IDEAS),
    ExportQuery("crm", "trials", 7, TRIALS),
    ExportQuery("crm", "erasure_requests", 7, ERASURES),
]
