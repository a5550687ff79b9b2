-- Grain: one row per programme of witnessed use, and one for all.
with

participants as (

    select * from {{ ref('fct_trials') }}

),

trial_counts as (

    select
        coalesce(programme_ref, 'all') as programme_ref,
        min(started_on) as first_started_on,
        max(started_on) as last_started_on,
        count(*) as enrolled_count,
        count(*) filter (where is_started) as started_count,
        count(*) filter (where is_matured) as matured_count,
        count(*) filter (where is_matured and is_completed) as completed_count,
        count(*) filter (where is_dropped) as dropped_count,
        count(*) filter (where is_matured and not is_completed and not is_dropped) as unreported_count,
        sum(livestream_count) as livestream_count,

        ---------- before and after, of those who were asked twice
        count(*) filter (where is_paired) as pair_count,
        avg(pre_score) filter (where is_paired) as pre_score,
        avg(post_score) filter (where is_paired) as post_score,
        avg(post_score - pre_score) filter (where is_paired) as uplift,
        stddev_samp(post_score - pre_score) filter (where is_paired) as uplift_deviation,
        var_samp(pre_score) filter (where is_paired) as pre_variance,
        var_samp(post_score) filter (where is_paired) as post_variance,
        covar_samp(pre_score, post_score) filter (where is_paired) as covariance,
        count(*) filter (where is_completed and post_score is null) as without_post_count,
        count(*) filter (where pre_score is null) as without_pre_count,
        count(pre_score) filter (where not is_paired) as unpaired_count,
        avg(pre_score) filter (where not is_paired) as unpaired_pre_score

    from (
        select
            *,
            pre_score is not null and post_score is not null as is_paired
        from participants
    ) as marked

    group by grouping sets ((programme_ref), ())
    having count(*) > 0

),

trials_with_margin as (

    select
        *,
        {{ paired_margin('uplift_deviation', 'pair_count') }} as uplift_margin,
        post_score / nullif(pre_score, 0) - 1 as relative_uplift,
        {{ paired_ratio_margin(
            'pre_score', 'post_score', 'pre_variance', 'post_variance', 'covariance', 'pair_count'
        ) }} as relative_margin

    from trial_counts

),

final as (

    -- rounded, because the last digits of a sum of doubles depend on the order of its rows
    select
        programme_ref,
        {{ unless_small('enrolled_count', 'enrolled_count') }} as enrolled_count,
        {{ small_cell('enrolled_count') }} as is_suppressed,
        {%- for column in [
            'first_started_on', 'last_started_on', 'started_count', 'matured_count', 'completed_count',
        ] %}
        {{ unless_small(column, 'enrolled_count') }} as {{ column }},
        {%- endfor %}
        {{ unless_small('round(completed_count / nullif(matured_count, 0), 6)', 'enrolled_count') }} as completion_rate,
        {%- for side, end in [('-', 'low'), ('+', 'high')] %}
        {%- set bound = 'round(' ~ wilson_end('completed_count', 'nullif(matured_count, 0)', side) ~ ', 6)' %}
        {{ unless_small(bound, 'enrolled_count') }} as completion_rate_{{ end }},
        {%- endfor %}
        {%- for column in ['dropped_count', 'unreported_count'] %}
        {{ unless_small(column, 'enrolled_count') }} as {{ column }},
        {%- endfor %}
        {{ unless_small('cast(coalesce(livestream_count, 0) as bigint)', 'enrolled_count') }} as livestream_count,
        {{ unless_small('round(livestream_count / nullif(started_count, 0), 4)', 'enrolled_count') }}
            as livestreams_per_participant,
        {{ unless_small('pair_count', 'enrolled_count') }} as pair_count,
        -- scores of few people are suppressed, however many enrolled
        {%- for column, expression in [
            ('pre_score', 'pre_score'),
            ('post_score', 'post_score'),
            ('uplift_points', 'uplift'),
            ('uplift_points_low', 'uplift - uplift_margin'),
            ('uplift_points_high', 'uplift + uplift_margin'),
            ('relative_uplift', 'relative_uplift'),
            ('relative_uplift_low', 'relative_uplift - relative_margin'),
            ('relative_uplift_high', 'relative_uplift + relative_margin'),
        ] %}
        {{ unless_small(unless_small('round(' ~ expression ~ ', 6)', 'pair_count'), 'enrolled_count') }}
            as {{ column }},
        {%- endfor %}
        {{ unless_small(unless_small('round(unpaired_pre_score, 6)', 'unpaired_count'), 'enrolled_count') }}
            as unpaired_pre_score,
        {{ unless_small('without_post_count', 'enrolled_count') }} as without_post_count,
        {{ unless_small('without_pre_count', 'enrolled_count') }} as without_pre_count

    from trials_with_margin

)

select * from final
