{#
    Intervals for differences: of two means (Welch) and of two shares (Newcombe). Plain arithmetic, alike on
    every engine.
#}


{#
    The 97.5 % point of Student's t at `freedom` degrees of freedom, by the expansion about the normal one
    (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5, one term more after Fisher and
    Cornish): off by .00015 at 4 degrees of freedom, .000005 at 7, and less above.
#}
{% macro t_975(freedom) -%}
    (
        1.959963985
        + 2.372271234 / ({{ freedom }})
        + 2.822498616 / power({{ freedom }}, 2)
        + 2.555849680 / power({{ freedom }}, 3)
        + 1.589534112 / power({{ freedom }}, 4)
        + 0.732898212 / power({{ freedom }}, 5)
    )
{%- endmacro %}


{#
    Half the width of the 95 % interval of a difference of two means whose variances need not be equal
    (Welch 1947, degrees of freedom by Satterthwaite): variances are those of the samples (n - 1). Null where
    both variances are 0.
#}
{% macro welch_margin(variance_1, n_1, variance_2, n_2) -%}
    {%- set squared_error = '(' ~ variance_1 ~ ' / ' ~ n_1 ~ ' + ' ~ variance_2 ~ ' / ' ~ n_2 ~ ')' -%}
    {%- set freedom -%}
        power({{ squared_error }}, 2) / nullif(
            power({{ variance_1 }} / {{ n_1 }}, 2) / nullif({{ n_1 }} - 1, 0)
            + power({{ variance_2 }} / {{ n_2 }}, 2) / nullif({{ n_2 }} - 1, 0),
            0
        )
    {%- endset -%}
    sqrt({{ squared_error }}) * {{ t_975(freedom) }}
{%- endmacro %}


{#
    One end of Wilson's 95 % score interval of a share (Wilson 1927); side is + or -. For shares of 0
    and 1 one end is the share itself; rounding must not put it beyond.
#}
{% macro wilson_end(count, n, side) -%}
    {{ 'greatest' if side == '+' else 'least' }}(
        cast({{ count }} as double) / nullif({{ n }}, 0),
        (
            {{ count }} + 1.920729 {{ side }} 1.959964 * sqrt({{ count }} * ({{ n }} - {{ count }}) / nullif({{ n }}, 0) + 0.960365)
        ) / nullif({{ n }} + 3.841459, 0)
    )
{%- endmacro %}


{#
    One end of the 95 % interval of the difference of two independent shares, first less second, from
    Wilson's intervals of both (Newcombe 1998, method 10): right for few rows and for shares of 0 and 1,
    where the textbook interval has no width. side is - for the lower end.
#}
{% macro newcombe_end(count_1, n_1, count_2, n_2, side) -%}
    {%- set near = '-' if side == '-' else '+' -%}
    {%- set far = '+' if side == '-' else '-' -%}
    (
        {{ count_1 }} / nullif({{ n_1 }}, 0) - {{ count_2 }} / nullif({{ n_2 }}, 0)
        {{ side }} sqrt(
            power({{ count_1 }} / nullif({{ n_1 }}, 0) - {{ wilson_end(count_1, n_1, near) }}, 2)
            + power({{ count_2 }} / nullif({{ n_2 }}, 0) - {{ wilson_end(count_2, n_2, far) }}, 2)
        )
    )
{%- endmacro %}


{# The variance of a share of so many of n rows. #}
{% macro share_variance(count, n) -%}
    {{ count }} * (cast({{ n }} as double) - {{ count }}) / nullif(power({{ n }}, 3), 0)
{%- endmacro %}


{#
    One end of the 95 % interval of the ratio of two independent shares, first over second, on the logarithm
    (Katz, Baptista, Azen and Pike 1978). Null where either count is 0. side is - for the lower end.
#}
{% macro log_ratio_end(count_1, n_1, count_2, n_2, side) -%}
    {{ count_1 }} / nullif({{ n_1 }}, 0) / nullif({{ count_2 }} / nullif({{ n_2 }}, 0), 0)
    * exp({{ side }} 1.959964 * sqrt(
        1.0 / nullif({{ count_1 }}, 0) - 1.0 / nullif({{ n_1 }}, 0)
        + 1.0 / nullif({{ count_2 }}, 0) - 1.0 / nullif({{ n_2 }}, 0)
    ))
{%- endmacro %}
