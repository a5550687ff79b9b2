-- Grain: one row per voice about our own brands that was negative in its first version.
with

as_of as (

    select * from {{ ref('stg_as_of') }}

),

first_versions as (

    select
        'review:' || record_key as voice_key,
        first_rating_share

    from {{ ref('stg_review_first_versions') }}

),

voices as (

    select
        voices.*,
        first_versions.first_rating_share

    from {{ ref('fct_voices') }} as voices

    left join first_versions
        on voices.voice_key = first_versions.voice_key

    where
        voices.is_own_brand
        and voices.is_original
        and coalesce(voices.author_kind, 'user') <> 'employee'
        and (
            coalesce(voices.is_negative, false)
            or coalesce(first_versions.first_rating_share <= {{ var('negative_rating_at_most') }}, false)
        )

),

clocks as (

    select * from {{ ref('fct_response_clock') }}

),

cases as (

    select * from {{ ref('fct_cases') }}

),

-- a case belongs to the voice that it was opened about, else to its own opening words
voices_of_cases as (

    select
        voices.voice_key,
        cases.case_key,
        cases.compensation_cny

    from voices

    inner join cases
        on voices.voice_key = cases.case_key

    union all

    select
        voices.voice_key,
        cases.case_key,
        cases.compensation_cny

    from voices

    inner join cases
        on
            voices.voice_ref = cases.source_ref
            and cases.source_kind = case when voices.voice_kind = 'review' then 'review' else 'mention' end

    where voices.voice_kind <> 'case'

),

compensations as (

    select
        voice_key,
        min(case_key) as case_key,
        cast(count(*) as bigint) as case_count,
        sum(compensation_cny) as compensation_cny

    from voices_of_cases
    group by voice_key

),

orders as (

    select
        customer_key,
        ordered_at

    from {{ ref('fct_orders') }}
    where is_valid and customer_key is not null

),

repurchases as (

    select
        voices.voice_key,
        min(orders.ordered_at) as repurchased_at

    from voices

    inner join orders
        on
            voices.customer_key = orders.customer_key
            and voices.posted_at < orders.ordered_at
            and {{ plus_seconds('voices.posted_at', var('repurchase_window_days') ~ ' * 86400') }} > orders.ordered_at

    group by voices.voice_key

),

outcomes as (

    select
        voices.voice_key,
        voices.voice_kind,
        voices.channel_code,
        voices.brand_code,
        voices.product_key,
        voices.customer_key,
        clocks.department_code,
        voices.posted_at,
        voices.first_rating_share,
        voices.rating_share,
        voices.edited_at,
        case
            when voices.first_rating_share is not null
                then
                    voices.first_rating_share <= {{ var('negative_rating_at_most') }}
                    and voices.rating_share >= {{ var('positive_rating_from') }}
                    and voices.edited_at is not null
        end as is_bettered,
        clocks.first_reply_at,
        clocks.handled_at,
        least(
            coalesce(clocks.first_reply_at, clocks.handled_at), coalesce(clocks.handled_at, clocks.first_reply_at)
        ) as answered_at,
        {{ plus_seconds('voices.posted_at', var('repurchase_window_days') ~ ' * 86400') }} as repurchase_until,
        repurchases.repurchased_at,
        compensations.case_key,
        coalesce(compensations.case_count, 0) as case_count,
        compensations.compensation_cny

    from voices

    left join clocks
        on voices.voice_key = clocks.subject_key

    left join compensations
        on voices.voice_key = compensations.voice_key

    left join repurchases
        on voices.voice_key = repurchases.voice_key

),

final as (

    select
        outcomes.voice_key,
        outcomes.voice_kind,
        outcomes.channel_code,
        outcomes.brand_code,
        outcomes.product_key,
        outcomes.customer_key,
        outcomes.department_code,
        outcomes.posted_at,
        cast(outcomes.first_rating_share as double) as first_rating_share,
        cast(outcomes.rating_share as double) as rating_share,
        outcomes.edited_at,
        outcomes.first_reply_at,
        outcomes.handled_at,
        outcomes.is_bettered,
        case
            when outcomes.is_bettered is not null
                then outcomes.is_bettered and coalesce(outcomes.edited_at > outcomes.first_reply_at, false)
        end as is_bettered_after_reply,
        case
            when outcomes.is_bettered is not null
                then outcomes.is_bettered and coalesce(outcomes.edited_at > outcomes.answered_at, false)
        end as is_bettered_after_handling,
        outcomes.repurchase_until,
        outcomes.repurchased_at,
        case
            -- before the window is over a customer who has not come back still may
            when outcomes.customer_key is not null and outcomes.repurchase_until <= as_of.as_of_end_at
                then outcomes.repurchased_at is not null
        end as is_repurchased,
        outcomes.case_key,
        outcomes.case_count,
        cast(outcomes.compensation_cny as decimal(18, 2)) as compensation_cny

    from outcomes

    cross join as_of

)

select * from final
