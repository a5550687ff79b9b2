{#
    Path transforms, as the field publishes them (Google's Fractribution, Snowplow's attribution package).

    `path_transform(relation, transform)` is a query of the touches of paths that are left: `relation` has one
    row per touch with

        path_no, outcome_no    the journey, and what else is to be known of it
        touch_position         place in the journey, from 1
        value_no               the channel (or strategy)
        is_dropped             whether the channel is one of attribution_dropped_values
        frequency              0, or after `frequency` how often the journey has the channel

    and so has the result. For the path direct, A, B, B, A, direct, direct with `direct` dropped:

        none (unique)    all touches as they are
        exposure         repeats in a row are one:                   direct, A, B, A, direct
        first            only the first touch of each channel:       direct, A, B
        frequency        the same, and how many there were:          direct(3), A(2), B(2)
        last_not_all     dropped ones leave the end of the path:     direct, A, B, B, A
        not_all          dropped ones leave the whole path:          A, B, B, A

    The last two leave a path alone that consists of nothing else.
#}
{% macro path_transform(relation, transform) -%}
    {%- if transform not in ['none', 'unique', 'exposure', 'first', 'frequency', 'last_not_all', 'not_all'] -%}
        {%- do exceptions.raise_compiler_error(
            "attribution_path_transforms: there is no transform " ~ transform ~ "; see macros/path_transform.sql"
        ) -%}
    {%- endif -%}
    select
        path_no,
        outcome_no,
        touch_position,
        value_no,
        is_dropped,
        {% if transform == 'frequency' -%}
        count(*) over (partition by path_no, value_no) as frequency
        {%- else -%}
        frequency
        {%- endif %}

    from {{ relation }}
    {%- if transform == 'exposure' %}
    qualify value_no is distinct from lag(value_no) over (partition by path_no order by touch_position)
    {%- elif transform in ['first', 'frequency'] %}
    qualify row_number() over (partition by path_no, value_no order by touch_position) = 1
    {%- elif transform == 'last_not_all' %}
    qualify
        touch_position <= coalesce(
            max(case when not is_dropped then touch_position end) over (partition by path_no), touch_position
        )
    {%- elif transform == 'not_all' %}
    qualify not is_dropped or min(case when is_dropped then 1 else 0 end) over (partition by path_no) = 1
    {%- endif %}
{%- endmacro %}


{#
    CTEs by which aggregates of paths read journeys: `periods` to be built, `path_values` (dimension_code,
    value_no, value_code), and per dimension `<dimension>_paths` with the columns of path_transform, transformed.
    Everything is a small number by then, for ten million strings cost more than the work on them. outcome_no is
    2 * period_no, + 1 with a conversion.
#}
{% macro paths_by_dimension() -%}
    {#- the column of a touch, and what a touch without one is called -#}
    {%- set dimensions = {
        'marketing_channel': ('marketing_channel_code', 'unknown'),
        'strategy': ('strategy_code', 'unknown'),
    } -%}
    {%- set transforms = (var('attribution_path_transforms') or []) | reject('in', ['none', 'unique']) | list -%}
periods as (

    select
        period_key,
        goal_code,
        month_start,
        inputs_hash,
        row_number() over (order by period_key) as period_no

    from {{ ref('int_path_periods') }}
    where
        journey_count > 0
        and {{ is_affected('period_key') }}

),

journeys as (

    select
        journeys.path_key,
        row_number() over (order by periods.period_no) as path_no,
        2 * periods.period_no + case when journeys.is_converted then 1 else 0 end as outcome_no

    from {{ ref('int_journeys') }} as journeys

    inner join periods
        on
            journeys.goal_code = periods.goal_code
            and journeys.month_start = periods.month_start
    {%- if not var('attribution_censored_as_null') %}

    where not journeys.is_censored
    {%- endif %}

),

{% for dimension_code, (column, missing) in dimensions.items() -%}
{{ dimension_code }}_values as (

    select
        value_code,
        row_number() over (order by value_code) - 1 as value_no

    from (
        select distinct coalesce({{ column }}, '{{ missing }}') as value_code
        from {{ ref('int_journey_touches') }}
    ) as every_value

),

{% endfor -%}
touches as (

    select
        journeys.path_no,
        journeys.outcome_no,
        cast(touches.touch_position as integer) as touch_position
        {%- for dimension_code, (column, missing) in dimensions.items() %},
        cast({{ dimension_code }}_values.value_no as smallint) as {{ dimension_code }}_no
        {%- endfor %}

    from {{ ref('int_journey_touches') }} as touches

    inner join journeys
        on touches.path_key = journeys.path_key
    {%- for dimension_code, (column, missing) in dimensions.items() %}

    inner join {{ dimension_code }}_values
        on coalesce(touches.{{ column }}, '{{ missing }}') = {{ dimension_code }}_values.value_code
    {%- endfor %}

),

{% for dimension_code in dimensions -%}
{{ dimension_code }}_paths_0 as (

    select
        touches.path_no,
        touches.outcome_no,
        touches.touch_position,
        touches.{{ dimension_code }}_no as value_no,
        {% if transforms -%}
        {{ dimension_code }}_values.value_code in (
            '{{ var('attribution_dropped_values') | join("', '") }}'
        ) as is_dropped,
        {%- else -%}
        false as is_dropped,
        {%- endif %}
        0 as frequency

    from touches
    {%- if transforms %}

    inner join {{ dimension_code }}_values
        on touches.{{ dimension_code }}_no = {{ dimension_code }}_values.value_no
    {%- endif %}

),

{% for transform in transforms -%}
{{ dimension_code }}_paths_{{ loop.index }} as (

    {{ path_transform(dimension_code ~ '_paths_' ~ loop.index0, transform) }}

),

{% endfor -%}
{{ dimension_code }}_paths as (

    select * from {{ dimension_code }}_paths_{{ transforms | length }}

){% if not loop.last %},

{% endif -%}
{%- endfor -%}
{%- endmacro %}


{#
    A query of the periods (goal and month) whose journeys or conversions have moved since `standing`, a relation
    with period_key and inputs_hash, was built from them. `has_rows` says of a row of int_path_periods whether the
    relation has rows of that period at all.
#}
{% macro periods_with_moved_inputs(standing, has_rows) -%}
    {#- read at parsing for the lineage; a full build needs no comparison -#}
    {%- if not execute or replaces_affected() -%}
    select coalesce(periods.period_key, standing.period_key)
    from (select period_key, inputs_hash from {{ ref('int_path_periods') }} where {{ has_rows }}) as periods
    full outer join (select distinct period_key, inputs_hash from {{ standing }}) as standing
        on periods.period_key = standing.period_key
    where periods.inputs_hash is distinct from standing.inputs_hash
    {%- endif -%}
{%- endmacro %}


{#
    CTEs up to `touches`: the touches of `relation` (conversion_no, touch_position, period_key, channel) that the
    transforms leave on their paths. Those that drop repeats leave every channel in its journey, and a channel's
    credit goes to all of its touches, so only what leaves channels out has a say here.
#}
{% macro touches_left_on_their_paths(relation) -%}
    {%- set dropping = (var('attribution_path_transforms') or []) | select('in', ['last_not_all', 'not_all']) | list -%}
    {%- if dropping -%}
paths_0 as (

    select
        conversion_no as path_no,
        period_key as outcome_no,
        touch_position,
        channel as value_no,
        channel in ('{{ var('attribution_dropped_values') | join("', '") }}') as is_dropped,
        0 as frequency

    from {{ relation }}

),

    {% for transform in dropping -%}
paths_{{ loop.index }} as (

    {{ path_transform('paths_' ~ loop.index0, transform) }}

),

    {% endfor -%}
    {%- endif -%}
touches as (

    select {{ relation }}.*
    from {{ relation }}
    {%- if dropping %}
    inner join paths_{{ dropping | length }} as kept
        on
            {{ relation }}.conversion_no = kept.path_no
            and {{ relation }}.touch_position = kept.touch_position
    {%- endif %}

)
{%- endmacro %}
