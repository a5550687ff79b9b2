-- Grain: one row per month in which ideas were handed in, and one for all time.
-- Who handed one in and who only bought are followed over the same days, each from their first deed of the period.
{%- set days = var('cocreation_window_days') %}
{%- set kind = "case when grouping(month_start) = 1 then 'all' else 'month' end" %}
with

as_of as (

    select as_of_end_at from {{ ref('stg_as_of') }}

),

ideas as (

    select
        *,
        cast(date_trunc('month', submitted_at) as date) as month_start,
        coalesce(days_to_adoption <= {{ var('idea_days') }}, false) as is_adopted_in_time

    from {{ ref('fct_ideas') }}

),

orders as (

    select
        customer_key,
        ordered_at as done_at

    from {{ ref('fct_orders') }}
    where
        is_valid
        and customer_key is not null

),

idea_counts as (

    select
        {{ kind }} as period_kind,
        month_start,
        count(*) as idea_count,
        sum(vote_count) as vote_count,
        median(vote_count) filter (where is_adopted) as adopted_median_votes,
        median(vote_count) filter (where not is_adopted) as other_median_votes,
        count(*) filter (where is_matured) as matured_count,
        count(*) filter (where is_matured and is_adopted_in_time) as matured_adopted_count,
        count(*) filter (where is_decided) as decided_count,
        count(*) filter (where is_adopted) as adopted_count,
        count(*) filter (where is_released) as released_count,
        median(days_to_adoption) as median_days_to_adoption,
        median(days_to_release) as median_days_to_release,
        median(days_from_adoption_to_release) as median_days_from_adoption_to_release,
        count(distinct customer_key) as contributor_count

    from ideas
    group by grouping sets ((month_start), ())
    having count(*) > 0

),

deeds as (

    select
        customer_key,
        done_at,
        false as is_idea
    from orders

    union all

    select
        customer_key,
        submitted_at as done_at,
        true as is_idea
    from ideas
    where customer_key is not null

),

-- a contributor is followed from the first idea of the period, anybody else from the first order
first_deeds as (

    select
        {{ kind }} as period_kind,
        month_start,
        customer_key,
        bool_or(is_idea) as is_contributor,
        case when bool_or(is_idea) then min(done_at) filter (where is_idea) else min(done_at) end as from_at

    from (
        select
            *,
            cast(date_trunc('month', done_at) as date) as month_start
        from deeds
    ) as dated

    group by grouping sets ((month_start, customer_key), (customer_key))

),

deeds_with_retention as (

    select
        first_deeds.period_kind,
        first_deeds.month_start,
        first_deeds.customer_key,
        first_deeds.is_contributor,
        -- what is done on the day itself belongs to the first deed
        coalesce(bool_or(cast(deeds.done_at as date) > cast(first_deeds.from_at as date)), false) as is_retained

    from first_deeds

    inner join as_of
        on first_deeds.from_at + {{ days }} * interval '1 day' <= as_of.as_of_end_at

    left join deeds
        on
            first_deeds.customer_key = deeds.customer_key
            and first_deeds.from_at < deeds.done_at
            and first_deeds.from_at + {{ days }} * interval '1 day' > deeds.done_at

    group by all

),

sides as (

    select
        period_kind,
        month_start,
        count(*) filter (where is_contributor) as followed_contributor_count,
        count(*) filter (where is_contributor and is_retained) as retained_contributor_count,
        count(*) filter (where not is_contributor) as followed_buyer_count,
        count(*) filter (where not is_contributor and is_retained) as retained_buyer_count

    from deeds_with_retention
    group by period_kind, month_start

),

cocreation_measures as (

    select
        idea_counts.*,
        {%- for column in ['followed_contributor', 'retained_contributor', 'followed_buyer', 'retained_buyer'] %}
        coalesce(sides.{{ column }}_count, 0) as {{ column }}_count
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from idea_counts

    left join sides
        on
            idea_counts.period_kind = sides.period_kind
            and idea_counts.month_start is not distinct from sides.month_start

),

final as (

    select
        period_kind,
        coalesce(month_start, min(month_start) over ()) as month_start,
        idea_count,
        cast(coalesce(vote_count, 0) as bigint) as vote_count,
        cast(adopted_median_votes as double) as adopted_median_votes,
        cast(other_median_votes as double) as other_median_votes,
        matured_count,
        matured_adopted_count,
        round(matured_adopted_count / nullif(matured_count, 0), 6) as adoption_rate,
        round({{ wilson_end('matured_adopted_count', 'nullif(matured_count, 0)', '-') }}, 6) as adoption_rate_low,
        round({{ wilson_end('matured_adopted_count', 'nullif(matured_count, 0)', '+') }}, 6) as adoption_rate_high,
        decided_count,
        adopted_count,
        round(adopted_count / nullif(decided_count, 0), 6) as adoption_rate_of_decided,
        released_count,
        round(median_days_to_adoption, 4) as median_days_to_adoption,
        round(median_days_to_release, 4) as median_days_to_release,
        round(median_days_from_adoption_to_release, 4) as median_days_from_adoption_to_release,
        {{ unless_small('contributor_count', 'contributor_count') }} as contributor_count,
        {{ small_cell('contributor_count') }}
        or {{ small_cell('followed_contributor_count') }}
        or {{ small_cell('followed_buyer_count') }} as is_suppressed,
        {%- set few = 'case when ' ~ small_cell('contributor_count') ~ ' or ' ~ small_cell('followed_contributor_count')
            ~ ' or ' ~ small_cell('followed_buyer_count') ~ ' then 1 else 0 end' %}
        {%- for column, expression in [
            ('followed_contributor_count', 'followed_contributor_count'),
            ('retained_contributor_count', 'retained_contributor_count'),
            ('contributor_retention_rate', 'round(retained_contributor_count / nullif(followed_contributor_count, 0), 6)'),
            ('followed_buyer_count', 'followed_buyer_count'),
            ('retained_buyer_count', 'retained_buyer_count'),
            ('buyer_retention_rate', 'round(retained_buyer_count / nullif(followed_buyer_count, 0), 6)'),
            ('retention_difference',
                'round(retained_contributor_count / nullif(followed_contributor_count, 0)'
                ~ ' - retained_buyer_count / nullif(followed_buyer_count, 0), 6)'),
            ('retention_difference_low', 'round(' ~ newcombe_end(
                'retained_contributor_count', 'followed_contributor_count',
                'retained_buyer_count', 'followed_buyer_count', '-') ~ ', 6)'),
            ('retention_difference_high', 'round(' ~ newcombe_end(
                'retained_contributor_count', 'followed_contributor_count',
                'retained_buyer_count', 'followed_buyer_count', '+') ~ ', 6)'),
        ] %}
        case when {{ few }} = 0 then {{ expression }} end as {{ column }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from cocreation_measures

)

select * from final
