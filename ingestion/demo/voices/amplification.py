"""What becomes of voices: a wave of near-copies, content adapted from reviews, topics, actions.

Each draws from a stream of its own and comes after everything else, so that nothing planted
before it changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import ASPECTS, PRODUCTS
from ingestion.demo.draws import to_minute
from ingestion.demo.marketing.lift import window
from ingestion.demo.texts.review_lines import NEGATIVE, POSITIVE, Catalogue, choose_aspects
from ingestion.demo.voices.reviews import JD
from ingestion.demo.world import DAY, HOUR, NEVER, World

WAVE_PRODUCT = 2
WAVE_HOURS = 2
# one sentence with one word changed: any two share most of their runs of three characters
WAVE_TEXT = "朋友推荐买的{p}，{word}，安装师傅很专业，用了一周全家都满意，强烈推荐给大家"
WAVE_WORDS = tuple(
    f"{part}{praise}"
    for part in ("外形", "做工", "手感", "清洗", "操作", "容量")
    for praise in ("没得挑剔", "出乎意料", "相当满意", "超过预期")
)
NONE, REVIEW, CONTENT = 0, 1, 2
TOPICS = (
    ("T01", "#厨房小白也会用#", "easy_to_use"),
    ("T02", "#用了一年再说#", "durable"),
    ("T03", "#老用户才懂的省心#", "hassle_free"),
    # the topic of `lift`; no piece is made for it
    ("T04", "#空气炸锅的一百种吃法#", "easy_to_use"),
)
PIECE_TOPICS = 3
ROOTS = 5
ACTION_WINDOW = 14
RELIEF_ASPECT = ASPECTS.index("noise")
# the part of complaints about it that the action takes away
RELIEF_SHARE = 0.9


@dataclass(frozen=True)
class Studio:
    """What the content desk keeps, and the ledger of actions.

    Columns of content: content, from_kind (NONE, REVIEW, CONTENT), source (review or content),
    generation, topic (TOPICS), format, ownership, published, title (text), reach. Of topic_days:
    topic, measured (s), shown, posts, people. Of actions: action, insight_kind, insight_ref,
    department, code, created, due, done (s or NEVER).
    """

    content: pd.DataFrame
    topic_days: pd.DataFrame
    actions: pd.DataFrame


def done_at(world: World) -> int:
    """When the action about RELIEF_ASPECT was done: in the evening of the middle day."""
    return world.days // 2 * DAY + 18 * HOUR


def relieve(world: World, catalogue: Catalogue, subject: str, frame: pd.DataFrame) -> None:
    """After the action, most who would complain of its aspect complain of something else.

    Changes `aspect` and `text` in place (and `text_before` of reviews that were never edited);
    how many speak, when, and how they feel stays as it was.
    """
    rng = world.rng(f"relief {subject}")
    is_hit = (frame["aspect"] == RELIEF_ASPECT) & (frame["polarity"] == NEGATIVE)
    is_hit &= (frame["posted"] > done_at(world)) & (rng.random(len(frame)) < RELIEF_SHARE)
    if "brand" in frame:
        is_hit &= frame["brand"] == 0
    if "kind" in frame:
        # reposts and comments say what their original says
        is_hit &= frame["kind"] == 0
    if "edited" in frame:
        is_hit &= frame["edited"] == NEVER
    rows = frame.index[is_hit]
    product = frame.loc[rows, "product"].to_numpy()
    aspect = choose_aspects(rng, product)
    aspect = np.where(aspect == RELIEF_ASPECT, (aspect + 1) % len(ASPECTS), aspect)
    text = catalogue.write(rng, product, np.full(len(rows), NEGATIVE), aspect)
    frame.loc[rows, "aspect"] = aspect
    for column in ("text", "text_before"):
        if column in frame:
            frame.loc[rows, column] = text


def make_wave(world: World, reviews: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Five-star JD reviews of one product within two hours, without an order, nearly alike.

    Same columns as the reviews, numbered after them; empty in a world of less than two weeks,
    where no day is usual yet.
    """
    if world.days < ACTION_WINDOW:
        return reviews.iloc[:0].copy()
    rng = world.rng("review wave")
    n = int(np.clip(world.customers // 100, 16, len(WAVE_WORDS)))
    posted = (world.days - 4) * DAY + 14 * HOUR + rng.integers(0, WAVE_HOURS * HOUR, n)
    texts = [WAVE_TEXT.format(p=PRODUCTS[WAVE_PRODUCT].name, word=word) for word in WAVE_WORDS[:n]]
    text = catalogue.extend(texts)
    wave = pd.DataFrame(
        {
            "channel": JD,
            "customer": -1,
            "product": WAVE_PRODUCT,
            "posted": np.sort(to_minute(posted)),
            "stars": 5,
            "stars_before": 5,
            "polarity": POSITIVE,
            "text": text,
            "text_before": text,
            "edited": NEVER,
            "deleted": NEVER,
            "is_pinned": False,
            "review": int(reviews["review"].max() if len(reviews) else 0) + np.arange(1, n + 1),
        }
    )
    blank = dict.fromkeys(("order", "grant", "aspect", "helpful", "media", "source"), 0)
    return wave.assign(**blank)[list(reviews.columns)]


def make_studio(world: World, reviews: pd.DataFrame, catalogue: Catalogue) -> Studio:
    """Adaptations of a few good reviews over three generations, one loop, topics, actions."""
    return Studio(
        content=_content(world, reviews, catalogue),
        topic_days=_topic_days(world),
        actions=_actions(world),
    )


def _content(world: World, reviews: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    rng = world.rng("content")
    able = reviews[(reviews["channel"] == JD) & (reviews["stars"] == 5) & (reviews["grant"] == 0)]
    able = able[(able["source"] == 0) & (able["edited"] == NEVER) & (able["deleted"] == NEVER)]
    able = able[able["posted"] < world.end // 2]
    rows: list[dict[str, object]] = []

    def add(kind: int, source: int, generation: int, after: int, reach: float) -> int:
        when = after + int(rng.uniform(0.5, 2.5) * DAY * world.tempo)
        topic = len(rows) % PIECE_TOPICS
        title = catalogue.extend([f"{TOPICS[topic][1]} 第{len(rows) + 1}篇"])[0]
        rows.append(
            {
                "content": len(rows) + 1,
                "from_kind": kind,
                "source": source,
                "generation": generation,
                "topic": topic,
                "format": generation % 3,
                "ownership": 0 if generation <= 1 else 1,
                "published": when,
                "title": title,
                "reach": int(reach * rng.uniform(0.8, 1.25)),
            }
        )
        return when

    for review, posted in able[["review", "posted"]].head(ROOTS).itertuples(index=False):
        for _ in range(2):
            first = add(REVIEW, int(review), 1, int(posted), 4_000)
            parent = len(rows)
            for _ in range(2):
                second = add(CONTENT, parent, 2, first, 3_000)
            add(CONTENT, len(rows), 3, second, 1_500)
    # two pieces that name each other, as happens when people copy and paste
    when = add(CONTENT, len(rows) + 2, 0, 0, 500)
    add(CONTENT, len(rows), 0, when, 500)
    frame = pd.DataFrame(rows)
    return frame[frame["published"] < world.end].reset_index(drop=True)


def _topic_days(world: World) -> pd.DataFrame:
    rng = world.rng("topics")
    days = np.tile(np.arange(world.days), len(TOPICS))
    topics = np.repeat(np.arange(len(TOPICS)), world.days)
    frame = pd.DataFrame({"topic": topics, "day": days})
    frame["measured"] = frame["day"] * DAY
    first, last = window(world)
    # the lifting topic is hardly spoken of before and after its days
    is_quiet = (frame["topic"] == PIECE_TOPICS) & ~frame["day"].between(first, last)
    factor = np.where(
        frame["topic"] == PIECE_TOPICS, np.where(is_quiet, 0.01, 3), 1 / (1 + frame["topic"])
    )
    for name, mean in (("shown", 9_000), ("posts", 12), ("people", 9)):
        frame[name] = rng.poisson(mean * factor)
        frame[name] = frame.groupby("topic")[name].cumsum()
    return frame.assign(topic_day=np.arange(1, len(frame) + 1))


def _actions(world: World) -> pd.DataFrame:
    """One done in the middle, one open, one overdue."""
    middle, end = done_at(world) // DAY, world.days
    rows = [
        ("aspect", "noise", "product", "improve_product", middle - 6, middle + 2, middle),
        ("tutorial", "setup_complex", "product", "write_tutorial", end - 4, end + 9, None),
        ("aspect", "service", "after_sales", "training", end - 9, end - 3, None),
    ]
    columns = ("insight_kind", "insight_ref", "department", "code", "created", "due", "done")
    frame = pd.DataFrame(rows, columns=columns)
    frame["done"] = (frame["done"] * DAY + 18 * HOUR).fillna(NEVER).astype(np.int64)
    frame["created"] = np.maximum(frame["created"], 0) * DAY + 10 * HOUR
    frame["due"] = frame["due"] * DAY + 18 * HOUR
    return frame.assign(action=np.arange(1, len(frame) + 1))
