"""The brand's answers to reviews and mentions, and how long each department takes.

`DEPARTMENTS` and their waiting times are the planted truth; nights push some answers to the
next opening. What was achieved in the end is counted from the rows, in `truth`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.draws import at_opening, lognormal_seconds, pick, to_minute
from ingestion.demo.texts.review_lines import NEGATIVE, Catalogue
from ingestion.demo.voices.mentions import COMMENT, ORIGINAL, PLATFORMS, USER
from ingestion.demo.voices.reviews import DIANPING, TMALL
from ingestion.demo.world import Floats, Ints, World

DEPARTMENTS = (
    "ecommerce",
    "social_media",
    "store",
    "public_relations",
    "customer_service",
    "after_sales",
    "quality",
)
# Median minutes to a human reply by day, and the share of night work put off to the morning.
MEDIAN_MINUTES = (36.0, 52.0, 150.0, 40.0, 18.0, 70.0, 210.0)
PUT_OFF_SHARE = (0.45, 0.5, 1.0, 0.1, 0.3, 0.9, 1.0)
OPENS, CLOSES = 9, 21
SPREAD = 0.9

THANKS = [
    "感谢您的认可，祝您生活愉快",
    "谢谢支持，我们会继续努力",
    "感谢您选择我们，有问题随时联系客服",
]
SORRY = [
    "非常抱歉给您带来不便，客服会尽快与您联系",
    "您反映的问题我们已记录，正在加急处理",
    "很抱歉没有达到您的期待，请私信订单号，我们负责到底",
]
ROBOT = ["您好，已收到您的反馈，请稍候", "亲，感谢您的评价"]


def reply_times(rng: np.random.Generator, asked: Ints, department: Ints) -> Ints:
    """When a person of the department answers what was asked then."""
    n = len(asked)
    is_put_off = rng.random(n) < np.array(PUT_OFF_SHARE)[department]
    begun = np.where(is_put_off, at_opening(asked, OPENS, CLOSES), asked)
    medians: Floats = np.array(MEDIAN_MINUTES)[department]
    return begun + lognormal_seconds(rng, medians, SPREAD, n)


def phrases(
    rng: np.random.Generator, catalogue: Catalogue, is_sorry: np.ndarray, is_robot: np.ndarray
) -> Ints:
    """Text numbers of answers, from a handful of phrases."""
    n = len(is_sorry)
    sets = [catalogue.extend(texts) for texts in (THANKS, SORRY, ROBOT)]
    thanks, sorry, robot = (numbers[rng.integers(0, len(numbers), n)] for numbers in sets)
    return np.where(is_robot, robot, np.where(is_sorry, sorry, thanks))


def answer_reviews(world: World, reviews: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """At most one reply per review, as the shops show it.

    Columns: review, channel, department, posted, responded, is_automated, text, responder.
    """
    rng = world.rng("answers")
    n = len(reviews)
    channel, stars = reviews["channel"].to_numpy(), reviews["stars_before"].to_numpy()
    is_low = stars <= 2
    is_copy = (reviews["source"] > 0).to_numpy()
    is_robot = ~is_low & (channel != DIANPING) & (rng.random(n) < 0.15)
    is_answered = is_robot | (rng.random(n) < np.where(is_low, 0.85, 0.35))
    department = np.where(channel == DIANPING, 2, 0)
    posted = reviews["posted"].to_numpy()
    responded = np.where(
        is_robot, posted + rng.integers(0, 50, n), reply_times(rng, posted, department)
    )
    responded = np.where(channel == TMALL, responded, to_minute(responded))
    frame = pd.DataFrame(
        {
            "review": reviews["review"],
            "channel": channel,
            "department": department,
            "posted": posted,
            "responded": responded,
            "is_automated": is_robot,
            "text": phrases(rng, catalogue, stars <= 3, is_robot),
            "responder": rng.integers(1, 9, n),
        }
    )
    is_kept = is_answered & ~is_copy & (responded < world.end)
    kept: pd.DataFrame = frame.loc[is_kept].reset_index(drop=True)
    return kept


def answer_mentions(world: World, mentions: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Replies of the brand's accounts to what is said of it; on 微博 a robot may answer first.

    Columns: reply, mention, platform, department, posted, responded, is_automated, is_public, text,
    responder.
    """
    rng = world.rng("answers to mentions")
    platform = mentions["platform"].to_numpy()
    answers_here = np.isin(
        platform, [PLATFORMS.index(p) for p in ("weibo", "xiaohongshu", "douyin")]
    )
    is_ours = (mentions["brand"] == 0) & (mentions["author_kind"] == USER) & answers_here
    is_ours &= mentions["kind"].isin([ORIGINAL, COMMENT])
    asked = mentions[is_ours]
    n = len(asked)
    is_negative = (asked["polarity"] == NEGATIVE).to_numpy()
    department = np.where(
        (asked["crisis"] > 0) & (rng.random(n) < 0.65), 3, np.where(rng.random(n) < 0.03, 4, 1)
    )
    # the press desk and the service desk answer on 微博 alone
    department = np.where(asked["platform"] == 0, department, 1)
    posted = asked["posted"].to_numpy()
    base = pd.DataFrame(
        {
            "mention": asked["mention"].to_numpy(),
            "platform": asked["platform"].to_numpy(),
            "department": department,
            "posted": posted,
        }
    )
    people = base.assign(
        responded=reply_times(rng, posted, department),
        is_automated=False,
        text=phrases(rng, catalogue, is_negative, np.zeros(n, dtype=bool)),
        responder=rng.integers(1, 6, n),
    )
    people = people[rng.random(n) < np.where(is_negative, 0.75, 0.15)]
    is_robot = (asked["platform"] == 0).to_numpy() & (rng.random(n) < 0.25)
    robots = base.assign(
        responded=posted + rng.integers(60, 90, n),
        is_automated=True,
        department=1,
        text=phrases(rng, catalogue, is_negative, np.ones(n, dtype=bool)),
        responder=0,
    )[is_robot]
    frame = pd.concat([people, robots], ignore_index=True)
    frame = frame[frame["responded"] < world.end]
    frame = frame.sort_values(["responded", "mention", "is_automated"], ignore_index=True)
    frame["reply"] = np.arange(1, len(frame) + 1)
    frame["is_public"] = ~((pick(rng, [0.96, 0.04], len(frame)) == 1) & ~frame["is_automated"])
    # only the replies file of 微博 can say that an answer was private
    frame.loc[frame["platform"] != 0, "is_public"] = True
    return frame
