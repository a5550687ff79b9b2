-- Every customer has one period for every day since they are known: no gap, no overlap, the last one open.
with

periods as (

    select
        customer_key,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by customer_key order by valid_from) as next_valid_from

    from {{ ref('customer_segments') }}

)

select * from periods
where
    valid_to is distinct from next_valid_from
    or valid_to <= valid_from
