"""What customer service, the press desk and the repair network write, and the surveys."""

from __future__ import annotations

from ingestion.demo.exports.query import ExportQuery

_DEPARTMENT = (
    "['', '', '', '公关部', '客服部', '售后部', '品质部'][{column} + 1]"  # as in DEPARTMENTS
)

CASES = f"""
select
    e.file as _file,
    c."case" as _rank,
    printf('C%07d', c."case") as 工单号,
    ['京东评价', '电话', '在线客服', '社交媒体', '邮件'][c.source + 1] as 来源,
    case when c.review > 0 then review_no(0, c.review) else '' end as 来源评价ID,
    t.text as 问题描述,
    case when c.customer >= 0 then member(c.customer) else '' end as 会员号,
    ['紧急', '高', '中', '低'][c.priority + 1] as 优先级,
    {_DEPARTMENT.format(column="c.department")} as 受理部门,
    iso_second(c.opened) as 创建时间,
    case when c.csat > 0 and c.solved < e.as_of then c.csat::varchar else '' end as 满意度,
    case when c.compensation > 0 and c.solved < e.as_of then money(c.compensation) else '' end
        as 补偿金额,
    case when c.crisis > 0 then printf('PR%02d', c.crisis) else '' end as 危机编号,
    '客户**' as 联系人,
    case when c.customer >= 0 then masked(phone_number(c.customer)) else '' end as 联系电话,
    ['质量', '噪音', '续航', '物流', '服务', '价格', '外观', '操作'][c.aspect + 1] as 问题分类
from case_export_days as e
join cases as c on c."case" = e.id
join texts as t on t.id = c.text
"""

CASE_EVENTS = """
select
    e.file as _file,
    v.event as _rank,
    printf('E%08d', v.event) as event_id,
    printf('C%07d', v."case") as case_id,
    epoch_seconds(v.occurred) * 1000 as ts,
    v.field as field,
    v.old as old,
    v.new as new,
    case when v.actor = 0 then 'system' else printf('agent_%02d', v.actor) end as actor
from event_export_days as e
join case_events as v on v.event = e.id
"""

RESPONSES = f"""
select
    e.file as _file,
    r.response as _rank,
    printf('S%08d', r.response) as 回复编号,
    printf('C%07d', r."case") as 工单号,
    case when r.responder = 0 then 'robot' else printf('agent_%02d', r.responder) end as 坐席,
    {_DEPARTMENT.format(column="r.department")} as 部门,
    case when r.is_public then '是' else '否' end as 是否对客,
    case when r.is_automated then '是' else '否' end as 机器人,
    t.text as 内容,
    slash_second(r.responded) as 时间
from response_export_days as e
join case_responses as r on r.response = e.id
join texts as t on t.id = r.text
"""

CONTACTS = """
select
    e.file as _file,
    k.contact as _rank,
    printf('K%08d', k.contact) as session_id,
    ['售前', '售中', '售后'][k.stage + 1] as stage,
    case when k.customer >= 0 then member(k.customer) end as member_no,
    iso_second(k.started) as begin_time,
    case when has(k.first_reply) then iso_second(k.first_reply) end as first_reply_time,
    iso_second(k.ended) as end_time,
    case when k.csat > 0 then k.csat end as satisfaction,
    case when k."order" > 0 then order_no(0, k."order") end as order_no,
    chr((65 + k.contact % 3)::integer) as queue
from contact_export_days as e
join contacts as k on k.contact = e.id
"""

CRISES = """
select
    e.file as _file,
    c.crisis as _rank,
    c.code as 危机编号,
    c.title as 事件,
    iso_minute(c.detected) as 发现时间,
    iso_minute(c.declared) as 定级时间,
    case when c.statement < e.as_of then iso_minute(c.statement) else '' end as 首次声明,
    case when c.apology < e.as_of then iso_minute(c.apology) else '' end as 致歉时间,
    case when c.plan < e.as_of then iso_minute(c.plan) else '' end as 整改方案公布,
    case when c.closed < e.as_of then iso_minute(c.closed) else '' end as 关闭时间,
    c.level as 等级,
    '公关总监' as 负责人
from snapshot_days as e
join crises as c on c.declared < e.as_of
where e.name = 'crises'
"""

WARRANTY = """
select
    e.file as _file,
    w.claim as _rank,
    printf('WX%06d', w.claim) as 维修单号,
    order_no(0, w."order") as 订单编号,
    ['免费维修', '终身维修', '以旧换新'][w.kind] as 类型,
    iso_minute(w.opened) as 报修时间,
    case when w.closed < e.as_of then iso_minute(w.closed) else '' end as 完成时间,
    case when w.closed < e.as_of then money(w.cost) else '' end as 成本,
    case when w.closed < e.as_of then money(w.price) else '' end as 向客户收费,
    case when w.is_in_warranty then '是' else '否' end as 保内,
    ['杭州一站', '深圳二站', '上海三站'][w.claim % 3 + 1] as 网点
from claim_export_days as e
join claims as w on w.claim = e.id
"""

SURVEYS = """
select
    e.file as _file,
    s.survey as _rank,
    printf('V%07d', s.survey) as 答卷编号,
    s.label as 问卷,
    s.wave as 批次,
    member(s.customer) as 会员号,
    iso_minute(s.sent) as 发送时间,
    case when is_past(s.answered, e.as_of) then iso_minute(s.answered) else '' end
        as 答复时间,
    case when is_past(s.answered, e.as_of) and s.score >= 0 then s.score end as 得分,
    nullif(s.scale, 0) as 满分,
    case when is_past(s.answered, e.as_of) then coalesce(m.label, '') else '' end as 得知渠道,
    case when s.text >= 0 and s.answered < e.as_of then t.text else '' end as 意见,
    'https://survey.example.com/' || s.survey as 问卷链接
from survey_export_days as e
join surveys as s on s.survey = e.id
left join media as m on m.code = s.heard
left join texts as t on t.id = s.text
"""

QUERIES = [
    ExportQuery("service", "cases", 1, CASES),
    ExportQuery("service", "case_events", 1, CASE_EVENTS),
    ExportQuery("service", "responses", 1, RESPONSES),
    ExportQuery("service", "contacts", 7, CONTACTS),
    ExportQuery("service", "crises", 20, CRISES),
    ExportQuery("service", "warranty", 7, WARRANTY),
    ExportQuery("surveys", "answers", 7, SURVEYS),
]
