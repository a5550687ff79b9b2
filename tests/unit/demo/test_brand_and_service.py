"""The planted truths agree with the files on the brand, its service and its quality, and on erasures."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.unit.demo.reading import Exports


def counts(values: pd.Series) -> pd.Series:
    """Numbers as channels write them: 1,204 or 1.6万."""
    is_short = values.str.endswith("万")
    plain = values.str.removesuffix("万").str.replace(",", "").replace("", "0").astype(float)
    return (plain * is_short.map({True: 10_000, False: 1})).round().astype(int)


def yuan(values: pd.Series) -> pd.Series:
    return values.str.removeprefix("¥").str.replace(",", "").replace("", "0").astype(float)


def test_the_young_trust_less(demo: Exports) -> None:
    truth = demo.truth["brand_trust"]
    rows = demo.rows("surveys", "answers", "答卷编号")
    members = demo.rows("crm", "customers", "会员号").set_index("会员号")["出生年份"]
    for name, label in (("trust", "品牌信任"), ("identity", "品牌认同")):
        own = rows[(rows["问卷"] == label) & (rows["得分"] != "")]
        born = own["会员号"].map(members)
        is_young = born.replace("", "0").astype(int) >= truth["young_born_from"]
        group = is_young.map({True: "young", False: "older"}).where(born != "", "unknown")
        for part, said in truth[name]["groups"].items():
            scores = own.loc[group == part, "得分"].astype(int)
            assert (len(scores), int(scores.sum())) == (said["answered"], said["score_sum"])
        older, young = (truth[name]["groups"][part]["mean"] for part in ("older", "young"))
        assert older - young == pytest.approx(truth[name]["planted_difference"], abs=0.35)


def test_market_shares_are_of_all_brands(demo: Exports) -> None:
    rows = demo.rows("surveys", "market_panel", "品类", "月份", "品牌")
    sales = yuan(rows["销售额"])
    for said in demo.truth["market_share"]:
        now = rows["月份"] == said["month_start"]
        own = now & (rows["品牌"] == demo.truth["world"]["own_brand"])
        assert sales[now].sum() == pytest.approx(float(said["sales_cny"]))
        assert sales[own].sum() / sales[now].sum() == pytest.approx(said["own_share"], abs=1e-6)


def test_reports_certificates_and_press(demo: Exports) -> None:
    rows, truth = demo.rows("studio", "brand_pieces", "编号"), demo.truth["brand_programmes"]
    labels = {"esg": "ESG报告", "certification": "认证", "media": "媒体报道"}
    for kind, label in labels.items():
        assert truth["pieces"][kind] == int((rows["类型"] == label).sum())
    media = rows[rows["类型"] == "媒体报道"]
    is_paid = media["花费"] != ""
    reach = counts(media["触达人数"])
    assert truth["earned_media"]["reach"] == reach[~is_paid].sum() > 0
    assert truth["paid_media"]["reach"] == reach[is_paid].sum()
    days = pd.to_datetime(rows.loc[rows["类型"] == "ESG报告", "发布日期"]).sort_values()
    between = days.diff().dropna().dt.days
    assert truth["esg_days_between"] == between.tolist()
    assert max(between) > 1.8 * min(between)
    states = truth["certificates"].values()
    assert {state["is_valid"] for state in states} == {True, False}
    assert any(state["days_uncovered_between"] for state in states)


def test_staff_are_kept_apart_and_trained(demo: Exports) -> None:
    truth = demo.truth["staff_advocacy"]
    rows = demo.rows("studio", "training", "工号", "课程")
    assert truth["staff_trained"] == rows["工号"].nunique()
    assert truth["passes"] == rows["课程"].value_counts().to_dict()
    assert truth["employee"]["mentions"] > 0


def test_failures_stand_beside_the_industry(demo: Exports) -> None:
    rows, truth = demo.rows("service", "quality", "商品编码", "月份"), demo.truth["quality"]
    now = rows[rows["月份"] == truth["month_start"]].set_index("商品编码")
    failed, units = counts(now["故障台数"]), counts(now["在用台数"])
    for code, said in truth["products"].items():
        assert (failed[code], units[code]) == (said["failures"], said["units_in_use"])
        assert (now.loc[code, "行业故障率"] == "") == (said["industry_failure_share"] is None)
    assert {said["is_worse"] for said in truth["products"].values()} == {True, False, None}


def test_nobody_answers_at_night(demo: Exports) -> None:
    rows, truth = demo.rows("service", "contacts", "session_id"), demo.truth["service_contacts"]
    is_missed = rows["first_reply_time"] == ""
    assert (truth["contacts"], truth["unanswered"]) == (len(rows), int(is_missed.sum()))
    hour = pd.to_datetime(rows["begin_time"]).dt.hour
    is_night = hour.between(truth["empty_from_hour"], truth["empty_to_hour"] - 1)
    assert truth["at_night"]["contacts"] == int(is_night.sum()) > 0
    assert is_missed[is_night & (rows["order_no"] == "")].all()
    for label, name in (("售前", "pre_sale"), ("售中", "in_sale"), ("售后", "after_sale")):
        said, own = truth["stages"][name], rows["stage"] == label
        assert (said["contacts"], said["answered"]) == (own.sum(), (own & ~is_missed).sum())
        assert said["converted"] == int((own & (rows["order_no"] != "")).sum())
    assert truth["stages"]["pre_sale"]["converted"] > 0


def test_the_second_generation_is_better_liked(demo: Exports) -> None:
    first, second = demo.truth["releases"]
    products = demo.rows("crm", "products", "商品编码").set_index("商品编码")
    assert products.loc[second["product_ref"], "上市日期"] == second["launched_on"]
    jd = demo.rows("jd", "reviews", "评价ID").query("同步自评价ID == ''")
    tmall = demo.rows("tmall", "reviews", "rate_id")
    stars = pd.concat(
        [
            jd.loc[jd["商家SKU"] == second["product_ref"], "评分"].str.removesuffix("星"),
            tmall.loc[tmall["outer_id"] == second["product_ref"], "score"],
        ]
    ).astype(int)
    assert (len(stars), stars.mean()) == (
        second["reviews"],
        pytest.approx(second["mean_stars"], abs=1e-6),
    )
    assert second["mean_stars"] > first["mean_stars"]


def test_repairs_take_time_and_money(demo: Exports) -> None:
    rows, truth = demo.rows("service", "warranty", "维修单号"), demo.truth["warranty"]
    labels = {"lifetime": "终身维修", "free_repair": "免费维修", "trade_in": "以旧换新"}
    for name, label in labels.items():
        own = rows[(rows["类型"] == label) & (rows["完成时间"] != "")]
        assert truth[name]["closed"] == len(own)
        assert yuan(own["成本"]).sum() == pytest.approx(float(truth[name]["cost_cny_of_closed"]))
    assert truth["lifetime"]["planted_uplift"] > 0 == truth["free_repair"]["planted_uplift"]


def test_those_who_ask_to_be_forgotten_have_left_traces(demo: Exports) -> None:
    rows = demo.rows("crm", "erasure_requests", "请求编号").set_index("请求编号")
    truth = demo.truth["erasures"]
    assert [said["member"] for said in truth] == rows["会员号"].tolist()
    buyer, other, unknown = truth
    assert all(buyer[subject] for subject in ("orders", "reviews", "touches", "points"))
    assert other["orders"] == 0
    assert not unknown["is_known"]
    members = set(demo.rows("crm", "customers", "会员号")["会员号"])
    assert {buyer["member"], other["member"]} <= members
    assert unknown["member"] not in members
    entries = demo.rows("crm", "points", "流水号")
    assert int((entries["会员号"] == buyer["member"]).sum()) == buyer["points"]
