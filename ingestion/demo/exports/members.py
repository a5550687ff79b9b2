"""What the CRM and the advertising platform write: master data, links, touches, spend."""

from __future__ import annotations

from ingestion.demo.exports.query import ExportQuery

# Which string an identifier has: one place, for the links and for the touches that rest on them.
_IDENTITY = """
case {kind}
    when 'phone' then phone_number({customer})
    when 'jd_customer' then jd_account({customer})
    when 'tmall_customer' then tmall_account({customer})
    when 'cookie' then opaque('ck_', {customer})
    when 'wechat_openid' then opaque('oX', {customer})
    when 'device_id' then opaque('dev-', {customer})
    when 'xiaohongshu_author' then opaque('xu', {customer})
    when 'douyin_author' then opaque('ou_', {customer})
    when 'weibo_author' then opaque('55', {customer})
    when 'zhihu_author' then opaque('zu', {customer})
    when 'forum_author' then opaque('fu', {customer})
    else opaque('wm_', {customer})
end
"""

CUSTOMERS = """
select
    e.file as _file,
    c.customer as _rank,
    member(c.customer) as 会员号,
    iso_second(c.registered) as 注册时间,
    written_phone(phone_number(c.phone_person), c.phone_style) as 手机号,
    case when c.has_email then
        case when c.customer % 9 = 0 then upper(opaque('u', c.phone_person)) || '@Example.com'
        else opaque('u', c.phone_person) || '@example.com' end
    else '' end as 邮箱,
    case when c.customer % 11 = 0 then full_name(c.name_0, c.name_1, 0)[1:1] || '**'
    else full_name(c.name_0, c.name_1, c.name_2) end as 姓名,
    ['普通', '银卡', '金卡', '黑金'][c.level + 1] as 会员等级,
    region(c.region) as 省份,
    case when c.customer % 5 = 0 then '' else c.birth_year::varchar end as 出生年份,
    source(c.source) as 来源渠道,
    case when c.is_consented then '是' else '否' end as 营销授权,
    case when is_past(c.joined, e.as_of) then iso_second(c.joined) else '' end as 加企微时间,
    '会员' || c.customer % 100 as 昵称
from snapshot_days as e
join customers as c on c.registered < e.as_of
where e.name = 'customers'
"""

IDENTITIES = f"""
select
    e.file as _file,
    l.link as _rank,
    l.kind as 类型,
    {_IDENTITY.format(kind="l.kind", customer="l.identifier")} as 标识,
    member(l.customer) as 会员号,
    iso_second(l.linked) as 绑定时间,
    ['授权登录', '注册', '小程序'][l.link % 3 + 1] as 来源系统
from link_export_days as e
join links as l on l.link = e.id
"""

PRODUCTS = """
select
    e.file as _file,
    p.product as _rank,
    p.code as 商品编码,
    p.name as 商品名称,
    p.category as 品类,
    p.brand as 品牌,
    p.launched as 上市日期,
    case when p.brand = 'hemu' then money(p.price * 52) else '' end as 单位成本,
    '标准' as 规格
from snapshot_days as e
join products as p on p.launched::date <= at_time(e.as_of - 1)::date
where e.name = 'products'
"""

CAMPAIGNS = """
select
    e.file as _file,
    c.campaign as _rank,
    c.code as 活动编号,
    c.name as 活动名称,
    c.label as 策略,
    c.theme as 主题,
    case when c.is_topic then day_of(w.first) else day_of(0) end as 开始日期,
    case when c.is_topic then day_of(w.last) else '' end as 结束日期,
    '市场部' as 负责人
from snapshot_days as e
join campaigns as c on true
cross join topic_window as w
where e.name = 'campaigns'
"""

REFERRALS = """
select
    e.file as _file,
    r.invite as _rank,
    printf('I%07d', r.invite) as 邀请编号,
    member(r.inviter) as 邀请人会员号,
    invite_code(r.inviter) as 邀请码,
    iso_second(r.sent) as 发出时间,
    case when is_past(r.clicked, e.as_of) then iso_second(r.clicked) else '' end as 点击时间,
    case when is_past(r.registered, e.as_of) then member(r.invitee) else '' end
        as 被邀请人会员号,
    case when is_past(r.registered, e.as_of) then iso_second(r.registered) else '' end
        as 注册时间
from referral_export_days as e
join referrals as r on r.invite = e.id
"""

POINTS = """
select
    e.file as _file,
    p.entry as _rank,
    printf('PT%08d', p.entry) as 流水号,
    member(p.customer) as 会员号,
    iso_second(p.occurred) as 发生时间,
    format('{:,}', p.delta) as 积分变动,
    ['购物', '评价', '签到', '兑换', '邀请', '过期', '调整'][p.reason + 1] as 事由,
    case when has(p.expires) then day_of(p.expires) else '' end as 有效期至
from point_export_days as e
join points as p on p.entry = e.id
"""

INCENTIVES = """
select
    e.file as _file,
    g."grant" as _rank,
    printf('G%06d', g."grant") as 发放单号,
    case when g.is_positive_required then 'HAOPING' else 'SHAIDAN' end as 计划编号,
    case when g.customer >= 0 then member(g.customer) else '' end as 会员号,
    order_no(0, g."order") as 订单编号,
    iso_second(g.offered) as 发放时间,
    case when is_past(g.claimed, e.as_of) then iso_second(g.claimed) else '' end as 领取时间,
    money(g.reward) as 奖励金额,
    case when g.is_positive_required then '是' else '否' end as 要求好评,
    case when g.is_disclosed then '是' else '否' end as 是否披露
from grant_export_days as e
join grants as g on g."grant" = e.id
union all
select
    e.file as _file,
    1000000000 + o.offer as _rank,
    printf('F%06d', o.offer) as 发放单号,
    ['WELCOME_PACK', 'UPGRADE_GIFT', 'WINBACK_COUPON'][o.programme + 1] as 计划编号,
    member(o.customer) as 会员号,
    '' as 订单编号,
    iso_second(o.offered) as 发放时间,
    case when is_past(o.claimed, e.as_of) then iso_second(o.claimed) else '' end as 领取时间,
    money(o.reward) as 奖励金额,
    '否' as 要求好评,
    '' as 是否披露
from offer_export_days as e
join offers as o on o.offer = e.id
"""

EXPERIMENTS = """
select
    e.file as _file,
    x.unit as _rank,
    x.experiment as 实验,
    case when x.subject < 1000000000 then member(x.subject)
    else printf('V%07d', x.subject - 1000000000) end as 会员号,
    x.variant_code as 分组,
    printf('%d%%', round(x.planned * 100)::int) as 计划占比,
    iso_second(x.assigned) as 分组时间,
    case when is_past(x.exposed, e.as_of) then iso_second(x.exposed) else '' end as 曝光时间,
    case when x.is_converted then '是' else '否' end as 是否转化,
    yuan(x.value)::varchar as 消费金额
from snapshot_days as e
join experiments as x on x.assigned < e.as_of
where e.name = 'experiments'
"""

TOUCHPOINTS = f"""
select
    e.file as _file,
    t.touch as _rank,
    printf('TP%09d', t.touch) as 触点ID,
    ['Cookie', '手机号', '微信OpenID', '设备号'][t.kind + 1] as 标识类型,
    {
    _IDENTITY.format(
        kind="['cookie', 'phone', 'wechat_openid', 'device_id'][t.kind + 1]", customer="t.customer"
    )
} as 标识值,
    (epoch_seconds(t.touched) * 1000)::varchar as 触达时间,
    m.label as 媒体渠道,
    coalesce(c.code, '') as 计划编号,
    case
        when t.note > 0 then printf('NT%05d', t.note)
        when t.campaign >= 0 then 'S' || t.content else ''
    end as 素材编号,
    case when t.creator > 0 then printf('K%03d', t.creator) else '' end as 达人编号,
    case when t.review > 0 then review_no(0, t.review) else '' end as 评价ID,
    ['曝光', '点击', '播放', '到站', '看评价', '读群消息'][t.action + 1] as 行为,
    'Mozilla/5.0' as UA
from touch_export_days as e
join touches as t on t.touch = e.id
join media as m on m.code = t.channel
left join campaigns as c on c.campaign = t.campaign
"""

SPEND = """
select
    e.file as _file,
    s.line as _rank,
    at_time(s.day * 86400)::date as 日期,
    m.label as 媒体渠道,
    c.code as 计划编号,
    money(s.cents) as 消耗,
    short_count(s.shown) as 展示量,
    format('{:,}', s.clicked) as 点击量,
    printf('%.2f%%', 100.0 * s.clicked / s.shown) as 点击率
from spend_export_days as e
join spend as s on s.line = e.id
join media as m on m.code = s.channel
join campaigns as c on c.campaign = s.campaign
"""

SEARCHES = """
select
    e.file as _file,
    s.line as _rank,
    day_of(s.day) as 日期,
    s.keyword as 关键词,
    format('{:,}', s.count) as 搜索量
from search_export_days as e
join searches as s on s.line = e.id
"""

QUERIES = [
    ExportQuery("crm", "products", 30, PRODUCTS),
    ExportQuery("crm", "campaigns", 30, CAMPAIGNS),
    ExportQuery("crm", "customers", 30, CUSTOMERS),
    ExportQuery("crm", "identities", 7, IDENTITIES),
    ExportQuery("crm", "referrals", 7, REFERRALS),
    ExportQuery("crm", "points", 7, POINTS),
    ExportQuery("crm", "incentives", 7, INCENTIVES),
    ExportQuery("crm", "experiments", 365, EXPERIMENTS),
    ExportQuery("ads", "touchpoints", 1, TOUCHPOINTS),
    ExportQuery("ads", "spend", 7, SPEND),
    ExportQuery("ads", "search_demand", 7, SEARCHES),
]
