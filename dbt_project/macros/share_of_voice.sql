{#
    CTEs of a KPI that is a share of voice over brands: `subjects`, a row per public mention of a brand, to `shares`.

    weights    a CTE with subject_key and weight, what a mention counts; without one each mention counts 1.
#}
{% macro share_of_voice(weights=none) -%}
{%- set weight = weights ~ '.weight' if weights else '1' -%}
subjects as (

    select
        'reviews.fct_voices' as row_table,
        voices.voice_key as row_key,
        cast(voices.posted_at as date) as period_date,
        voices.channel_code,
        -- mentions of every brand are in the denominator, ours in the numerator too
        'own' as brand_code,
        'all' as product_key,
        voices.brand_code as mentioned_brand_code,
        voices.is_own_brand,
        cast(case when voices.is_own_brand then {{ weight }} else 0 end as double) as numerator,
        cast({{ weight }} as double) as denominator

    from {{ ref('fct_voices') }} as voices

    {%- if weights %}

    inner join {{ weights }}
        on voices.voice_key = {{ weights }}.subject_key
    {%- endif %}

    where
        -- reviews and cases are always about us; only mentions are searched for every brand alike
        voices.voice_kind = 'mention'
        and voices.is_public
        and voices.is_original
        and voices.brand_code is not null
        and voices.posted_at is not null
        {%- if weights %}
        and {{ weight }} is not null
        {%- endif %}

),

windows as (

    select * from {{ ref('kpi_windows') }}

),

mentions_by_window as (

    select
        windows.period_kind,
        windows.period_start as period_date,
        windows.is_cut,
        subjects.channel_code,
        subjects.mentioned_brand_code as brand_code,
        subjects.is_own_brand,
        subjects.denominator as weight

    from subjects

    inner join windows
        on subjects.period_date between windows.from_on and windows.until_on

),

market as (

    -- spans the brands: this is why shares can be summed over neither brands nor days
    select
        period_kind,
        period_date,
        is_cut,
        case when grouping(channel_code) = 1 then 'all' else channel_code end as channel_code,
        sum(weight) as weight,
        count(*) as mention_count

    from mentions_by_window
    group by grouping sets ((period_kind, period_date, is_cut), (period_kind, period_date, is_cut, channel_code))

),

scopes as (

    select
        period_kind,
        period_date,
        is_cut,
        channel_code,
        brand_code,
        weight
    from mentions_by_window
    where brand_code <> 'own'

    union all

    -- `own`: all our brands together
    select
        period_kind,
        period_date,
        is_cut,
        channel_code,
        'own' as brand_code,
        weight
    from mentions_by_window
    where is_own_brand

),

brand_mentions as (

    select
        period_kind,
        period_date,
        is_cut,
        brand_code,
        case when grouping(channel_code) = 1 then 'all' else channel_code end as channel_code,
        sum(weight) as weight

    from scopes
    group by
        grouping sets (
            (period_kind, period_date, is_cut, brand_code),
            (period_kind, period_date, is_cut, brand_code, channel_code)
        )

),

brands as (

    select distinct brand_code from scopes

),

shares as (

    select
        market.period_kind,
        market.period_date,
        market.is_cut,
        market.channel_code,
        brands.brand_code,
        'all' as product_key,
        -- a brand without mentions has a share of 0, not null
        cast(coalesce(brand_mentions.weight, 0) as double) as numerator,
        cast(market.weight as double) as denominator,
        market.mention_count as sample_count

    from market

    cross join brands

    left join brand_mentions
        on
            market.period_kind = brand_mentions.period_kind
            and market.period_date = brand_mentions.period_date
            and market.is_cut = brand_mentions.is_cut
            and market.channel_code = brand_mentions.channel_code
            and brands.brand_code = brand_mentions.brand_code

)
{%- endmacro %}
