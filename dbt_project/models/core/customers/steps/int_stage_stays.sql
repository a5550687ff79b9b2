-- Grain: one row per customer, ladder (lifecycle, advocacy) and stay on one of its stages, half-open.
{%- set ladders = [('lifecycle', 'lifecycle_code'), ('advocacy', 'advocacy_code')] %}

with

segments as (

    select * from {{ ref('customer_segments') }}

),

{%- for ladder, code in ladders %}

{{ ladder }}_stays as (

    select
        customer_key,
        '{{ ladder }}' as ladder_code,
        {{ code }} as stage_code,
        previous_{{ code }} as previous_stage_code,
        valid_from as began_on,
        -- null for the stage they are in
        lead(valid_from) over (partition by customer_key order by valid_from) as ended_on

    from segments
    where {{ code }} is distinct from previous_{{ code }}

),
{%- endfor %}

stays as (

    select * from lifecycle_stays
    union all
    select * from advocacy_stays

)

select * from stays
