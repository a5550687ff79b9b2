-- Grain: one row per goal, path of marketing channels and channel of the conversion; `all` is every one of them.
with

as_of as (

    select
        as_of,
        {{ plus_days('as_of', '1 - ' ~ var('journey_path_days')) }} as window_start

    from {{ ref('stg_as_of') }}

),

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

placed as (

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

-- whoever saw Douyin three times before Zhihu went from Douyin to Zhihu
steps as (

    select
        path_key,
        touch_position,
        coalesce(marketing_channel_code, 'unknown') as marketing_channel_code

    from placed
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

walked as (

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

ranked as (

    select
        goal_code,
        path_code,
        min(path_key) as example_path_key,
        row_number() over (
            partition by goal_code
            order by count(*) filter (where is_converted) desc, count(*) desc, path_code asc
        ) as path_rank

    from walked
    group by goal_code, path_code

),

shown as (

    select * from ranked
    where path_rank <= {{ var('journey_path_count') }}

),

-- the name of a path is that of any journey along it
named as (

    select
        shown.goal_code,
        shown.path_code,
        shown.path_rank,
        string_agg(
            coalesce(channels.marketing_channel_name, steps.marketing_channel_code), ' > ' order by steps.touch_position
        ) as path_name,
        string_agg(
            coalesce(channels.marketing_channel_name_en, steps.marketing_channel_code),
            ' > ' order by steps.touch_position
        ) as path_name_en

    from shown

    inner join steps
        on shown.example_path_key = steps.path_key

    left join {{ ref('marketing_channels') }} as channels
        on steps.marketing_channel_code = channels.marketing_channel_code

    group by shown.goal_code, shown.path_code, shown.path_rank

),

grouped as (

    select
        walked.*,
        coalesce(shown.path_code, 'other') as shown_path_code

    from walked

    left join shown
        on
            walked.goal_code = shown.goal_code
            and walked.path_code = shown.path_code

),

-- the journeys that a rate is a share of are those along the path, wherever they ended
travelled as (

    select
        goal_code,
        shown_path_code,
        count(*) as journey_count,
        count(*) filter (where is_censored) as censored_count,
        -- none for the other paths, which differ in it
        case when min(step_count) = max(step_count) then max(step_count) end as step_count

    from grouped
    group by goal_code, shown_path_code

),

ended as (

    select
        goal_code,
        shown_path_code,
        case when grouping(end_channel_code) = 1 then 'all' else end_channel_code end as end_channel_code,
        count(*) filter (where is_converted) as conversion_count,
        cast(coalesce(sum(value_cny) filter (where is_converted), 0) as decimal(18, 2)) as value_cny,
        median(first_touch_days) filter (where is_converted) as first_touch_days,
        median(last_touch_days) filter (where is_converted) as last_touch_days

    from grouped
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

    from grouped
    group by goal_code

),

final as (

    select

        ---------- the path
        ended.goal_code,
        ended.shown_path_code as path_code,
        ended.end_channel_code,
        cast(named.path_rank as integer) as path_rank,
        coalesce(named.path_name, '其他路径')
        || case
            when ended.end_channel_code = 'all' then ''
            else ' > ' || coalesce(labels.label_zh, ended.end_channel_code)
        end as path_label_zh,
        coalesce(named.path_name_en, 'other paths')
        || case
            when ended.end_channel_code = 'all' then ''
            else ' > ' || coalesce(labels.label_en, ended.end_channel_code)
        end as path_label_en,
        cast(travelled.step_count as integer) as step_count,

        ---------- measures
        travelled.journey_count,
        travelled.censored_count,
        ended.conversion_count,
        cast(ended.conversion_count / travelled.journey_count as double) as conversion_rate,
        cast(ended.conversion_count / nullif(totals.conversion_count, 0) as double) as conversion_share,
        ended.value_cny,
        cast(round(ended.first_touch_days, 6) as double) as first_touch_days,
        cast(round(ended.last_touch_days, 6) as double) as last_touch_days,

        ---------- window
        as_of.window_start,
        as_of.as_of as window_end

    from ended

    cross join as_of

    inner join travelled
        on
            ended.goal_code = travelled.goal_code
            and ended.shown_path_code = travelled.shown_path_code

    inner join totals
        on ended.goal_code = totals.goal_code

    left join named
        on
            ended.goal_code = named.goal_code
            and ended.shown_path_code = named.path_code

    left join {{ ref('channel_labels') }} as labels
        on ended.end_channel_code = labels.channel_code

)

select * from final
