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

    select 'day' as period_kind
    union all
    select 'week' as period_kind
    union all
    select 'month' as period_kind
    union all
    select 'quarter' as period_kind

),

scoped as (

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

counted as (

    select
        scoped.ground_code,
        period_kinds.period_kind,
        cast(date_trunc(period_kinds.period_kind, scoped.posted_on) as date) as period_start,
        case when grouping(scoped.channel_code) = 1 then 'all' else scoped.channel_code end as channel_code,
        scoped.brand_scope as brand_code,
        case when grouping(scoped.product_key) = 1 then 'all' else scoped.product_key end as product_key,
        count(*) as violation_count

    from scoped

    cross join period_kinds

    group by
        scoped.ground_code,
        period_kinds.period_kind,
        cast(date_trunc(period_kinds.period_kind, scoped.posted_on) as date),
        scoped.brand_scope,
        grouping sets ((), (scoped.channel_code), (scoped.product_key))

)

select * from counted
