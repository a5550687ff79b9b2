"""What the world sells, says and advertises: brands, products, aspects, strategies, campaigns.

Plain tables of constants. The brand 禾木 (hemu) and its competitors are invented.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np

from ingestion.demo.world import World


class Brand(NamedTuple):
    """A brand of the watch list and its share of what is said in public."""

    code: str
    name: str
    talk: float


class Product(NamedTuple):
    """One article. `quality` moves its stars; prices are in whole yuan."""

    code: str
    name: str
    category: str
    brand: str
    price: int
    sales: float
    quality: float
    is_computer: bool


class Strategy(NamedTuple):
    """A way to reach people. `effect` is the chance that its touches alone convert somebody."""

    code: str
    label: str
    is_word_of_mouth: bool
    effect: float
    channels: tuple[str, ...]


class Campaign(NamedTuple):
    """A campaign of a strategy, with its spend per day in yuan; some touch nobody.

    `is_topic` marks the one that runs for the days of `lift.window` alone.
    """

    code: str
    name: str
    strategy: str
    theme: str
    daily_spend: float
    is_touching: bool = True
    is_topic: bool = False


BRANDS = [
    Brand("hemu", "禾木", 0.52),
    Brand("chengyi", "澄一", 0.29),
    Brand("beiyu", "北屿", 0.19),
]
OWN_BRAND = "hemu"

PRODUCTS = [
    Product("P001", "禾木轻薄本Air14", "laptop", "hemu", 4999, 0.16, 0.2, True),
    Product("P002", "禾木游戏本G16", "laptop", "hemu", 7999, 0.08, 0.0, True),
    Product("P003", "禾木空气炸锅", "air_fryer", "hemu", 399, 0.18, 0.4, False),
    Product("P004", "禾木扫地机器人", "robot_vacuum", "hemu", 2499, 0.12, -0.1, False),
    Product("P005", "禾木电热水器60升", "water_heater", "hemu", 1299, 0.14, 0.1, False),
    Product("P006", "禾木净水器", "water_purifier", "hemu", 1899, 0.10, 0.2, False),
    Product("P007", "禾木空气净化器", "air_purifier", "hemu", 1599, 0.10, -0.3, False),
    Product("P008", "禾木滤芯套装", "accessory", "hemu", 99, 0.12, 0.3, False),
    Product("P101", "澄一商务本S13", "laptop", "chengyi", 5299, 0.0, 0.0, True),
    Product("P102", "澄一扫拖机器人", "robot_vacuum", "chengyi", 2799, 0.0, 0.1, False),
    Product("P103", "澄一电热水器", "water_heater", "chengyi", 1199, 0.0, 0.0, False),
    Product("P201", "北屿轻薄本X1", "laptop", "beiyu", 4599, 0.0, -0.1, True),
    Product("P202", "北屿空气净化器", "air_purifier", "beiyu", 1399, 0.0, 0.0, False),
    Product("P203", "北屿空气炸锅", "air_fryer", "beiyu", 329, 0.0, 0.1, False),
]

# The second generation of one of them, of which nothing is drawn: see `releases`.
SUCCESSOR_OF = 2
ALL_PRODUCTS = [
    *PRODUCTS,
    PRODUCTS[SUCCESSOR_OF]._replace(code="P009", name="禾木空气炸锅2代", sales=0.0),
]
# Places of our own articles.
OWN_PRODUCTS = np.array([i for i, p in enumerate(PRODUCTS) if p.brand == OWN_BRAND])

STRATEGIES = [
    Strategy("koc", "素人种草", True, 0.42, ("xiaohongshu",)),
    Strategy("kol", "头部达人", True, 0.15, ("douyin",)),
    Strategy("ugc_challenge", "挑战赛", True, 0.10, ("douyin",)),
    Strategy("review_incentive", "晒单返现", True, 0.165, ("shop_reviews",)),
    Strategy("testimonial", "用户见证", True, 0.18, ("zhihu",)),
    Strategy("referral", "老带新", True, 0.19, ("referral",)),
    Strategy("topic_linkage", "话题联动", True, 0.05, ("weibo",)),
    Strategy("private_domain", "私域运营", True, 0.28, ("wecom",)),
    Strategy("organic_review", "自然口碑", True, 0.21, ("shop_reviews", "dianping")),
    Strategy("paid_search", "搜索投放", False, 0.16, ("baidu_search",)),
    Strategy("paid_social", "信息流投放", False, 0.02, ("douyin_ads", "tencent_ads")),
    Strategy("display", "展示广告", False, 0.04, ("marketplace_ads",)),
]
# Anybody who is touched at all may buy without being moved by it.
BASE_CONVERSION = 0.05

MARKETING_CHANNELS = {
    "xiaohongshu": "小红书",
    "douyin": "抖音",
    "weibo": "微博",
    "zhihu": "知乎",
    "dianping": "大众点评",
    "wecom": "企业微信",
    "shop_reviews": "商品评价",
    "referral": "好友推荐",
    "baidu_search": "百度搜索",
    "douyin_ads": "巨量信息流",
    "tencent_ads": "腾讯广告",
    "marketplace_ads": "电商站内",
    "sms": "短信",
    "direct": "直接访问",
}

CAMPAIGNS = [
    Campaign("CM01", "秋日种草计划", "koc", "trust", 620.0),
    Campaign("CM02", "素人测评团", "koc", "quality", 410.0),
    Campaign("CM03", "家电达人专场", "kol", "quality", 2600.0),
    Campaign("CM04", "厨房变身挑战", "ugc_challenge", "fun", 540.0),
    Campaign("CM05", "晒单有礼", "review_incentive", "value", 260.0),
    Campaign("CM06", "用了一年再说", "testimonial", "trust", 180.0),
    Campaign("CM07", "老友推荐", "referral", "trust", 380.0),
    Campaign("CM08", "冬天洗澡不怕冷", "topic_linkage", "warmth", 700.0),
    Campaign("CM09", "企微老友群", "private_domain", "service", 210.0),
    Campaign("CM10", "自然口碑", "organic_review", "", 0.0),
    Campaign("CM11", "品牌词与品类词", "paid_search", "", 3900.0),
    Campaign("CM12", "双十一预热信息流", "paid_social", "value", 4300.0),
    Campaign("CM13", "新品信息流", "paid_social", "quality", 1900.0),
    Campaign("CM14", "站内品类展示", "display", "", 820.0),
    # booked, paid for, and seen by nobody whom the tracker knows
    Campaign("CM15", "户外联投", "display", "", 450.0, is_touching=False),
    Campaign("CM16", "空气炸锅话题周", "topic_linkage", "easy_to_use", 360.0, False, True),
]

# Aspects in the order of texts.ASPECT_SENTENCES.
ASPECTS = [
    "quality",
    "noise",
    "battery",
    "logistics",
    "service",
    "price",
    "appearance",
    "usability",
]


class Crisis(NamedTuple):
    """A planted crisis: everything about it follows from its day."""

    code: str
    title: str
    day: int
    product: int
    aspect: int
    level: str


def crises(world: World) -> list[Crisis]:
    """The two planted crises, at 35 % and 70 % of the window."""
    battery, quality = ASPECTS.index("battery"), ASPECTS.index("quality")
    return [
        Crisis("PR01", "轻薄本电池鼓包投诉", int(world.days * 0.35), 0, battery, "二级"),
        Crisis("PR02", "电热水器漏水集中投诉", int(world.days * 0.70), 4, quality, "一级"),
    ]


def launched_on(index: int) -> dt.date:
    """Launch date of the product at this index: all of them before any window."""
    return dt.date(2024, 3, 1) + dt.timedelta(days=37 * index)
