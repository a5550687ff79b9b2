{#
    The probability that a negative binomial count is `count` or more: P(X >= count), for a mean and a
    dispersion, where the variance is mean + dispersion * mean^2 (NB2; Cameron and Trivedi, Regression Analysis
    of Count Data, 3.3). A dispersion of 0 is the Poisson limit. Arguments are columns: each stands in the result
    several times. Null when one of them is, or when the mean is not positive.

    One less the probabilities below the count, each by logarithms of gamma, so that large counts neither
    overflow nor vanish. Where that difference would be rounding alone (under 1e-9), the tail's own first term,
    times the geometric series that bounds what follows it.
#}
{% macro negative_binomial_tail(count, mean, dispersion) -%}
    {{ return(adapter.dispatch('negative_binomial_tail')(count, mean, dispersion)) }}
{%- endmacro %}


{% macro default__negative_binomial_tail(count, mean, dispersion) -%}
    {#- a size of a million is Poisson to six digits, and its gammas still keep theirs -#}
    {%- set size = "(1.0 / greatest(" ~ dispersion ~ ", 0.000001))" -%}
    {%- set below = "aggregate(sequence(0, cast(" ~ count ~ " as bigint) - 1), cast(0 as double), (total, k) -> total + exp("
        ~ negative_binomial_log_term('k', mean, size) ~ "))" -%}
    {{ negative_binomial_tail_from(count, mean, size, below) }}
{%- endmacro %}


{% macro duckdb__negative_binomial_tail(count, mean, dispersion) -%}
    {%- set size = "(1.0 / greatest(" ~ dispersion ~ ", 0.000001))" -%}
    {%- set below = "list_sum(list_transform(range(cast(" ~ count ~ " as bigint)), lambda k: exp("
        ~ negative_binomial_log_term('k', mean, size) ~ ")))" -%}
    {{ negative_binomial_tail_from(count, mean, size, below) }}
{%- endmacro %}
