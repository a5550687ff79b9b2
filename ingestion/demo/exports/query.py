"""An export as a query over the simulated tables, and the SQL macros that these queries share.

A query yields `_file` (day index of its file) and `_rank` (place in the file), then one column per
header of the contract, as the channel would write it. Simulated tables are registered by name.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ingestion.demo.world import NEVER, World

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡"
GIVEN_NAMES = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红霖宇轩浩然子涵雨欣怡佳梦琪"
    "思远晨曦嘉诚俊豪梓萱一诺文博雅婷天"
)
REGIONS = "广东|浙江|江苏|山东|四川|北京|上海|河南|湖北|福建|湖南|陕西"
SOURCES = "xiaohongshu|douyin|weibo|referral|baidu_search|shop_reviews|wecom|"


@dataclass(frozen=True)
class ExportQuery:
    """One export of one channel: how often it is written, and its rows."""

    channel: str
    export: str
    cadence: int
    sql: str


def create_macros(connection: duckdb.DuckDBPyConnection, world: World) -> None:
    """Create the macros: times as channels write them, ids that say nothing, names, telephones."""
    start = world.first_day.isoformat()
    for macro in (
        f"at_time(t) as timestamp '{start}' + to_seconds(t)",
        f"has(t) as t <> {NEVER}",
        f"is_past(t, now) as t <> {NEVER} and t < now",
        # Beijing is eight hours ahead of the epoch's zone
        f"epoch_seconds(t) as epoch(timestamp '{start}')::bigint - 28800 + t",
        "slash_minute(t) as strftime(at_time(t), '%Y/%-m/%-d %-H:%M')",
        "slash_second(t) as strftime(at_time(t), '%Y/%-m/%-d %-H:%M:%S')",
        "iso_minute(t) as strftime(at_time(t), '%Y-%m-%d %H:%M')",
        "iso_second(t) as strftime(at_time(t), '%Y-%m-%d %H:%M:%S')",
        "han_minute(t) as strftime(at_time(t), '%Y年%-m月%-d日 %-H:%M')",
        "utc_iso(t) as strftime(at_time(t - 28800), '%Y-%m-%dT%H:%M:%SZ')",
        "day_of(d) as strftime(at_time(d * 86400), '%Y-%m-%d')",
        # odd multiplier, so distinct numbers give distinct ids
        "opaque(prefix, n)"
        " as prefix || printf('%08x', ((n + 1000000000) * 2654435761 + 97) % 4294967296)",
        "member(c) as printf('M%07d', c)",
        "jd_account(c) as opaque('jd_', c)",
        "tmall_account(c) as opaque('AAF', c)",
        "order_no(shop, o) as printf('%s%010d', case shop when 0 then '28' else '39' end, o)",
        "review_no(channel, r)"
        " as printf('%s%09d', case channel when 0 then 'JDR' when 1 then 'T' else 'DP' end, r)",
        "invite_code(c) as opaque('HM', c)",
        "yuan(cents) as (cents / 100.0)::decimal(18, 2)",
        "money(cents) as '¥' || format('{:,.2f}', cents / 100.0)",
        "plain_count(n) as n::varchar",
        # 12345 as 1.2万: what platforms show, and what they round away
        "short_count(n) as case when n >= 10000"
        " then printf('%.1f万', floor(n / 1000.0) / 10) else format('{:,}', n) end",
        f"full_name(a, b, c) as '{SURNAMES}'[a + 1] || '{GIVEN_NAMES}'[b + 1]"
        f" || case when c % 3 = 0 then '' else '{GIVEN_NAMES}'[c + 1] end",
        f"region(i) as split('{REGIONS}', '|')[i + 1]",
        f"source(i) as split('{SOURCES}', '|')[i + 1]",
        # a step and a prime: no two people get one number by accident
        "phone_number(p) as (13000000000 + (p * 2971215073 + 987654321) % 6999999967)::varchar",
        "masked(phone) as phone[1:3] || '****' || phone[8:11]",
        "written_phone(phone, style) as case style when 0 then phone"
        " when 1 then '+86 ' || phone[1:3] || ' ' || phone[4:7] || ' ' || phone[8:11]"
        " when 2 then phone[1:3] || '-' || phone[4:7] || '-' || phone[8:11]"
        " when 3 then masked(phone) else '' end",
    ):
        connection.execute(f"create or replace macro {macro}")
