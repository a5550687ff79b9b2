"""Every buyer has a value, of the money they paid, and the future is within reason."""

from expectations.suite import Suite, gxe
from expectations.windows import MINIMUM_ROWS

SUITE = Suite(
    table="segments.customer_value",
    stage="marts",
    title_zh="客户价值范围",
    key=("buyer_count", "valued_count", "net_cny", "value_12m_cny"),
    query=f"""
        with buyers as (
            select count(*) as buyer_count, sum(net_cny) as bought_cny
            from segments.dim_customers
            where order_count > 0
        ),

        valued as (
            select
                count(*) as valued_count,
                sum(historic_net_cny) as net_cny,
                sum(value_12m_cny) as value_12m_cny,
                min(p_alive) as lowest_p_alive,
                max(p_alive) as highest_p_alive,
                max(expected_orders_12m) as most_orders,
                -- no customer's year of expected sales outweighs the history of all
                max(value_12m_cny) / nullif(sum(historic_net_cny), 0) as largest_value_share
            from segments.customer_value
        )

        select
            *,
            valued_count / nullif(buyer_count, 0) as valued_share,
            net_cny / nullif(bought_cny, 0) as money_share
        from valued
        cross join buyers
        where buyer_count >= {MINIMUM_ROWS}
    """,
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="valued_share",
            min_value=1,
            max_value=1,
            severity="critical",
            description="买家与客户价值行数不等；"
            "buyers are missing from the values, or in them twice",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="money_share",
            min_value=0.9999,
            max_value=1.0001,
            severity="critical",
            description="历史净消费与订单不符；the values' history is not what buyers paid",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="lowest_p_alive",
            min_value=0,
            severity="critical",
            description="存活概率小于 0；a probability under 0",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="highest_p_alive",
            max_value=1,
            severity="critical",
            description="存活概率大于 1；a probability over 1",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="most_orders",
            min_value=0,
            max_value=365,
            severity="critical",
            description="12 个月预期购买次数超过每日一次；more than one day of purchase a day",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="largest_value_share",
            max_value=0.5,
            severity="warning",
            description="单一客户的预期价值超过全部历史销售的一半；"
            "one customer's year is worth half of everybody's history: look for a reseller",
        ),
    ],
)
