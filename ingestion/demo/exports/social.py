"""What 微博, 小红书, 抖音, 知乎, the forum and 企业微信 write: voices, counters, replies."""

from __future__ import annotations

from ingestion.demo.exports.query import ExportQuery

# Counters run up to the reach within days; comments hang on others and have none.
_FROM = """
    from mention_export_days as e
    join mentions as m on m.mention = e.id
    join texts as t on t.id = m.text
    join products as p on p.product = m.product
    join brands as b on b.brand = m.brand
    left join mentions as up on up.mention = m.parent
"""
_ANSWER = """
    left join mention_answers as a
        on a.mention = m.mention and not a.is_automated and a.responded < e.as_of
    left join texts as ta on ta.id = a.text
"""
_SEEN = "(m.reach * (1 - exp(-(e.as_of - m.posted) / 129600.0)))::bigint"
_IS_MEASURED = "m.kind = 0"
_PRODUCT = "case when m.names_product then p.code else '' end"


def _counter(share: str) -> str:
    return f"({_SEEN} * {share})::bigint"


def _text_counter(share: str) -> str:
    return f"case when {_IS_MEASURED} then short_count({_counter(share)}) else '' end"


WEIBO_POSTS = f"""
select
    e.file as _file,
    m.mention as _rank,
    opaque('wb', m.mention) as 微博ID,
    ['原创', '转发', '评论'][m.kind + 1] as 类型,
    case when m.parent > 0 then opaque('wb', m.parent) else '' end as 原微博ID,
    b.code as 监测品牌,
    {_PRODUCT} as 商品编码,
    opaque('55', m.author) as 用户UID,
    ['普通用户', '品牌员工', '黄V', '媒体蓝V', '企业蓝V'][m.author_kind + 1] as 认证类型,
    short_count(m.followers) as 粉丝数,
    han_minute(m.posted) as 发布时间,
    t.text as 微博正文,
    case when m.is_ad then '是' else '否' end as 是否广告,
    case when {_IS_MEASURED} then day_of(e.file) else '' end as 统计日期,
    {_text_counter("1")} as 阅读数,
    {_text_counter("0.02")} as 点赞数,
    {_text_counter("0.006")} as 评论数,
    {_text_counter("0.008")} as 转发数,
    '微博用户' || m.mention % 1000 as 用户昵称,
    'https://weibo.example.com/' || opaque('wb', m.mention) as 微博链接,
    ['浙江', '广东', '北京', '四川'][m.mention % 4 + 1] as 发布地
{_FROM}
where m.platform = 0
"""

WEIBO_REPLIES = """
select
    e.file as _file,
    a.reply as _rank,
    printf('WR%08d', a.reply) as 回复ID,
    opaque('wb', a.mention) as 微博ID,
    case when a.is_automated then 'robot' else 'hemu_care' || a.responder end as 回复账号,
    case a.department when 3 then '公关部' when 4 then '客服部' else '新媒体部' end as 所属部门,
    case when a.is_public then '是' else '否' end as 是否公开,
    case when a.is_automated then '是' else '否' end as 是否自动,
    t.text as 回复内容,
    iso_second(a.responded) as 回复时间,
    '禾木客服' as 账号昵称
from reply_export_days as e
join mention_answers as a on a.reply = e.id
join texts as t on t.id = a.text
where a.platform = 0
"""

XHS_NOTES = f"""
select
    e.file as _file,
    m.mention as _rank,
    opaque('xhs', m.mention) as 笔记ID,
    case when m.kind = 2 then '评论' when m.mention % 4 = 0 then '视频' else '图文' end as 类型,
    case when m.parent > 0 then opaque('xhs', m.parent) else '' end as 上级笔记ID,
    b.code as 监测品牌,
    {_PRODUCT} as 商品编码,
    opaque('xu', m.author) as 用户ID,
    ['素人', '员工', '博主', '媒体', '品牌号'][m.author_kind + 1] as 作者类型,
    short_count(m.followers) as 粉丝数,
    (epoch_seconds(m.posted) * 1000)::varchar as 发布时间,
    t.text as 正文,
    case when m.is_ad then '是' else '否' end as 是否报备合作,
    case when {_IS_MEASURED} then day_of(e.file) else '' end as 统计日期,
    {_text_counter("1")} as 曝光,
    {_text_counter("0.3")} as 阅读,
    {_text_counter("0.03")} as 点赞,
    {_text_counter("0.005")} as 评论数,
    {_text_counter("0.004")} as 分享,
    {_text_counter("0.015")} as 收藏,
    coalesce(ta.text, '') as 品牌回复,
    coalesce((epoch_seconds(a.responded) * 1000)::varchar, '') as 品牌回复时间,
    'https://img.example.com/' || m.mention || '.jpg' as 封面,
    '小红薯' || m.mention % 10000 as 昵称,
    '#' || b.name as 话题
{_FROM}{_ANSWER}
where m.platform = 1
"""

DOUYIN_ITEMS = f"""
select
    e.file as _file,
    m.mention as _rank,
    opaque('dy', m.mention) as item_id,
    case when m.kind = 2 then 'comment' when m.mention % 5 = 0 then 'note' else 'video' end
        as item_type,
    case when m.parent > 0 then opaque('dy', m.parent) end as parent_item_id,
    b.code as brand,
    case when m.names_product then p.code end as product_code,
    opaque('ou_', m.author) as open_id,
    ['0', '3', '1', '4', '2'][m.author_kind + 1] as author_type,
    short_count(m.followers) as fans,
    epoch_seconds(m.posted) as create_time,
    t.text as "desc",
    m.is_ad as is_ad,
    case when {_IS_MEASURED} then day_of(e.file) end as stat_date,
    case when {_IS_MEASURED} then short_count({_SEEN}) end as play_count,
    case when {_IS_MEASURED} then {_counter("0.03")} end as digg_count,
    case when {_IS_MEASURED} then {_counter("0.004")} end as comment_count,
    case when {_IS_MEASURED} then {_counter("0.005")} end as share_count,
    case when {_IS_MEASURED} then {_counter("0.006")} end as collect_count,
    ta.text as reply_text,
    epoch_seconds(a.responded) as reply_time,
    '抖音用户' || m.mention % 1000 as nickname,
    'https://img.example.com/' || m.mention || '.jpg' as cover_url,
    '原声' as music
{_FROM}{_ANSWER}
where m.platform = 2
"""

ZHIHU_ANSWERS = f"""
select
    e.file as _file,
    m.mention as _rank,
    opaque('zh', m.mention) as answer_id,
    case when m.kind = 2 then 'comment' when m.mention % 4 = 0 then 'article' else 'answer' end
        as type,
    case when m.parent > 0 then opaque('zh', m.parent) end as parent_id,
    b.code as brand,
    case when m.names_product then p.code end as product_code,
    opaque('zu', m.author) as member_hash,
    ['people', 'staff', 'vip', 'press', 'org'][m.author_kind + 1] as member_type,
    m.followers as follower_count,
    utc_iso(m.posted) as created_time,
    t.text as content,
    m.is_ad as is_sponsored,
    case when {_IS_MEASURED} then day_of(e.file) end as stat_date,
    case when {_IS_MEASURED} then {_SEEN} end as view_count,
    case when {_IS_MEASURED} then {_counter("0.03")} end as voteup_count,
    case when {_IS_MEASURED} then {_counter("0.006")} end as comment_count,
    case when {_IS_MEASURED} then {_counter("0.003")} end as share_count,
    case when {_IS_MEASURED} then {_counter("0.01")} end as favlists_count,
    p.category || '怎么选' as question_title
{_FROM}
where m.platform = 3
"""

FORUM_THREADS = f"""
select
    e.file as _file,
    m.mention as _rank,
    opaque('ft', m.mention) as 帖子ID,
    case when m.kind = 2 then '回帖' else '主题' end as 楼层类型,
    case when m.parent > 0 then opaque('ft', m.parent) else '' end as 主题帖ID,
    b.code as 监测品牌,
    {_PRODUCT} as 商品编码,
    opaque('fu', m.author) as 用户ID,
    ['会员', '厂商员工', '版主', '会员', '厂商'][m.author_kind + 1] as 身份,
    slash_minute(m.posted) as 发帖时间,
    t.text as 内容,
    case when {_IS_MEASURED} then day_of(e.file) else '' end as 采集日期,
    {_text_counter("1")} as 浏览量,
    {_text_counter("0.01")} as 点赞,
    {_text_counter("0.02")} as 回复数,
    '坛友' || m.mention % 1000 as 用户名,
    p.category as 板块
{_FROM}
where m.platform = 4
"""

WECOM_MESSAGES = """
select
    e.file as _file,
    m.message as _rank,
    printf('wm%08d', m.message) as msgid,
    'hemu' as brand,
    case when m.names_product then p.code end as product_code,
    case when m.customer >= 0 then opaque('wm_', m.customer) else 'staff_' || m.message % 6 end
        as "from",
    case when m.customer >= 0 then 'customer' else 'staff' end as role,
    epoch_seconds(m.posted) * 1000 as msgtime,
    t.text as text,
    'g' || m."group" as roomid
from message_export_days as e
join messages as m on m.message = e.id
join texts as t on t.id = m.text
join products as p on p.product = m.product
"""

WECOM_ACTIVITY = """
select
    e.file as _file,
    a.activity as _rank,
    'g' || a."group" as 群ID,
    opaque('wm_', a.customer) as 外部联系人ID,
    day_of(a.day) as 活跃日期,
    a.posts::varchar as 发言数,
    case when a.is_event then 'EV' || a.day else '' end as 活动编号,
    '老友群' || a."group" as 群名称
from activity_export_days as e
join activity as a on a.activity = e.id
"""

QUERIES = [
    ExportQuery("weibo", "posts", 1, WEIBO_POSTS),
    ExportQuery("weibo", "replies", 7, WEIBO_REPLIES),
    ExportQuery("xiaohongshu", "notes", 2, XHS_NOTES),
    ExportQuery("douyin", "items", 2, DOUYIN_ITEMS),
    ExportQuery("zhihu", "answers", 7, ZHIHU_ANSWERS),
    ExportQuery("forum", "threads", 7, FORUM_THREADS),
    ExportQuery("wecom", "messages", 7, WECOM_MESSAGES),
    ExportQuery("wecom", "community_activity", 7, WECOM_ACTIVITY),
]
