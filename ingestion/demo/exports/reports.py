"""What the quality desk, the market panel, the brand desk and its school write."""

from __future__ import annotations

from ingestion.demo.exports.query import ExportQuery

QUALITY = """
select
    e.file as _file,
    q.line as _rank,
    p.code as 商品编码,
    q.month as 月份,
    format('{:,}', q.units) as 在用台数,
    format('{:,}', q.failed) as 故障台数,
    format('{:,}', q.returned) as 退货台数,
    case when q.industry >= 0 then printf('%.2f%%', q.industry * 100) else '' end as 行业故障率,
    q.source as 行业数据来源
from snapshot_days as e
join quality as q on q.month::date <= at_time(e.as_of - 1)::date
join products as p on p.product = q.product
where e.name = 'quality'
"""

MARKET = """
select
    e.file as _file,
    m.line as _rank,
    m.category as 品类,
    m.month as 月份,
    m.brand as 品牌,
    money(m.cents) as 销售额,
    '零售监测月报' as 数据来源
from snapshot_days as e
join market as m on m.month::date <= at_time(e.as_of - 1)::date
where e.name = 'market_panel'
"""

PIECES = """
select
    e.file as _file,
    b.piece as _rank,
    printf('BP%03d', b.piece) as 编号,
    case b.kind when 'esg' then 'ESG报告' when 'certification' then '认证' else '媒体报道' end
        as 类型,
    day_of(b.published) as 发布日期,
    coalesce(day_of(b.valid_to), '') as 有效期至,
    b.outlet as 机构或媒体,
    case when b.reach >= 0 then short_count(b.reach) else '' end as 触达人数,
    case when b.cents >= 0 then money(b.cents) else '' end as 花费,
    b.title as 标题
from snapshot_days as e
join pieces as b on b.published <= e.file
where e.name = 'brand_pieces'
"""

TRAINING = """
select
    e.file as _file,
    s.line as _rank,
    printf('W%03d', s.staff) as 工号,
    s.course as 课程,
    s.department as 部门,
    iso_minute(s.passed) as 通过时间
from snapshot_days as e
join training as s on s.passed < e.as_of
where e.name = 'training'
"""

QUERIES = [
    ExportQuery("service", "quality", 30, QUALITY),
    ExportQuery("surveys", "market_panel", 30, MARKET),
    ExportQuery("studio", "brand_pieces", 30, PIECES),
    ExportQuery("studio", "training", 30, TRAINING),
]
