"""The planted truths agree with the files on sales and marketing, counted again from the rows."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.unit.demo.reading import MINUTE_FORM, SECOND_FORM, Exports, beijing, times


def orders_of(demo: Exports) -> pd.DataFrame:
    jd = demo.rows("jd", "orders", "订单编号").rename(
        columns={"下单帐号": "account", "订单状态": "status"}
    )
    jd["at"] = times(jd["下单时间"], SECOND_FORM)
    jd["gross"], jd["off"] = jd["订单金额"], jd["优惠金额"]
    tmall = demo.rows("tmall", "orders", "订单编号")
    tmall = tmall.rename(columns={"买家会员名": "account", "订单状态": "status"})
    tmall["at"], tmall["gross"], tmall["off"] = (
        times(tmall["订单创建时间"]),
        tmall["总金额"],
        tmall["店铺优惠"],
    )
    both = pd.concat([jd.assign(shop="jd"), tmall.assign(shop="tmall")], ignore_index=True)
    for name in ("gross", "off"):
        both[name] = (both[name].str.replace("[¥,.]", "", regex=True)).astype(int)
    both["is_cancelled"] = both["status"].isin(["已取消", "交易关闭"])
    both["is_refunded"] = both["status"].isin(["已退款", "退款成功"])
    return both


def cents(text: str) -> int:
    return int(text.replace(".", ""))


def test_orders_lines_and_refunds_reconcile_to_the_cent(demo: Exports) -> None:
    orders = orders_of(demo)
    lines = {
        "jd": demo.rows("jd", "order_items", "订单编号", "行号").rename(
            columns={"实付金额": "net"}
        ),
        "tmall": demo.rows("tmall", "order_items", "tid", "line_no").rename(
            columns={"tid": "订单编号", "payment": "net"}
        ),
    }
    for shop, truth in demo.truth["orders"].items():
        own = orders[orders["shop"] == shop]
        kept = own[~own["is_cancelled"]]
        assert len(own) == truth["orders"]
        assert int(own["is_cancelled"].sum()) == truth["cancelled"]
        assert int(own["is_refunded"].sum()) == truth["refunded"]
        assert int(own["gross"].sum()) == cents(truth["gross_cny"])
        assert int((kept["gross"] - kept["off"]).sum()) == cents(truth["net_cny_kept"])
        net = lines[shop]["net"].astype(float).mul(100).round().astype(int)
        per_order = net.groupby(lines[shop]["订单编号"]).sum()
        assert (own["订单编号"].map(per_order) == own["gross"] - own["off"]).all()
        number = {"jd": "退款单号", "tmall": "退款编号"}[shop]
        assert len(demo.rows(shop, "refunds", number)) == truth["refunds"]


def accounts(demo: Exports) -> dict[str, str]:
    """Shop account -> member, from the CRM's links."""
    links = demo.rows("crm", "identities", "类型", "标识", "会员号")
    shops = links[links["类型"].isin(["jd_customer", "tmall_customer"])]
    return dict(zip(shops["标识"], shops["会员号"], strict=True))


def test_linked_members_who_bought_twice(demo: Exports) -> None:
    orders = orders_of(demo)
    kept = orders[~orders["is_cancelled"]]
    members = kept["account"].map(accounts(demo)).dropna().value_counts()
    truth = demo.truth["repurchase"]
    assert (len(members), int((members >= 2).sum())) == (
        truth["linked_members"],
        truth["linked_members_with_two_orders"],
    )
    segments = demo.truth["segments"]["members_by_kept_orders"]
    assert (int((members == 1).sum()), int((members >= 3).sum())) == (segments["1"], segments["3+"])


def test_word_of_mouth_converts_three_to_five_times_as_well(demo: Exports) -> None:
    """Journeys rebuilt from touches, identities and orders alone."""
    links = demo.rows("crm", "identities", "类型", "标识", "会员号")
    # what many hold, and what a robot does, leads no customer to an order
    links = links[~links["标识"].duplicated(keep=False)]
    owner = dict(zip(links["类型"] + links["标识"], links["会员号"], strict=True))
    members = demo.rows("crm", "customers", "会员号").sort_values("会员号", ascending=False)
    phones = members["手机号"].str.replace(r"^\+86|[ -]", "", regex=True)
    owner |= {f"phone{p}": m for p, m in zip(phones, members["会员号"], strict=True) if p.isdigit()}
    kinds = {
        "Cookie": "cookie",
        "手机号": "phone",
        "微信OpenID": "wechat_openid",
        "设备号": "device_id",
    }
    touches = demo.rows("ads", "touchpoints", "触点ID")
    planted = demo.truth["traffic"]
    void = [
        touch for name in ("robot", "own_content", "own_link") for touch in planted[name]["ids"]
    ]
    touches = touches[~touches["触点ID"].isin(void)].copy()
    touches["member"] = (touches["标识类型"].map(kinds) + touches["标识值"]).map(owner)
    campaigns = demo.rows("crm", "campaigns", "活动编号").set_index("活动编号")["策略"]
    strategy = touches["计划编号"].map(campaigns)
    touches["is_paid"] = strategy.isin(["搜索投放", "信息流投放", "展示广告"])
    touches["is_wom"] = strategy.notna() & ~touches["is_paid"]
    touches["at"] = beijing(touches["触达时间"], "ms")
    journeys = touches.groupby("member").agg(
        paid=("is_paid", "any"), wom=("is_wom", "any"), first=("at", "min")
    )
    orders = orders_of(demo)
    orders["member"] = orders["account"].map(accounts(demo))
    bought = orders.groupby("member")["at"].max()
    journeys["converted"] = bought.reindex(journeys.index) > journeys["first"]
    truth = demo.truth["word_of_mouth"]
    rates = {}
    for name, mask in (
        ("word_of_mouth", journeys["wom"] & ~journeys["paid"]),
        ("paid", ~journeys["wom"] & journeys["paid"]),
        ("mixed", journeys["wom"] & journeys["paid"]),
    ):
        group = journeys[mask]
        assert len(group) == truth[name]["customers"], name
        assert int(group["converted"].sum()) == truth[name]["converted_customers"], name
        rates[name] = group["converted"].mean()
    assert 3 <= rates["word_of_mouth"] / rates["paid"] <= 5
    assert 3 <= truth["expected_multiple"] <= 5


def test_half_of_all_orders_have_a_journey_repeat_orders_too(demo: Exports) -> None:
    truth = demo.truth["attributed_sales"]
    assert truth["unattributed_share"] <= 0.5
    assert truth["repeat_orders_with_journey"] > truth["repeat_orders"] / 2
    # some members bought before the window, when nobody was tracked
    assert truth["orders"] < sum(shop["orders"] for shop in demo.truth["orders"].values())


def test_the_strategy_that_closes_is_not_the_one_that_brings_in(demo: Exports) -> None:
    rows = demo.truth["strategies"]
    brought = {row["strategy_code"]: row["incremental_conversions"] for row in rows}
    closed = {row["strategy_code"]: row["conversions_closed"] for row in rows}
    assert max(brought, key=lambda code: brought[code]) == "koc"
    assert max(closed, key=lambda code: closed[code]) == "paid_search"
    assert brought["koc"] > 2 * brought["paid_search"]
    touches = demo.rows("ads", "touchpoints", "触点ID")
    campaigns = {c for s in demo.truth["strategies"] for c in s["campaigns"]}
    assert set(touches["计划编号"]) - {""} <= campaigns


def test_lifetime_repair_is_followed_by_more_orders(demo: Exports) -> None:
    orders = orders_of(demo)
    claims = demo.rows("service", "warranty", "维修单号")
    account = claims["订单编号"].map(orders.set_index("订单编号")["account"])
    # the person, where links say so: a repeat may be placed in the other shop
    person = accounts(demo)
    orders["who"] = orders["account"].map(person).fillna(orders["account"])
    last = orders[~orders["is_cancelled"]].groupby("who")["at"].max()
    who = account.map(person).fillna(account)
    is_again = who.map(last) > times(claims["报修时间"])
    labels = {"lifetime": "终身维修", "free_repair": "免费维修", "trade_in": "以旧换新"}
    for name, label in labels.items():
        truth, mask = demo.truth["lifetime_repair"][name], claims["类型"] == label
        assert int(mask.sum()) == truth["claims"]
        # an unlinked second shop account hides a repeat from the files
        assert 0 <= truth["repurchased"] - int((mask & is_again).sum()) <= 3
    assert demo.truth["lifetime_repair"]["uplift"] > 0.15


def test_incentives_raise_stars_and_some_require_praise(demo: Exports) -> None:
    reviews = demo.rows("jd", "reviews", "评价ID").query("同步自评价ID == ''")
    stars = reviews["评分"].str.removesuffix("星").astype(int)
    paid = reviews["晒单返现单号"] != ""
    truth = demo.truth["incentives"]
    assert (int(paid.sum()), int((~paid).sum())) == (
        truth["reviews_with"],
        truth["reviews_without"],
    )
    assert stars[paid].mean() == pytest.approx(truth["mean_stars_with"], abs=1e-6)
    assert stars[~paid].mean() == pytest.approx(truth["mean_stars_without"], abs=1e-6)
    assert truth["mean_stars_with"] > truth["mean_stars_without"]
    grants = demo.rows("crm", "incentives", "发放单号")
    assert int((grants["要求好评"] == "是").sum()) == truth["grants_requiring_praise"] > 0
    assert set(reviews.loc[paid, "晒单返现单号"]) <= set(grants["发放单号"])


def test_bad_reviews_are_deleted_more_often(demo: Exports) -> None:
    stars, deleted = [], []
    jd = demo.rows("jd", "reviews", "评价ID").query("同步自评价ID == ''")
    stars.append(jd["评分"].str.removesuffix("星").astype(int))
    deleted.append(jd["删除时间"] != "")
    tmall = demo.rows("tmall", "reviews", "rate_id")
    stars.append(tmall["score"].astype(int))
    deleted.append(tmall["deleted"] != "")
    store = demo.rows("dianping", "reviews", "点评编号")
    stars.append(store["星级"].str[0].map({z: n for n, z in enumerate("一二三四五", start=1)}))
    deleted.append(store["删除时间"] != "")
    star, gone = pd.concat(stars, ignore_index=True), pd.concat(deleted, ignore_index=True)
    for name, mask in (("two_or_less", star <= 2), ("four_or_more", star >= 4)):
        truth = demo.truth["suppression"][name]
        assert (int(mask.sum()), int((mask & gone).sum())) == (truth["reviews"], truth["deleted"])
    assert demo.truth["suppression"]["gap"] > 0


def test_kocs_write_what_is_planted(demo: Exports) -> None:
    notes = demo.rows("xiaohongshu", "notes", "笔记ID")
    links = demo.rows("crm", "identities", "类型", "标识").query("类型 == 'xiaohongshu_author'")
    owner = dict(zip(links["标识"], links["会员号"], strict=True))
    assert demo.truth["kocs"]
    for koc in demo.truth["kocs"]:
        own = notes[(notes["用户ID"] == koc["xiaohongshu_author"]) & (notes["类型"] != "评论")]
        assert len(own) >= koc["notes"]
        assert owner[koc["xiaohongshu_author"]] == koc["member"]


def test_referral_trees_and_their_faults(demo: Exports) -> None:
    rows = demo.rows("crm", "referrals", "邀请编号")
    done = rows[rows["被邀请人会员号"] != ""]
    truth = demo.truth["referrals"]
    assert len(rows) == truth["invitations"]
    assert len(done) == truth["registered"] + sum(truth["faults"].values())
    selves = int((done["邀请人会员号"] == done["被邀请人会员号"]).sum())
    assert selves == truth["faults"]["self"] > 0
    pairs = set(zip(done["邀请人会员号"], done["被邀请人会员号"], strict=True))
    loops = sum((b, a) in pairs and a < b for a, b in pairs)
    assert loops == truth["faults"]["loop"] > 0


def test_experiments_have_the_planted_differences_and_splits(demo: Exports) -> None:
    units = demo.rows("crm", "experiments", "实验", "会员号")
    assert {"lift", "harm", "invalid"} <= {
        variant["verdict"]
        for truth in demo.truth["experiments"].values()
        for variant in truth["variants"].values()
    }
    for name, truth in demo.truth["experiments"].items():
        own = units[units["实验"] == name]
        base = truth["variants"][truth["control"]]["conversion_rate"]
        is_off = False
        for code, variant in truth["variants"].items():
            rows = own[own["分组"] == code]
            assert len(rows) == variant["units"]
            assert int((rows["是否转化"] == "是").sum()) == variant["conversions"]
            found = variant["conversion_rate"] - base
            assert found == pytest.approx(variant["planted_difference"], abs=0.01)
            assert set(rows["计划占比"]) == {f"{variant['planned_share']:.0%}"}
            is_off |= abs(len(rows) / len(own) - variant["planned_share"]) > 0.05
        assert is_off == truth["is_split_broken"]


def test_touches_that_must_not_count_are_in_the_files_as_planted(demo: Exports) -> None:
    touches = demo.rows("ads", "touchpoints", "触点ID").set_index("触点ID")
    links = demo.rows("crm", "identities", "类型", "标识", "会员号")
    owner = links[links["类型"] == "cookie"].set_index("标识")["会员号"]
    truth = demo.truth["traffic"]
    robots = touches.loc[truth["robot"]["ids"]]
    hour = beijing(robots["触达时间"], "ms").dt.floor("h")
    assert robots.groupby([robots["标识值"], hour]).size().min() > 60
    assert robots["标识值"].nunique() == truth["robot"]["cookies"]
    assert robots["标识值"].isin(owner.index).sum() * 2 == len(robots)
    creators = demo.rows("studio", "creators", "达人编号").set_index("达人编号")
    own = touches.loc[truth["own_content"]["ids"]]
    assert (own["标识值"].map(owner) == own["达人编号"].map(creators["会员号"])).all()
    others = touches[touches["达人编号"] != ""].drop(index=own.index)
    assert (others["标识值"].map(owner) != others["达人编号"].map(creators["会员号"])).all()
    invites = demo.rows("crm", "referrals", "邀请编号")
    clicked = times(invites["点击时间"])
    for row in touches.loc[truth["own_link"]["ids"]].itertuples():
        inviter = owner[row.标识值]
        at = pd.Timestamp(int(row.触达时间), unit="ms") + pd.Timedelta(hours=8)
        lag = (at - clicked[invites["邀请人会员号"] == inviter]).abs()
        assert lag.min() < pd.Timedelta(minutes=1)
    devices = links[links["类型"] == "device_id"].groupby("标识").size()
    assert devices.max() == truth["tablet"]["members"] > 20
    assert int((devices == 2).sum()) == truth["lent_devices"] > 0


def test_the_topic_lifts_one_category_and_its_searches(demo: Exports) -> None:
    truth = demo.truth["topic_lift"]
    searches = demo.rows("ads", "search_demand", "日期", "关键词")
    searches["count"] = searches["搜索量"].str.replace(",", "").astype(int)
    is_own = searches["关键词"].map(truth["keywords"]) == truth["category"]
    is_now = searches["日期"].between(truth["first_day"], truth["last_day"])
    assert int(searches.loc[is_own & is_now, "count"].sum()) == truth["searches_in_window"]
    means = searches.groupby([is_own, is_now])["count"].mean()
    lift = means[True, True] / means[True, False] / (means[False, True] / means[False, False]) - 1
    assert lift == pytest.approx(truth["planted_search_lift"], abs=0.05)
    campaigns = demo.rows("crm", "campaigns", "活动编号").set_index("活动编号")
    assert campaigns.loc[truth["campaign"], "开始日期"] == truth["first_day"]
    assert 0 < truth["added_orders"] < truth["orders_in_window"]


def test_notes_engage_as_their_tier_does_and_a_few_take_off(demo: Exports) -> None:
    stats = demo.rows("studio", "note_stats", "笔记编号").set_index("笔记编号")
    counters = ["曝光", "点赞", "评论", "分享", "收藏"]
    stats = stats[counters].apply(lambda column: column.str.replace(",", "").astype(int))
    notes = demo.rows("studio", "notes", "笔记编号").set_index("笔记编号")
    tier = notes["达人编号"].map(
        demo.rows("studio", "creators", "达人编号").set_index("达人编号")["层级"]
    )
    engagements = stats[counters[1:]].sum(axis=1)
    for name, label in (("koc", "素人"), ("kol", "头部达人"), ("institution", "机构")):
        truth, own = demo.truth["creators"][name], stats.index[tier[stats.index] == label]
        assert len(own) == truth["notes"]
        hits = own[engagements[own] >= 1_000]
        assert sorted(hits) == truth["hits"]
        plain = own.difference(hits)
        rate = (engagements[plain] / stats.loc[plain, "曝光"]).mean()
        assert rate == pytest.approx(truth["mean_engagement_rate"], abs=1e-4)


def test_some_campaigns_only_cost_and_some_only_touch(demo: Exports) -> None:
    truth = demo.truth["campaigns"]
    touched = set(demo.rows("ads", "touchpoints", "触点ID")["计划编号"])
    paid = set(demo.rows("ads", "spend", "日期", "媒体渠道", "计划编号")["计划编号"])
    assert set(truth["spend_without_touches"]) == paid - touched != set()
    assert set(truth["touches_without_spend"]) <= touched - paid
    assert truth["touches_without_spend"]


def test_buyers_say_where_they_heard_of_us(demo: Exports) -> None:
    answers = demo.rows("surveys", "answers", "答卷编号")
    heard = answers[answers["问卷"] == "了解渠道"]
    assert (heard["得知渠道"] != "").sum() > 5
    assert set(heard["得分"]) == {""}
    assert set(answers.loc[answers["问卷"] != "了解渠道", "得知渠道"]) == {""}


def test_members_phones_are_written_in_many_ways(demo: Exports) -> None:
    members = demo.rows("crm", "customers", "会员号")
    truth = demo.truth["identities"]
    assert len(members) == demo.truth["segments"]["members"]
    assert int(members["手机号"].str.contains("*", regex=False).sum()) == truth["masked_phones"]
    assert int((members["手机号"] == "").sum()) == truth["blank_phones"]
    plain = members.assign(phone=members["手机号"].str.replace(r"^\+86|[ -]", "", regex=True))
    plain = plain[plain["phone"].str.fullmatch(r"1\d{10}")]
    shared = plain[plain["phone"].duplicated(keep=False)]
    assert len(shared) == 2 * len(truth["same_person"]) > 0


def test_row_counts_of_every_export(demo: Exports) -> None:
    for name, truth in demo.truth["exports"].items():
        channel, export = name.split(".")
        paths = demo.files(channel, export)
        assert len(paths) == truth["files"], name
    names = ("jd.orders", "service.cases", "weibo.replies", "tmall.order_items")
    for name in names:
        channel, export = name.split(".")
        repeated = {f["file"] for f in demo.truth["duplicate_files"]}
        count = sum(
            len(demo.read(path))
            for path in demo.files(channel, export)
            if f"{channel}/{path.name}" not in repeated
        )
        assert count == demo.truth["exports"][name]["rows"], name


def test_the_wave_of_near_copies_is_in_the_files_without_orders(demo: Exports) -> None:
    truth = demo.truth["review_wave"]
    jd = demo.rows("jd", "reviews", "评价ID").set_index("评价ID")
    wave = jd.loc[truth["reviews"]]
    assert set(wave["商家SKU"]) == {truth["product_ref"]}
    assert set(wave["购买状态"]) == {"未购"}
    assert wave["评价内容"].is_unique
    posted = times(wave["评价时间"], MINUTE_FORM)
    assert posted.min() == pd.Timestamp(truth["first_at"])
    assert posted.max() == pd.Timestamp(truth["last_at"])


def test_pieces_and_actions_are_in_the_files_as_planted(demo: Exports) -> None:
    truth = demo.truth["content"]
    first = demo.rows("studio", "adaptations", "内容编号")
    later = demo.rows("studio", "content", "内容编号")
    assert len(first) + len(later) == truth["pieces"]
    assert len(first) == truth["generations"]["1"]
    assert first["来源评价ID"].nunique() == truth["roots"]
    loop = later.set_index("内容编号").loc[truth["loop"], "来源内容编号"]
    assert sorted(loop) == truth["loop"]
    actions = demo.rows("studio", "actions", "行动编号").set_index("行动编号")
    for planted in demo.truth["actions"]:
        row = actions.loc[planted["action_ref"]]
        assert row["洞察编号"] == planted["insight_ref"]
        assert (row["完成时间"] != "") == (planted["status"] == "done")
