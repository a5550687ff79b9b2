"""The planted truths agree with the files on voices: replies, surveys, mentions, crises, cases."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.unit.demo.reading import MINUTE_FORM, SECOND_FORM, Exports, beijing, times


def first_replies(demo: Exports) -> pd.DataFrame:
    """kind, department and minutes of each subject's first public human reply."""
    parts = []

    def add(kind: str, department: pd.Series | str, asked: pd.Series, said: pd.Series) -> None:
        minutes = (said - asked).dt.total_seconds() / 60
        frame = pd.DataFrame({"kind": kind, "department": department, "minutes": minutes})
        parts.append(frame[frame["minutes"].notna()])

    jd = demo.rows("jd", "reviews", "评价ID").query("是否自动回复 == '否'")
    add(
        "review",
        "ecommerce",
        times(jd["评价时间"], MINUTE_FORM),
        times(jd["回复时间"], MINUTE_FORM),
    )
    tmall = demo.rows("tmall", "reviews", "rate_id").query("reply_robot == 'False'")
    add("review", "ecommerce", times(tmall["created"]), times(tmall["reply_time"]))
    store = demo.rows("dianping", "reviews", "点评编号")
    add(
        "review",
        "store",
        times(store["点评时间"], MINUTE_FORM),
        times(store["商家回复时间"], MINUTE_FORM),
    )
    notes = demo.rows("xiaohongshu", "notes", "笔记ID")
    add(
        "mention",
        "social_media",
        beijing(notes["发布时间"], "ms"),
        beijing(notes["品牌回复时间"], "ms"),
    )
    items = demo.rows("douyin", "items", "item_id")
    add(
        "mention",
        "social_media",
        beijing(items["create_time"], "s"),
        beijing(items["reply_time"], "s"),
    )

    posts = demo.rows("weibo", "posts", "微博ID").set_index("微博ID")
    replies = demo.rows("weibo", "replies", "回复ID").query("是否公开 == '是' and 是否自动 == '否'")
    replies = replies.sort_values("回复时间").drop_duplicates("微博ID")
    asked = times(replies["微博ID"].map(posts["发布时间"]), "%Y年%m月%d日 %H:%M")
    codes = {"新媒体部": "social_media", "公关部": "public_relations", "客服部": "customer_service"}
    add("mention", replies["所属部门"].map(codes), asked, times(replies["回复时间"]))

    cases = demo.rows("service", "cases", "工单号").set_index("工单号")
    said = demo.rows("service", "responses", "回复编号").query(
        "是否对客 == '是' and 机器人 == '否'"
    )
    said = (
        said.assign(at=times(said["时间"], SECOND_FORM)).sort_values("at").drop_duplicates("工单号")
    )
    codes |= {"售后部": "after_sales", "品质部": "quality"}
    add("case", said["部门"].map(codes), times(said["工单号"].map(cases["创建时间"])), said["at"])
    return pd.concat(parts, ignore_index=True)


def test_first_replies_by_department_and_subject(demo: Exports) -> None:
    found = first_replies(demo)
    for column, truth in (
        ("department", demo.truth["replies"]["by_department"]),
        ("kind", demo.truth["replies"]["by_subject"]),
    ):
        assert set(found[column]) == set(truth)
        for name, group in found.groupby(column):
            said = truth[name]
            assert len(group) == said["first_replies"], name
            assert group["minutes"].median() == pytest.approx(said["median_minutes"], abs=1e-6)
            assert group["minutes"].mean() == pytest.approx(said["mean_minutes"], abs=1e-5)
            assert int((group["minutes"] <= 60).sum()) == said["within_60"]
            bounds = [-1.0, 15, 30, 60, 120, 240, 720, 1440, float("inf")]
            counts = pd.cut(group["minutes"], bounds).value_counts(sort=False)
            assert counts.tolist() == list(said["histogram"].values())


def test_some_replies_are_automatic_at_night_or_not_public(demo: Exports) -> None:
    replies = demo.truth["replies"]
    weibo = demo.rows("weibo", "replies", "回复ID")
    service = demo.rows("service", "responses", "回复编号")
    hidden = int((weibo["是否公开"] == "否").sum() + (service["是否对客"] == "否").sum())
    assert replies["not_public"] == hidden > 0
    assert replies["automated"] > 0
    assert 0 < replies["human_outside_9_to_21"] < replies["human"]


def test_replies_to_bad_reviews(demo: Exports) -> None:
    jd = demo.rows("jd", "reviews", "评价ID")
    low = jd[jd["评分"].isin(["1星", "2星"]) & (jd["同步自评价ID"] == "")]
    human = low[low["是否自动回复"] == "否"]
    waited = times(human["回复时间"], MINUTE_FORM) - times(human["评价时间"], MINUTE_FORM)
    assert demo.truth["replies"]["low_star_reviews"]["jd"] == {
        "reviews": len(low),
        "replied": len(human),
        "replied_within_60": int((waited <= pd.Timedelta(hours=1)).sum()),
    }


def test_nps_of_every_wave(demo: Exports) -> None:
    answers = demo.rows("surveys", "answers", "答卷编号").query("问卷 == 'NPS'")
    for truth in demo.truth["nps"]:
        wave = answers[answers["批次"] == truth["wave_code"]]
        scores = pd.to_numeric(wave.loc[wave["得分"] != "", "得分"])
        counts = [len(wave), len(scores), int((scores >= 9).sum()), int((scores <= 6).sum())]
        names = ("sent", "answered", "promoters", "detractors")
        assert counts == [truth[name] for name in names]
    assert answers["批次"].nunique() == len(demo.truth["nps"])


def public_mentions(demo: Exports) -> pd.DataFrame:
    parts = []
    for channel, export, key, brand, kind, parent, product in (
        ("weibo", "posts", "微博ID", "监测品牌", "类型", "原微博ID", "商品编码"),
        ("xiaohongshu", "notes", "笔记ID", "监测品牌", "类型", "上级笔记ID", "商品编码"),
        ("douyin", "items", "item_id", "brand", "item_type", "parent_item_id", "product_code"),
        ("zhihu", "answers", "answer_id", "brand", "type", "parent_id", "product_code"),
        ("forum", "threads", "帖子ID", "监测品牌", "楼层类型", "主题帖ID", "商品编码"),
    ):
        rows = demo.rows(channel, export, key)
        names = {key: "id", brand: "brand", kind: "kind", parent: "parent", product: "product"}
        parts.append(rows.rename(columns=names)[list(names.values())].assign(channel=channel))
    return pd.concat(parts, ignore_index=True)


def test_share_of_voice(demo: Exports) -> None:
    mentions = public_mentions(demo)
    is_reshare = mentions["kind"] == "转发"
    is_comment = mentions["kind"].isin(["评论", "comment", "回帖"])
    for brand, truth in demo.truth["share_of_voice"].items():
        own = mentions["brand"] == brand
        assert int(own.sum()) == truth["public_mentions"]
        assert int((own & ~is_reshare).sum()) == truth["without_reshares"]
        assert int((own & is_comment).sum()) == truth["comments"]
        assert truth["share"] == pytest.approx(own.mean(), abs=1e-6)
    assert int(is_reshare.sum()) > 0
    # what hangs on another names one that was exported
    hanging = mentions[mentions["parent"] != ""]
    assert set(hanging["parent"]) <= set(mentions["id"])
    assert len(hanging) == int((is_reshare | is_comment).sum())


def test_crises_burst_in_negative_talk_of_one_product(demo: Exports) -> None:
    posts = demo.rows("weibo", "posts", "微博ID")
    day = times(posts["发布时间"], "%Y年%m月%d日 %H:%M").dt.date.astype(str)
    book = demo.rows("service", "crises", "危机编号").set_index("危机编号")
    for truth in demo.truth["crises"]:
        per_day = day[posts["商品编码"] == truth["product_ref"]].value_counts()
        usual = per_day.median()
        assert per_day[truth["day"]] > 3 * usual
        assert truth["mentions_by_day"][truth["day"]] == max(truth["mentions_by_day"].values())
        assert (
            times(book["发现时间"])[truth["crisis_ref"]].isoformat(sep=" ") == truth["detected_at"]
        )
        cases = demo.rows("service", "cases", "工单号")
        assert int((cases["危机编号"] == truth["crisis_ref"]).sum()) == truth["cases"]


def test_cases_end_as_planted(demo: Exports) -> None:
    events = demo.rows("service", "case_events", "event_id").query("field == 'status'")
    last = events.sort_values(["ts", "event_id"]).drop_duplicates("case_id", keep="last")["new"]
    truth = demo.truth["cases"]
    assert int(last.isin(["solved", "closed"]).sum()) == truth["solved_at_end"]
    assert int((last == "closed").sum()) == truth["closed"]
    again = events[(events["old"] == "solved") & (events["new"] == "open")]
    assert again["case_id"].nunique() == truth["reopened"] > 0
    cases = demo.rows("service", "cases", "工单号")
    assert len(cases) == truth["cases"]
    assert set(events["case_id"]) == set(cases["工单号"])
