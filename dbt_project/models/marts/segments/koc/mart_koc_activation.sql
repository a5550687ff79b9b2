-- Grain: one row per measure of what KOCs did after they were activated.
{%- set amounts = ['own_voices', 'posts', 'engagement', 'orders', 'net_cny'] %}
{%- set strata = ['activated_on', 'purchase_band', 'voice_band'] %}
with

koc_comparison as (

    select * from {{ ref('int_koc_comparison') }}

),

measure_pairs as (

    {% for measure in amounts -%}
    select
        '{{ measure }}' as measure_code,
        {{ loop.index }} as measure_position,
        'amount' as measure_kind_code,
        is_treated,
        {{ strata | join(', ') }},
        is_followed,
        followed_days,
        cast({{ measure }}_before as decimal(18, 2)) as amount_before,
        cast({{ measure }}_after as decimal(18, 2)) as amount_after
    from koc_comparison
    union all
    {% endfor -%}
    select
        'repurchase' as measure_code,
        {{ amounts | length + 1 }} as measure_position,
        'rate' as measure_kind_code,
        is_treated,
        {{ strata | join(', ') }},
        is_followed,
        followed_days,
        cast(case when orders_before > 0 then 1 else 0 end as decimal(18, 2)) as amount_before,
        cast(case when orders_after > 0 then 1 else 0 end as decimal(18, 2)) as amount_after
    from koc_comparison

),

-- KOCs without a day of follow-up count as activated and are left out of the means
{% for kind in ['amount', 'rate'] -%}
followed_{{ kind }}s as (

    select * from measure_pairs
    where
        is_followed
        and measure_kind_code = '{{ kind }}'

),

matched_{{ kind }}s as (

    {{ matched_difference(
        'followed_' ~ kind ~ 's',
        strata=strata,
        outcome='amount_after',
        kind=kind,
        groups=['measure_code'],
        fewest=var('koc_activation_fewest'),
    ) | indent(4) }}

),

{% endfor -%}
matched_measures as (

    select * from matched_amounts
    union all
    select * from matched_rates

),

measure_sums as (

    select
        measure_code,
        measure_position,
        measure_kind_code,
        count(*) as activated_count,
        count(*) filter (where is_followed) as followed_count,
        avg(followed_days) filter (where is_followed) as mean_followed_days,
        sum(amount_before) filter (where is_followed) as total_before,
        sum(amount_after) filter (where is_followed) as total_after

    from measure_pairs
    where is_treated
    group by measure_code, measure_position, measure_kind_code

),

final as (

    select
        measure_sums.measure_code,
        cast(measure_sums.measure_position as integer) as measure_position,
        measure_sums.measure_kind_code,
        measure_sums.activated_count,
        measure_sums.followed_count,
        cast(round(measure_sums.mean_followed_days, 4) as double) as mean_followed_days,
        cast(measure_sums.total_before as decimal(18, 2)) as total_before,
        cast(measure_sums.total_after as decimal(18, 2)) as total_after,
        {%- for side in ['before', 'after'] %}
        cast(round(cast(measure_sums.total_{{ side }} as double) / nullif(measure_sums.followed_count, 0), 8) as double)
            as mean_{{ side }},
        {%- endfor %}
        {%- for column in ['matched_treated_count', 'unmatched_treated_count', 'control_count', 'stratum_count'] %}
        cast(coalesce(matched_measures.{{ column }}, 0) as bigint) as {{ column }},
        {%- endfor %}
        {%- for column in [
            'effective_control_count', 'treated_mean', 'matched_control_mean', 'difference', 'difference_low',
            'difference_high', 'relative_difference', 'relative_low', 'relative_high', 'crude_difference',
        ] %}
        cast(matched_measures.{{ column }} as double) as {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}

    from measure_sums

    left join matched_measures
        on measure_sums.measure_code = matched_measures.measure_code

)

select * from final
