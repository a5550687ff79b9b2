"""People are neither merged into crowds nor lost, and their stages spread."""

from expectations.suite import Suite, gxe

SUITE = Suite(
    table="segments.dim_customers",
    stage="marts",
    title_zh="客户群体",
    key=("customer_count", "largest_component", "order_count"),
    query="""
        with components as (
            select max(node_count) as largest_component
            from (
                select customer_key, count(*) as node_count
                from intermediate.int_customer_identities
                group by all
            )
        ),

        stages as (
            select max(customer_count) as largest_stage
            from (
                select lifecycle_code, count(*) as customer_count
                from segments.dim_customers
                where order_count > 0
                group by all
            )
        ),

        orders as (
            select count(*) as order_count, count(customer_key) as known_order_count
            from segments.fct_orders
        ),

        customers as (
            select
                count(*) as customer_count,
                count(*) filter (where order_count > 0) as buyer_count
            from segments.dim_customers
        )

        select
            customer_count, largest_component, order_count,
            case when order_count >= 100 then known_order_count / order_count end
                as known_order_share,
            case when buyer_count >= 100 then largest_stage / buyer_count end
                as largest_stage_share
        from customers
        cross join components
        cross join stages
        cross join orders
        where customer_count > 0
    """,
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="largest_component",
            max_value=200,
            severity="critical",
            description="一个客户名下标识过多，陌生人被并成一人；"
            "strangers are merged into one customer: look for a phone that many share",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="known_order_share",
            min_value=0.5,
            severity="warning",
            description="过半订单没有客户；most orders belong to nobody",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="largest_stage_share",
            max_value=0.99,
            severity="warning",
            description="买家几乎都在同一生命周期阶段；nearly all buyers are in one stage",
        ),
    ],
)
