-- Grain: one row per channel, topic and day measured: what its running totals gained since it was last measured.
with

topics as (

    select * from {{ ref('stg_topics') }}

),

days_with_previous as (

    select
        *,
        lag(impression_count) over days_of_topic as impression_count_before,
        lag(post_count) over days_of_topic as post_count_before,
        lag(participant_count) over days_of_topic as participant_count_before

    from topics
    window days_of_topic as (
        partition by channel_code, topic_ref
        order by measured_on
    )

),

final as (

    select
        record_key as topic_day_key,
        channel_code,
        topic_ref,
        measured_on,
        topic_name,
        theme_code,
        -- a counter that a platform set back gained nothing, and what a topic had collected before it was first
        -- measured belongs to no day
        case when impression_count_before is not null then greatest(impression_count - impression_count_before, 0) end
            as impression_count,
        case when post_count_before is not null then greatest(post_count - post_count_before, 0) end as post_count,
        case
            when participant_count_before is not null then greatest(participant_count - participant_count_before, 0)
        end as participant_count

    from days_with_previous

)

select * from final
