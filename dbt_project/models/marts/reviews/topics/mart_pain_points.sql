-- Grain: one row per brand, product (or all) and aspect that voices of the last days blame.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

complaints as (

    -- every voice counts, public or not; copies are left out, for they repeat a complaint
    select
        voices.voice_key,
        voices.brand_code,
        coalesce(voices.product_key, 'unknown') as product_key,
        found.aspect_code,
        found.evidence_text,
        voices.posted_at,
        coalesce(voices.helpful_count, 0) + coalesce(voices.follower_count, 0) as reach_count,
        {{ day_number('as_of.as_of') }} - {{ day_number('voices.posted_at') }} as age_days

    from {{ ref('fct_voice_aspects') }} as found

    inner join {{ ref('fct_voices') }} as voices
        on found.voice_key = voices.voice_key

    cross join as_of

    where
        found.polarity = -1
        and voices.is_original
        and voices.brand_code is not null

),

history as (

    -- where the voices begin within the window before, its count is incomplete
    select
        max({{ day_number('as_of.as_of') }} - {{ day_number('voices.posted_at') }})
        >= 2 * {{ var('pain_point_window_days') }} - 1 as has_window_before

    from {{ ref('fct_voices') }} as voices

    cross join as_of

),

complaints_in_window as (

    select
        *,
        age_days < {{ var('pain_point_window_days') }} as is_current

    from complaints
    where age_days >= 0 and age_days < 2 * {{ var('pain_point_window_days') }}

),

complaint_counts as (

    select
        brand_code,
        case when grouping(product_key) = 1 then 'all' else product_key end as product_key,
        aspect_code,
        count(*) filter (where is_current) as negative_count,
        count(*) filter (where not is_current) as previous_negative_count

    from complaints_in_window
    group by grouping sets ((brand_code, aspect_code), (brand_code, product_key, aspect_code))

),

shares as (

    select
        *,
        negative_count / sum(negative_count) over (partition by brand_code, product_key) as negative_share,
        row_number() over (
            partition by brand_code, product_key
            order by negative_count desc, aspect_code asc
        ) as pain_rank,
        sum(negative_count) over (
            partition by brand_code, product_key
            order by negative_count desc, aspect_code asc
            rows between unbounded preceding and current row
        ) / sum(negative_count) over (partition by brand_code, product_key) as cumulative_share

    from complaint_counts
    where negative_count > 0

),

examples as (

    -- the one that most people met, and of these the latest
    select
        brand_code,
        'all' as product_key,
        aspect_code,
        voice_key,
        evidence_text

    from complaints_in_window
    where is_current
    qualify
        row_number() over (
            partition by brand_code, aspect_code
            order by reach_count desc, posted_at desc, voice_key asc
        ) = 1

    union all

    select
        brand_code,
        product_key,
        aspect_code,
        voice_key,
        evidence_text

    from complaints_in_window
    where is_current
    qualify row_number() over (
        partition by brand_code, product_key, aspect_code
        order by reach_count desc, posted_at desc, voice_key asc
    ) = 1

),

final as (

    select
        shares.brand_code,
        shares.product_key,
        shares.aspect_code,
        cast(shares.pain_rank as bigint) as pain_rank,
        shares.negative_count,
        shares.negative_share,
        shares.cumulative_share,
        -- the vital few: the first that together make up the share, the one that crosses it among them
        shares.cumulative_share - shares.negative_share < {{ var('pareto_share') }} as is_vital_few,
        case when history.has_window_before then shares.previous_negative_count end as previous_negative_count,
        examples.voice_key as example_voice_key,
        examples.evidence_text as example_evidence_text,
        as_of.as_of

    from shares

    inner join examples
        on
            shares.brand_code = examples.brand_code
            and shares.product_key = examples.product_key
            and shares.aspect_code = examples.aspect_code

    cross join as_of

    cross join history

)

select * from final
