-- Grain: one row per goal, path of marketing channels and channel of the conversion; `all` is every one of them.
with

{{ journey_path_window() }},

journeys as (

    select
        journeys.path_key,
        journeys.goal_code,
        journeys.conversion_key,
        journeys.is_converted,
        journeys.is_censored,
        journeys.value_cny,
        {{ seconds_between('journeys.started_at', 'journeys.converted_at') }} / 86400 as first_touch_days,
        {{ seconds_between('journeys.ended_at', 'journeys.converted_at') }} / 86400 as last_touch_days

    from {{ ref('int_journeys') }} as journeys

    inner join as_of
        on cast(coalesce(journeys.converted_at, journeys.ended_at) as date) >= as_of.window_start

),

touches_with_previous as (

    select
        touches.path_key,
        touches.touch_position,
        touches.marketing_channel_code,
        lag(touches.marketing_channel_code) over (
            partition by touches.path_key
            order by touches.touch_position
        ) as previous_channel_code

    from {{ ref('int_journey_touches') }} as touches

    inner join journeys
        on touches.path_key = journeys.path_key

),

-- repeats in a row are one step: Douyin, Douyin, Douyin, Zhihu is Douyin > Zhihu
steps as (

    select
        path_key,
        touch_position,
        coalesce(marketing_channel_code, 'unknown') as marketing_channel_code

    from touches_with_previous
    where
        touch_position = 1
        or marketing_channel_code is distinct from previous_channel_code

),

paths as (

    select
        path_key,
        string_agg(marketing_channel_code, ' > ' order by touch_position) as path_code,
        count(*) as step_count

    from steps
    group by path_key

),

journeys_with_path as (

    select
        journeys.*,
        paths.path_code,
        paths.step_count,
        coalesce(conversions.channel_code, 'unknown') as end_channel_code

    from journeys

    inner join paths
        on journeys.path_key = paths.path_key

    left join {{ ref('fct_conversions') }} as conversions
        on journeys.conversion_key = conversions.conversion_key

),

paths_with_rank as (

    select
        goal_code,
        path_code,
        min(path_key) as example_path_key,
        row_number() over (
            partition by goal_code
            order by count(*) filter (where is_converted) desc, count(*) desc, path_code asc
        ) as path_rank

    from journeys_with_path
    group by goal_code, path_code

),

top_paths as (

    select * from paths_with_rank
    where path_rank <= {{ var('journey_path_count') }}

),

-- every journey of a path gives the same name, so one is read
path_names as (

    select
        top_paths.goal_code,
        top_paths.path_code,
        top_paths.path_rank,
        string_agg(
            coalesce(channels.marketing_channel_name, steps.marketing_channel_code), ' > ' order by steps.touch_position
        ) as path_name,
        string_agg(
            coalesce(channels.marketing_channel_name_en, steps.marketing_channel_code),
            ' > ' order by steps.touch_position
        ) as path_name_en

    from top_paths

    inner join steps
        on top_paths.example_path_key = steps.path_key

    left join {{ ref('marketing_channels') }} as channels
        on steps.marketing_channel_code = channels.marketing_channel_code

    group by top_paths.goal_code, top_paths.path_code, top_paths.path_rank

),

journeys_with_shown_path as (

    select
        journeys_with_path.*,
        coalesce(top_paths.path_code, 'other') as shown_path_code

    from journeys_with_path

    left join top_paths
        on
            journeys_with_path.goal_code = top_paths.goal_code
            and journeys_with_path.path_code = top_paths.path_code

),

-- the denominator of a rate is all journeys of the path, whatever channel they ended in
journey_counts as (

    select
        goal_code,
        shown_path_code,
        count(*) as journey_count,
        count(*) filter (where is_censored) as censored_count,
        -- null for `other`, whose paths differ in length
        case when min(step_count) = max(step_count) then max(step_count) end as step_count

    from journeys_with_shown_path
    group by goal_code, shown_path_code

),

conversion_counts as (

    select
        goal_code,
        shown_path_code,
        case when grouping(end_channel_code) = 1 then 'all' else end_channel_code end as end_channel_code,
        count(*) filter (where is_converted) as conversion_count,
        cast(coalesce(sum(value_cny) filter (where is_converted), 0) as decimal(18, 2)) as value_cny,
        median(first_touch_days) filter (where is_converted) as first_touch_days,
        median(last_touch_days) filter (where is_converted) as last_touch_days

    from journeys_with_shown_path
    group by
        grouping sets (
            (goal_code, shown_path_code),
            (goal_code, shown_path_code, end_channel_code)
        )
    having
        grouping(end_channel_code) = 1
        or (shown_path_code <> 'other' and count(*) filter (where is_converted) > 0)

),

totals as (

    select
        goal_code,
        count(*) filter (where is_converted) as conversion_count

    from journeys_with_shown_path
    group by goal_code

),

final as (

    select

        ---------- the path
        conversion_counts.goal_code,
        conversion_counts.shown_path_code as path_code,
        conversion_counts.end_channel_code,
        cast(path_names.path_rank as integer) as path_rank,
        coalesce(path_names.path_name, '其他路径')
        || case
            when conversion_counts.end_channel_code = 'all' then ''
            else ' > ' || coalesce(labels.label_zh, conversion_counts.end_channel_code)
        end as path_label_zh,
        coalesce(path_names.path_name_en, 'other paths')
        || case
            when conversion_counts.end_channel_code = 'all' then ''
            else ' > ' || coalesce(labels.label_en, conversion_counts.end_channel_code)
        end as path_label_en,
        cast(journey_counts.step_count as integer) as step_count,

        ---------- measures
        journey_counts.journey_count,
        journey_counts.censored_count,
        conversion_counts.conversion_count,
        cast(conversion_counts.conversion_count / journey_counts.journey_count as double) as conversion_rate,
        cast(conversion_counts.conversion_count / nullif(totals.conversion_count, 0) as double) as conversion_share,
        conversion_counts.value_cny,
        cast(round(conversion_counts.first_touch_days, 6) as double) as first_touch_days,
        cast(round(conversion_counts.last_touch_days, 6) as double) as last_touch_days,

        ---------- window
        as_of.window_start,
        as_of.as_of as window_end

    from conversion_counts

    cross join as_of

    inner join journey_counts
        on
            conversion_counts.goal_code = journey_counts.goal_code
            and conversion_counts.shown_path_code = journey_counts.shown_path_code

    inner join totals
        on conversion_counts.goal_code = totals.goal_code

    left join path_names
        on
            conversion_counts.goal_code = path_names.goal_code
            and conversion_counts.shown_path_code = path_names.path_code

    left join {{ ref('channel_labels') }} as labels
        on conversion_counts.end_channel_code = labels.channel_code

)

select * from final
