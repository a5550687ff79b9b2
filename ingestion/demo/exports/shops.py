"""What 京东, 天猫 and 大众点评 write: reviews with replies, orders, lines, refunds."""

from __future__ import annotations

from ingestion.demo.exports.query import ExportQuery

# A reply, an edit or a deletion is shown by the exports after it.
_STATE = """
    from review_export_days as e
    join reviews as r on r.review = e.id
    join texts as t on t.id = case when is_past(r.edited, e.as_of)
        then r.text else r.text_before end
    join products as p on p.product = r.product
    left join review_answers as a on a.review = r.review and a.responded < e.as_of
    left join texts as ta on ta.id = a.text
"""
_STARS = "case when is_past(r.edited, e.as_of) then r.stars else r.stars_before end"

JD_REVIEWS = f"""
select
    e.file as _file,
    r.review as _rank,
    review_no(0, r.review) as 评价ID,
    case when r."order" > 0 then order_no(0, r."order") else '' end as 订单编号,
    p.code as 商家SKU,
    case when r.customer >= 0 then jd_account(r.customer) else '' end as 用户账号,
    {_STARS} || '星' as 评分,
    t.text as 评价内容,
    slash_minute(r.posted) as 评价时间,
    case when is_past(r.edited, e.as_of) then slash_minute(r.edited) else '' end as 修改时间,
    case when is_past(r.deleted, e.as_of) then slash_minute(r.deleted) else '' end
        as 删除时间,
    case when r."order" > 0 then '已购' else '未购' end as 购买状态,
    case when r."grant" > 0 then printf('G%06d', r."grant") else '' end as 晒单返现单号,
    case when r.is_pinned then '是' else '否' end as 是否置顶,
    short_count(r.helpful) as 有用数,
    r.media::varchar as 晒图数,
    case when r.source > 0 then review_no(0, r.source) else '' end as 同步自评价ID,
    case when a.review is null then '' when a.is_automated then '系统'
        else '小禾' || a.responder end as 回复客服,
    case when a.review is null then '' when a.is_automated then '是' else '否' end
        as 是否自动回复,
    coalesce(ta.text, '') as 商家回复,
    coalesce(slash_minute(a.responded), '') as 回复时间,
    p.name as 商品名称,
    case r.review % 3 when 0 then 'PLUS会员' else '普通会员' end as 会员等级,
    case r.review % 2 when 0 then '标准版' else '升级版' end as 商品规格
{_STATE}
where r.channel = 0
"""

TMALL_REVIEWS = f"""
select
    e.file as _file,
    r.review as _rank,
    review_no(1, r.review) as rate_id,
    order_no(1, r."order") as tid,
    p.code as outer_id,
    tmall_account(r.customer) as buyer_open_uid,
    {_STARS} as score,
    t.text as content,
    iso_second(r.posted) as created,
    case when is_past(r.edited, e.as_of) then iso_second(r.edited) end as modified,
    case when is_past(r.deleted, e.as_of) then iso_second(r.deleted) end as deleted,
    r.media as buyer_show,
    r.helpful as useful,
    r.is_pinned as is_top,
    null::varchar as bonus_id,
    ta.text as reply,
    iso_second(a.responded) as reply_time,
    case when a.review is not null then '旗舰店小二' || a.responder end as reply_nick,
    a.is_automated as reply_robot,
    't**' || r.review % 10 as nick,
    p.name as item_title
{_STATE}
where r.channel = 1
"""

DIANPING_REVIEWS = f"""
select
    e.file as _file,
    r.review as _rank,
    review_no(2, r.review) as 点评编号,
    opaque('du', r.review) as 用户编号,
    ['一星', '二星', '三星', '四星', '五星'][{_STARS}] as 星级,
    t.text as 点评内容,
    slash_minute(r.posted) as 点评时间,
    case when is_past(r.deleted, e.as_of) then slash_minute(r.deleted) else '' end
        as 删除时间,
    r.media as 图片数,
    r.helpful as 赞同数,
    coalesce(ta.text, '') as 商家回复,
    coalesce(slash_minute(a.responded), '') as 商家回复时间,
    case when a.review is not null then '店员' || a.responder else '' end as 回复店员,
    '匿名用户' as 用户昵称,
    ['西湖', '天河', '徐汇', '朝阳', '锦江'][r.review % 5 + 1] || '体验店' as 门店,
    ['杭州', '广州', '上海', '北京', '成都'][r.review % 5 + 1] as 城市
{_STATE}
where r.channel = 2
"""

_STATUS = """
case
    when is_past(o.refunded, e.as_of) then 4
    when is_past(o.cancelled, e.as_of) then 3
    when is_past(o.completed, e.as_of) then 2
    when is_past(o.shipped, e.as_of) then 1
    else 0
end
"""

JD_ORDERS = f"""
select
    e.file as _file,
    o."order" as _rank,
    order_no(0, o."order") as 订单编号,
    jd_account(o.customer) as 下单帐号,
    slash_second(o.ordered) as 下单时间,
    ['等待出库', '等待确认收货', '完成', '已取消', '已退款'][{_STATUS} + 1] as 订单状态,
    money(o.gross) as 订单金额,
    money(o.discount) as 优惠金额,
    coalesce(invite_code(i.inviter), '') as 推荐码,
    case when o.coupon > 0 then 'JQ' || o.coupon else '' end as 优惠券批次,
    full_name(c.name_0, c.name_1, 0)[1:1] || '**' as 收货人,
    masked(phone_number(c.phone_person)) as 联系电话,
    region(c.region) || '***' as 收货地址,
    case o."order" % 7 when 0 then '周末送货' else '' end as 订单备注
from order_export_days as e
join orders as o on o."order" = e.id
join customers as c on c.customer = o.customer
left join invitations as i on i.invitee = o.customer and not o.is_repeat
where o.shop = 0
"""

TMALL_ORDERS = f"""
select
    e.file as _file,
    o."order" as _rank,
    order_no(1, o."order") as 订单编号,
    tmall_account(o.customer) as 买家会员名,
    iso_second(o.ordered) as 订单创建时间,
    [
        '买家已付款，等待卖家发货', '卖家已发货，等待买家确认', '交易成功', '交易关闭', '退款成功'
    ][{_STATUS} + 1] as 订单状态,
    yuan(o.gross)::varchar as 总金额,
    yuan(o.discount)::varchar as 店铺优惠,
    coalesce(invite_code(i.inviter), '') as 分享码,
    case when o.coupon > 0 then 'TQ' || o.coupon else '' end as 优惠券,
    full_name(c.name_0, c.name_1, 0)[1:1] || '**' as 收货人姓名,
    masked(phone_number(c.phone_person)) as 联系手机,
    '''2026' || o."order" as 支付宝交易号
from order_export_days as e
join orders as o on o."order" = e.id
join customers as c on c.customer = o.customer
left join invitations as i on i.invitee = o.customer and not o.is_repeat
where o.shop = 1
"""

JD_ITEMS = """
select
    e.file as _file,
    i."order" * 10 + i.line as _rank,
    order_no(0, i."order") as 订单编号,
    i.line::varchar as 行号,
    p.code as 商家SKU,
    i.quantity::varchar as 数量,
    yuan(i.net)::varchar as 实付金额,
    yuan(i.freight)::varchar as 运费,
    p.name as 商品名称
from item_export_days as e
join items as i on i."order" = e.id
join orders as o on o."order" = i."order"
join products as p on p.product = i.product
where o.shop = 0
"""

TMALL_ITEMS = """
select
    e.file as _file,
    i."order" * 10 + i.line as _rank,
    order_no(1, i."order") as tid,
    i.line as line_no,
    p.code as outer_id,
    i.quantity as num,
    yuan(i.net) as payment,
    yuan(i.freight) as post_fee,
    p.name as title
from item_export_days as e
join items as i on i."order" = e.id
join orders as o on o."order" = i."order"
join products as p on p.product = i.product
where o.shop = 1
"""

JD_REFUNDS = """
select
    e.file as _file,
    f.refund as _rank,
    printf('JDT%07d', f.refund) as 退款单号,
    order_no(0, f."order") as 订单编号,
    slash_second(f.refunded) as 退款时间,
    money(f.amount) as 退款金额,
    ['质量问题', '不想要了', '商品与描述不符', '物流问题', '价格保护'][f.reason + 1] as 退款原因,
    '客服' || f.refund % 5 as 审核人
from refund_export_days as e
join refunds as f on f.refund = e.id
where f.shop = 0
"""

TMALL_REFUNDS = """
select
    e.file as _file,
    f.refund as _rank,
    printf('TR%07d', f.refund) as 退款编号,
    order_no(1, f."order") as 订单编号,
    iso_second(f.refunded) as 退款完结时间,
    yuan(f.amount)::varchar as 买家退款金额,
    ['质量问题', '拍错/多拍/不想要', '商品描述不符', '快递问题', '退差价'][f.reason + 1]
        as 买家退款原因,
    '退款成功' as 退款状态
from refund_export_days as e
join refunds as f on f.refund = e.id
where f.shop = 1
"""

QUERIES = [
    ExportQuery("jd", "reviews", 1, JD_REVIEWS),
    ExportQuery("jd", "orders", 1, JD_ORDERS),
    ExportQuery("jd", "order_items", 1, JD_ITEMS),
    ExportQuery("jd", "refunds", 7, JD_REFUNDS),
    ExportQuery("tmall", "reviews", 2, TMALL_REVIEWS),
    ExportQuery("tmall", "orders", 3, TMALL_ORDERS),
    ExportQuery("tmall", "order_items", 3, TMALL_ITEMS),
    ExportQuery("tmall", "refunds", 7, TMALL_REFUNDS),
    ExportQuery("dianping", "reviews", 7, DIANPING_REVIEWS),
]
