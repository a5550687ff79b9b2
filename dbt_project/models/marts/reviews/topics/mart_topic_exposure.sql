-- Grain: one row per channel, topic and month.
with

topics as (

    select * from {{ ref('stg_topics') }}

),

topics_with_month as (

    select
        *,
        cast(date_trunc('month', measured_on) as date) as month_start

    from topics

),

months as (

    select
        channel_code,
        topic_ref,
        month_start,
        max_by(topic_name, measured_on) as topic_name,
        max_by(theme_code, measured_on) as theme_code,
        max(measured_on) as last_measured_on,
        count(*) as measured_days,
        max_by(impression_count, measured_on) as last_impression_count,
        min_by(impression_count, measured_on) as first_impression_count,
        max_by(post_count, measured_on) as last_post_count,
        min_by(post_count, measured_on) as first_post_count,
        max_by(participant_count, measured_on) as last_participant_count,
        min_by(participant_count, measured_on) as first_participant_count

    from topics_with_month
    group by channel_code, topic_ref, month_start

),

months_with_previous as (

    select
        *,
        -- what a topic had collected before it was first measured belongs to no month
        coalesce(lag(last_impression_count) over months_of_topic, first_impression_count) as impression_count_before,
        coalesce(lag(last_post_count) over months_of_topic, first_post_count) as post_count_before,
        coalesce(lag(last_participant_count) over months_of_topic, first_participant_count) as participant_count_before

    from months
    window months_of_topic as (
        partition by channel_code, topic_ref
        order by month_start
    )

),

final as (

    select
        channel_code,
        topic_ref,
        month_start,
        topic_name,
        theme_code,
        measured_days,
        last_measured_on,
        -- a counter that a platform set back gained nothing
        greatest(last_impression_count - impression_count_before, 0) as impression_count,
        greatest(last_post_count - post_count_before, 0) as post_count,
        greatest(last_participant_count - participant_count_before, 0) as participant_count

    from months_with_previous

)

select * from final
