{#
    Intervals of paired measurements: the same people before and after. Plain arithmetic, alike on every engine.
#}


{#
    The 97.5 % point of Student's t for a whole number of degrees of freedom: exact for 1 to 3 (Abramowitz and
    Stegun, table 26.10), where the expansion of t_975 is too far off; null for 0.
#}
{% macro t_975_of_pairs(freedom) -%}
    case {{ freedom }}
        when 0 then null
        when 1 then 12.706204736
        when 2 then 4.302652730
        when 3 then 3.182446305
        else {{ t_975('nullif(' ~ freedom ~ ', 0)') }}
    end
{%- endmacro %}


{#
    Half the width of the 95 % interval of a mean of n differences (paired t): `deviation` is that of the sample
    (n - 1). Null for one pair.
#}
{% macro paired_margin(deviation, n) -%}
    {{ t_975_of_pairs('(' ~ n ~ ' - 1)') }} * {{ deviation }} / sqrt({{ n }})
{%- endmacro %}


{#
    The same for the ratio of the mean after to the mean before, by linearisation (Cochran, Sampling Techniques, 1977,
    6.4): the deviation is that of after - ratio * before, whose square is var(after) + ratio^2 var(before)
    - 2 ratio cov(before, after).
#}
{% macro paired_ratio_margin(mean_before, mean_after, variance_before, variance_after, covariance, n) -%}
    {%- set ratio = '(' ~ mean_after ~ ' / nullif(' ~ mean_before ~ ', 0))' -%}
    {{ t_975_of_pairs('(' ~ n ~ ' - 1)') }} * sqrt(greatest(
        {{ variance_after }} + power({{ ratio }}, 2) * {{ variance_before }} - 2 * {{ ratio }} * {{ covariance }}, 0
    ) / {{ n }}) / nullif({{ mean_before }}, 0)
{%- endmacro %}
