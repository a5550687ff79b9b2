-- Grain: one row per ground of KPIs, period, channel, brand and product in which it is violated; `all` is a total.
with

voices as (

    select
        cast(voices.posted_at as date) as posted_on,
        voices.channel_code,
        coalesce(voices.brand_code, 'unknown') as brand_code,
        coalesce(voices.product_key, 'unknown') as product_key,
        voices.is_own_brand,
        voices.is_praise_required,
        voices.is_undisclosed_collaboration

    from {{ ref('fct_voices') }} as voices
    where
        voices.is_public
        and voices.is_original
        and (voices.is_praise_required or voices.is_undisclosed_collaboration)

),

violations as (

    select
        'praise_required' as ground_code,
        *
    from voices
    where is_praise_required

    union all

    select
        'undisclosed_collaboration' as ground_code,
        *
    from voices
    where is_undisclosed_collaboration

),

period_kinds as (

    {{ period_kinds() }}

),

scope_rows as (

    -- a voice of ours counts for its brand, for ours together and for all, as it does in the KPIs
    select
        violations.*,
        'all' as brand_scope
    from violations

    union all

    select
        violations.*,
        'own' as brand_scope
    from violations
    where is_own_brand

    union all

    select
        violations.*,
        brand_code as brand_scope
    from violations

),

violation_counts as (

    select
        scope_rows.ground_code,
        period_kinds.period_kind,
        cast(date_trunc(period_kinds.period_kind, scope_rows.posted_on) as date) as period_start,
        case when grouping(scope_rows.channel_code) = 1 then 'all' else scope_rows.channel_code end as channel_code,
        scope_rows.brand_scope as brand_code,
        case when grouping(scope_rows.product_key) = 1 then 'all' else scope_rows.product_key end as product_key,
        count(*) as violation_count

    from scope_rows

    cross join period_kinds

    group by
        scope_rows.ground_code,
        period_kinds.period_kind,
        cast(date_trunc(period_kinds.period_kind, scope_rows.posted_on) as date),
        scope_rows.brand_scope,
        grouping sets ((), (scope_rows.channel_code), (scope_rows.product_key))

)

select * from violation_counts
