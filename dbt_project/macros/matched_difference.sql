{#
    Those who had something (a repair, an activation) beside comparable ones who did not: coarsened exact matching
    (Iacus, King and Porro, "Causal Inference without Balance Checking: Coarsened Exact Matching", Political Analysis
    20, 2012). Treated and control rows are compared within strata only; a stratum that holds one kind alone is left
    out, and counted. Each control of a stratum weighs treated / controls of that stratum, so that the controls have
    the strata of the treated (the average effect on those matched treated, ATT).

        repurchase_difference as (

            {{ matched_difference('units', strata=['purchase_band', 'month_start'], outcome='is_repurchased',
                                  kind='rate', groups=['claim_kind']) }}

        )

    - `relation` holds one row per person (a person who stands in several rows makes the interval too narrow), with
      a boolean `is_treated`, the columns of `strata` (already coarsened; a null is a category of its own) and the
      `outcome`: 0/1 or boolean for kind `rate`, a number for kind `amount`. Rows whose outcome or is_treated is null
      (not yet known) are no part of it.
    - `rows`: a column that says how many such people a row of the relation stands for, where it has been counted
      before; 1 without one.
    - One row per group in `groups`; one row in all, also of nothing, where there are none. Strata never reach over
      groups: controls that serve several groups are given to each by the caller.

    Columns: the groups, treated_count = matched_treated_count + unmatched_treated_count, control_count (in matched
    strata), effective_control_count (Kish 1965: what the unequal weights leave of them), stratum_count (matched),
    treated_mean and matched_control_mean (over the matched), difference, relative_difference, standard_error,
    difference_low, difference_high, relative_low, relative_high (95 %) and crude_difference, that of all treated
    and all controls without matching, to be read beside it and not instead of it.

    The standard error is that of the weighted regression of the outcome on is_treated with errors of unequal
    variance: it needs no two treated in a stratum, and is somewhat too wide where strata explain the outcome. An
    amount's interval is Welch's with Satterthwaite's degrees of freedom, a rate's Newcombe's (of Wilson's two) with
    the effective number of controls, so that 0 of 10 has an interval; the relative one is on the logarithm
    (delta method), null where a mean is not above 0. With fewer than `fewest` matched treated or effective controls
    (var matched_fewest) everything after the means is null.
#}
{% macro matched_difference(relation, strata, outcome, kind='rate', groups=[], rows='1', fewest=none) -%}
    {%- set fewest = var('matched_fewest') if fewest is none else fewest -%}
    {%- set matched = 'treated_rows > 0 and control_rows > 0' -%}
    {%- set value = 'cast(' ~ outcome ~ ' as integer)' if kind == 'rate' else outcome -%}
    {%- set value = 'cast(' ~ value ~ ' as double)' -%}
    {%- set is_enough = 'matched_treated_count >= ' ~ fewest ~ ' and effective_controls >= ' ~ fewest -%}
    with

    cells as (

        -- all that the estimate needs of a stratum: counts, sums and sums of squares
        select
            {%- for column in groups + strata %}
            {{ column }},
            {%- endfor %}
            cast(coalesce(sum({{ rows }}) filter (where is_treated), 0) as bigint) as treated_rows,
            cast(coalesce(sum({{ rows }}) filter (where not is_treated), 0) as bigint) as control_rows,
            coalesce(sum({{ rows }} * {{ value }}) filter (where is_treated), 0) as treated_sum,
            coalesce(sum({{ rows }} * {{ value }} * {{ value }}) filter (where is_treated), 0) as treated_squares,
            coalesce(sum({{ rows }} * {{ value }}) filter (where not is_treated), 0) as control_sum,
            coalesce(sum({{ rows }} * {{ value }} * {{ value }}) filter (where not is_treated), 0) as control_squares

        from {{ relation }}
        where
            {{ outcome }} is not null
            and is_treated is not null
        {%- if groups + strata %}
        group by {{ (groups + strata) | join(', ') }}
        {%- endif %}

    ),

    sums as (

        select
            {%- for column in groups %}
            {{ column }},
            {%- endfor %}
            coalesce(sum(treated_rows), 0) as treated_count,
            coalesce(sum(treated_rows) filter (where {{ matched }}), 0) as matched_treated_count,
            coalesce(sum(control_rows) filter (where {{ matched }}), 0) as control_count,
            count(*) filter (where {{ matched }}) as stratum_count,
            sum(treated_sum) filter (where {{ matched }}) as treated_sum,
            sum(treated_squares) filter (where {{ matched }}) as treated_squares,
            -- a control weighs treated_rows / control_rows; all weights together are the matched treated
            sum(treated_rows * control_sum / control_rows) filter (where {{ matched }}) as weighted_sum,
            sum(power(treated_rows * 1.0 / control_rows, 2) * control_rows) filter (where {{ matched }})
                as squared_weights,
            sum(power(treated_rows * 1.0 / control_rows, 2) * control_sum) filter (where {{ matched }})
                as doubly_weighted_sum,
            sum(power(treated_rows * 1.0 / control_rows, 2) * control_squares) filter (where {{ matched }})
                as doubly_weighted_squares,
            sum(treated_sum) / nullif(sum(treated_rows), 0)
            - sum(control_sum) / nullif(sum(control_rows), 0) as crude_difference

        from cells
        {%- if groups %}
        group by {{ groups | join(', ') }}
        {%- endif %}

    ),

    means as (

        select
            *,
            treated_sum / nullif(matched_treated_count, 0) as treated_mean,
            weighted_sum / nullif(matched_treated_count, 0) as control_mean,
            power(matched_treated_count, 2) / nullif(squared_weights, 0) as effective_controls

        from sums

    ),

    errors as (

        select
            *,
            {{ sample_variance('treated_sum', 'treated_squares', 'matched_treated_count') }}
            / nullif(matched_treated_count, 0) as treated_error,
            greatest(
                doubly_weighted_squares - 2 * control_mean * doubly_weighted_sum
                + power(control_mean, 2) * squared_weights,
                0
            )
            / nullif(power(matched_treated_count, 2), 0)
            * effective_controls / nullif(effective_controls - 1, 0) as control_error

        from means

    ),

    margins as (

        select
            *,
            {{ is_enough }} as is_enough,
            sqrt(treated_error + control_error) as error,
            {%- if kind == 'rate' %}
            {#- with no controls at all the ends are null, as they should be #}
            {{ newcombe_end('treated_sum', 'matched_treated_count', '(control_mean * effective_controls)',
                            'effective_controls', '-') }} as low_end,
            {{ newcombe_end('treated_sum', 'matched_treated_count', '(control_mean * effective_controls)',
                            'effective_controls', '+') }} as high_end,
            {%- else %}
            {%- set margin %}
            sqrt(treated_error + control_error) * {{ t_975(
                '(power(treated_error + control_error, 2) / nullif('
                ~ 'power(treated_error, 2) / nullif(matched_treated_count - 1, 0)'
                ~ ' + power(control_error, 2) / nullif(effective_controls - 1, 0), 0))'
            ) }}
            {%- endset %}
            treated_mean - control_mean - {{ margin }} as low_end,
            treated_mean - control_mean + {{ margin }} as high_end,
            {%- endif %}
            case
                when treated_mean > 0 and control_mean > 0
                    then sqrt(treated_error / power(treated_mean, 2) + control_error / power(control_mean, 2))
            end as log_error

        from errors

    )

    select
        {%- for column in groups %}
        {{ column }},
        {%- endfor %}
        cast(treated_count as bigint) as treated_count,
        cast(matched_treated_count as bigint) as matched_treated_count,
        cast(treated_count - matched_treated_count as bigint) as unmatched_treated_count,
        cast(control_count as bigint) as control_count,
        round(effective_controls, 4) as effective_control_count,
        cast(stratum_count as bigint) as stratum_count,
        round(treated_mean, 8) as treated_mean,
        round(control_mean, 8) as matched_control_mean,
        case when is_enough then round(treated_mean - control_mean, 8) end as difference,
        case when is_enough then round(treated_mean / nullif(control_mean, 0) - 1, 8) end as relative_difference,
        case when is_enough then round(error, 8) end as standard_error,
        case when is_enough then round(low_end, 8) end as difference_low,
        case when is_enough then round(high_end, 8) end as difference_high,
        case
            when is_enough and log_error is not null
                then round(treated_mean / control_mean * exp(-1.959964 * log_error) - 1, 8)
        end as relative_low,
        case
            when is_enough and log_error is not null
                then round(treated_mean / control_mean * exp(1.959964 * log_error) - 1, 8)
        end as relative_high,
        round(crude_difference, 8) as crude_difference

    from margins
{%- endmacro %}
