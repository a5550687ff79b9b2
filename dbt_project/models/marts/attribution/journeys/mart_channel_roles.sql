-- Grain: one row per goal and marketing channel: whether it opens, assists or closes the journeys that converted.
with

{{ journey_path_window() }},

touches as (

    select
        touches.goal_code,
        touches.conversion_key,
        coalesce(touches.marketing_channel_code, 'unknown') as marketing_channel_code,
        touches.touch_position,
        touches.touch_count

    from {{ ref('int_journey_touches') }} as touches

    inner join {{ ref('int_journeys') }} as journeys
        on touches.path_key = journeys.path_key

    inner join as_of
        on cast(journeys.converted_at as date) >= as_of.window_start

    where journeys.is_converted

),

parts as (

    select
        goal_code,
        marketing_channel_code,
        conversion_key,
        bool_or(touch_position = 1) as is_first,
        bool_or(touch_position = touch_count) as is_last,
        count(*) = max(touch_count) as is_alone

    from touches
    group by goal_code, marketing_channel_code, conversion_key

),

totals as (

    select
        goal_code,
        count(distinct conversion_key) as conversion_count

    from touches
    group by goal_code

),

part_counts as (

    select
        goal_code,
        marketing_channel_code,
        count(*) as part_count,
        count(*) filter (where is_first) as first_count,
        count(*) filter (where is_last) as last_count,
        count(*) filter (where not is_last) as assisted_count,
        count(*) filter (where is_alone) as alone_count

    from parts
    group by goal_code, marketing_channel_code

),

final as (

    select
        part_counts.goal_code,
        part_counts.marketing_channel_code,
        channels.marketing_channel_name,
        channels.touch_group_code,
        part_counts.part_count,
        cast(part_counts.part_count / totals.conversion_count as double) as part_share,
        part_counts.first_count,
        part_counts.last_count,
        part_counts.alone_count,
        part_counts.assisted_count,
        cast(part_counts.assisted_count / totals.conversion_count as double) as assisted_share,
        cast(part_counts.assisted_count / nullif(part_counts.last_count, 0) as double) as assisted_per_last,
        as_of.window_start,
        as_of.as_of as window_end

    from part_counts

    cross join as_of

    inner join totals
        on part_counts.goal_code = totals.goal_code

    left join {{ ref('marketing_channels') }} as channels
        on part_counts.marketing_channel_code = channels.marketing_channel_code

)

select * from final
