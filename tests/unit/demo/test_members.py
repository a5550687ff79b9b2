"""The planted truths agree with the files on members: points, offers, KOCs, groups, ideas, trials."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.planted_truths.forms import opaque
from tests.unit.demo.reading import Exports


def times(values: pd.Series) -> pd.Series:
    return pd.to_datetime(values.where(values != "", None), format="ISO8601")


def points(demo: Exports) -> pd.DataFrame:
    rows = demo.rows("crm", "points", "流水号")
    return rows.assign(delta=rows["积分变动"].str.replace(",", "").astype(int))


def test_the_ledger_adds_up_but_for_one_overdraft_and_one_entry_too_many(demo: Exports) -> None:
    rows, truth = points(demo), demo.truth["points_ledger"]
    assert truth["entries"] == len(rows)
    assert truth["issued"] == rows.loc[rows["delta"] > 0, "delta"].sum()
    for name, label in (("redeemed", "兑换"), ("expired", "过期")):
        assert truth[name] == -rows.loc[rows["事由"] == label, "delta"].sum() > 0
    spent = truth["redeemed"] + truth["expired"] + truth["taken_back_by_hand"]
    assert truth["balance"] == truth["issued"] - spent == rows["delta"].sum()
    rows = rows.assign(at=times(rows["发生时间"])).sort_values(["at", "流水号"])
    running = rows.groupby("会员号")["delta"].cumsum()
    (overdrawn,) = truth["overdrawn"]
    assert set(rows.loc[running < 0, "会员号"]) == {overdrawn["member"]}
    assert rows.groupby("会员号")["delta"].sum()[overdrawn["member"]] == overdrawn["balance"]
    (twice,) = truth["booked_twice"]
    alike = rows[rows.duplicated(["会员号", "发生时间", "delta", "事由"], keep=False)]
    assert twice["entry_refs"] == sorted(alike["流水号"])


def test_points_expire_on_the_day_after_their_last(demo: Exports) -> None:
    rows = points(demo)
    given = rows[rows["事由"] == "签到"].set_index("会员号")
    gone = rows[rows["事由"] == "过期"].set_index("会员号")
    assert len(given) > len(gone) > 0
    assert (gone["delta"] == -given["delta"].loc[gone.index]).all()
    last = times(given["有效期至"].loc[gone.index])
    assert (times(gone["发生时间"]).dt.normalize() - last == pd.Timedelta(days=1)).all()


def test_offers_reach_the_stage_that_they_are_meant_for(demo: Exports) -> None:
    rows = demo.rows("crm", "incentives", "发放单号")
    for name in ("WELCOME_PACK", "UPGRADE_GIFT", "WINBACK_COUPON"):
        own, truth = rows[rows["计划编号"] == name], demo.truth["stage_offers"][name]
        assert truth["offered"] == len(own)
        assert truth["claimed"] == int((own["领取时间"] != "").sum()) > 0
        assert 0 < truth["to_another_stage"] < truth["to_the_right_stage"]
    silent = demo.truth["stage_offers"]["silent_members"]
    assert (
        silent["came_back_with_coupon"] == demo.truth["stage_offers"]["WINBACK_COUPON"]["claimed"]
    )
    assert silent["members"] > silent["lost_on_the_last_day"] > 0


def test_those_who_stopped_buying_bought_before_the_window(demo: Exports) -> None:
    truth = demo.truth
    orders = demo.rows("jd", "orders", "订单编号")
    ordered = pd.to_datetime(orders["下单时间"], format="%Y/%m/%d %H:%M:%S")
    assert ordered.min() < pd.Timestamp(truth["world"]["first_day"]) - pd.Timedelta(days=90)
    members = demo.rows("crm", "customers", "会员号")
    extra = truth["stage_offers"]["silent_members"]["members"]
    assert len(members) == truth["segments"]["members"] == truth["world"]["customers"] + extra


def test_look_alikes_praise_as_much_as_those_to_be_found(demo: Exports) -> None:
    truth = demo.truth["koc_activation"]
    notes = demo.rows("xiaohongshu", "notes", "笔记ID").query("类型 != '评论'")
    links = demo.rows("crm", "identities", "类型", "标识").query("类型 == 'xiaohongshu_author'")
    owner = dict(zip(links["标识"], links["会员号"], strict=True))
    consent = demo.rows("crm", "customers", "会员号").set_index("会员号")["营销授权"]
    listed = demo.rows("studio", "creators", "达人编号")
    kinds = {"staff": "员工", "paid": "博主"}
    for part in ("candidate", "activated", "staff", "paid", "no_consent", "no_buyer", "one_voice"):
        assert truth[part], part
        for person in truth[part]:
            own = notes[notes["用户ID"] == person["xiaohongshu_author"]]
            assert owner[person["xiaohongshu_author"]] == person["member"]
            assert (consent[person["member"]] == "是") == (part != "no_consent")
            if part == "no_buyer":
                assert person["orders_before"] == person["orders_after"] == 0
            elif part == "activated":
                assert person["orders_before"] > 0
            assert (person["member"] in set(listed["会员号"])) == (part == "activated")
            if part == "one_voice":
                continue
            assert len(own) >= 4 - (part == "one_voice")
            assert (own["作者类型"] == kinds.get(part, "素人")).sum() >= 4
    day = pd.Timestamp(truth["activated_on"])
    paid = demo.rows("studio", "notes", "笔记编号")
    hired = set(
        listed.loc[listed["会员号"].isin([p["member"] for p in truth["activated"]]), "达人编号"]
    )
    first = times(paid.loc[paid["达人编号"].isin(hired), "发布时间"]).min()
    assert first.normalize() == day


def test_groups_have_events_and_members_who_order(demo: Exports) -> None:
    truth = demo.truth["private_domain"]
    rows = demo.rows("wecom", "community_activity", "群ID", "外部联系人ID", "活跃日期")
    gone = [said["member"] for said in demo.truth["erasures"]]
    # those who asked to be forgotten are nobody
    rows = rows[~rows["外部联系人ID"].isin([opaque("wm_", int(member[1:])) for member in gone])]
    assert truth["active_days"] == len(rows)
    assert truth["active_members"] == rows["外部联系人ID"].nunique()
    events = rows[rows["活动编号"] != ""].groupby("活动编号")["外部联系人ID"].nunique()
    assert truth["events"] == events.to_dict() != {}
    members = demo.rows("crm", "customers", "会员号")
    members = members[~members["会员号"].isin(gone)]
    assert truth["joined"] == int((members["加企微时间"] != "").sum())
    assert 0 < truth["ordered_after_joining"] < truth["joined_and_linked"]


def test_ideas_are_adopted_and_come_to_market(demo: Exports) -> None:
    rows, truth = demo.rows("crm", "ideas", "提案编号"), demo.truth["ideas"]
    assert truth["submitted"] == len(rows)
    is_adopted = rows["采纳时间"] != ""
    assert truth["adopted"] == int(is_adopted.sum()) >= truth["released"] > 0
    assert truth["released"] == int((rows["状态"] == "已上线").sum())
    days = (times(rows["采纳时间"]) - times(rows["提交时间"])).dt.total_seconds() / 86_400
    assert days.median() == pytest.approx(truth["median_days_to_adoption"], abs=1e-5)
    assert truth["contributors"] == rows["会员号"].nunique()


def test_trials_add_what_is_planted(demo: Exports) -> None:
    rows, truth = demo.rows("crm", "trials", "项目编号", "会员号"), demo.truth["trials"]
    assert truth["enrolled"] == len(rows)
    for name, label in (("finished", "已完成"), ("dropped", "已退出"), ("running", "进行中")):
        assert truth[name] == int((rows["状态"] == label).sum()) > 0
    pairs = rows[(rows["前测得分"] != "") & (rows["后测得分"] != "")]
    gain = pairs["后测得分"].astype(float) - pairs["前测得分"].astype(float)
    assert truth["pairs"] == len(pairs) < truth["finished"]
    assert gain.mean() == pytest.approx(truth["mean_uplift"], abs=1e-6)
    # scores are written in tenths of a point
    assert gain.mean() == pytest.approx(truth["planted_uplift"], abs=0.1)
