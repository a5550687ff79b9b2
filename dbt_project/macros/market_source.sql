{#
    The CTE `sources`: the one source of market sales that KPIs read, from the CTE `market` (mart_market_share). Sources
    that disagree are never averaged: the widest one is read, or the one that the var market_share_source names.
#}
{% macro market_source() -%}
sources as (

    select
        channel_code,
        source_name

    from market
    where category_code <> 'all'
    {%- if var('market_share_source') %}
        and source_name = '{{ var("market_share_source") }}'
    {%- endif %}
    group by channel_code, source_name
    qualify row_number() over (
        order by count(distinct category_code) desc, sum(sales_cny) desc, source_name asc, channel_code asc
    ) = 1

)
{%- endmacro %}
