"""Every mistake in a contract is one line that names the file, the line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.contracts.feeds import ContractError
from ingestion.contracts.load import load_contract, load_contracts

GOOD = """\
channel: shop
label: 小店
kind: ecommerce
domain: public
exports:
  - name: reviews
    files: {pattern: "reviews_{date}.csv", format: csv}
    feeds:
      reviews:
        columns:
          评价ID: review_ref
          评分: {to: rating_raw, parse: stars}
          时间: posted_at
    ignored: [封面]
    examples:
      - {评价ID: r1, 评分: 五星, 时间: 2026-11-20, 封面: a.jpg}
"""


def complaint(tmp_path: Path, text: str, name: str = "shop.yml") -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError) as raised:
        load_contract(path)
    return str(raised.value).replace(f"{path}:", "")


def test_the_good_contract_is_good(tmp_path: Path) -> None:
    path = tmp_path / "shop.yml"
    path.write_text(GOOD, encoding="utf-8")
    export = load_contract(path).exports[0]
    assert export.feeds["reviews"].columns["评分"][0].parse == "stars"
    assert export.examples[0]["时间"] == "2026-11-20"  # YAML's date, as an export writes it


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    ignored:", "    ignord:", "14: exports.ignord: unknown key; did you mean ignored?"),
        (
            "    ignored:",
            "    columns:",
            "14: exports.columns: unknown key; it belongs to another level",
        ),
        ("label: 小店\n", "", "1: label: is missing"),
        ("rating_raw,", "rating,", "12: 评分: feed reviews has no column rating"),
        ("parse: stars", "parse: star", "12: 评分: there is no parser star; did you mean stars?"),
        ("parse: stars", "parse: boolean", "12: 评分: parser boolean does not give a double"),
        ("      reviews:\n", "      review:\n", "9: feeds: there is no feed review"),
        (
            "          评价ID: review_ref\n",
            "",
            "9: reviews: nothing fills the key column review_ref",
        ),
        (
            "          时间: posted_at\n",
            "",
            "9: reviews: nothing fills the required column posted_at",
        ),
        (
            "ignored: [封面]",
            "ignored: [封面, 评分]",
            "14: ignored: header 评分 is in columns too",
        ),
        ("封面: a.jpg", "封页: a.jpg", "16: examples: header 封页 is not in columns"),
        ("时间: posted_at", "评分: posted_at", '13: found duplicate key "评分"'),
        (
            "时间: posted_at",
            "时间: [posted_at, edited_at, posted_at]",
            "13: 时间: posted_at is filled",
        ),
        ("_{date}", "_{day}", "7: exports.files.pattern: {day} is not one of"),
        ("_{date}", "", "7: exports.files.pattern: must hold {date}"),
        ("format: csv", "format: csv, encoding: utf9", "utf9 is not an encoding"),
        ("format: csv", "format: xlsx, encoding: utf-8", "7: encoding: xlsx files carry their own"),
        ("    ignored", "    mode: snap\n    ignored", "14: exports.mode: Input should be"),
        ("kind: ecommerce", "kind: shop", "3: kind: Input should be"),
        ("channel: shop", "channel: store", "1: channel: must be shop, the file's name"),
        ("domain: public", "domain: public\nrefs: {product: crm}", "5: refs: no feed has a column"),
        (
            "domain: public",
            "domain: public\ntimezone: Beijing",
            "5: timezone: Beijing is not a time",
        ),
        ("    ignored", "    max_rejected_share: 5\n    ignored", "14: exports.max_rejected_share"),
        (
            "        columns:\n",
            "        key: [order_ref]\n        columns:\n",
            "10: key: may be wider",
        ),
        ("exports:", "exports: [", "not YAML"),
    ],
)
def test_a_mistake_names_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert said in complaint(tmp_path, GOOD.replace(old, new, 1))


def test_a_snapshot_has_no_parts(tmp_path: Path) -> None:
    text = GOOD.replace("_{date}.csv", "_{date}[_{part}].csv").replace(
        "    ignored", "    mode: snapshot\n    ignored"
    )
    assert "7: pattern: a snapshot is one whole file" in complaint(tmp_path, text)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    said = complaint(tmp_path, GOOD.replace("rating_raw", "rating").replace("[封面]", "[时间]"))
    assert len(said.splitlines()) == 3  # the column, the header twice, the example's header


def test_a_wider_key_may_hold_more_than_the_feeds(tmp_path: Path) -> None:
    path = tmp_path / "shop.yml"
    wide = GOOD.replace("评分: {", "订单: order_ref\n          评分: {").replace(
        "        columns:", "        key: [review_ref, order_ref]\n        columns:"
    )
    path.write_text(wide, encoding="utf-8")
    assert load_contract(path).exports[0].feeds["reviews"].key == ["review_ref", "order_ref"]


def test_own_contracts_add_a_channel_and_replace_one(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "jd.yml").write_text(
        GOOD.replace("channel: shop", "channel: jd").replace("reviews_{date}", "ours_{date}"),
        encoding="utf-8",
    )
    packaged, mine = load_contracts(), load_contracts(tmp_path)
    assert set(mine) == set(packaged) | {"shop"}
    assert mine["jd"].label == "小店"
    assert mine["tmall"] == packaged["tmall"]


def test_two_exports_cannot_claim_one_file(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text(
        GOOD.replace("reviews_{date}.csv", "jd_reviews_{date}_a.csv"), encoding="utf-8"
    )
    with pytest.raises(
        ContractError, match=r"shop.yml:7: pattern: .* also be a file of jd/reviews"
    ):
        load_contracts(tmp_path)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no such folder"):
        load_contracts(tmp_path / "nowhere")
