{#
    The probability that of `trials` as many as `count` or more are hits: P(X >= count) of the beta-binomial, whose
    share of hits is itself uncertain: a beta distribution with mean `share`, known as well as from `size` trials
    (alpha = share * size, beta = (1 - share) * size). As the size grows it is the binomial. Arguments are columns:
    each stands in the result several times. Null when one of them is.

    The terms of the tail itself are added, each by logarithms of gamma, so that small tails keep their digits; of a
    long one those within 15 standard deviations above the count, where what is left of a tail no longer shows.
#}
{% macro beta_binomial_tail(count, trials, share, size) -%}
    {{ return(adapter.dispatch('beta_binomial_tail')(count, trials, share, size)) }}
{%- endmacro %}


{% macro default__beta_binomial_tail(count, trials, share, size) -%}
    {%- set tail = "aggregate(sequence(cast(" ~ count ~ " as bigint), "
        ~ beta_binomial_reach(count, trials, share, size) ~ "), "
        ~ "cast(0 as double), (total, k) -> total + exp("
        ~ beta_binomial_log_term('k', trials, share, size) ~ "))" -%}
    {{ beta_binomial_tail_from(count, trials, share, size, tail) }}
{%- endmacro %}


{% macro duckdb__beta_binomial_tail(count, trials, share, size) -%}
    {%- set tail = "list_sum(list_transform(range(cast(" ~ count ~ " as bigint), "
        ~ beta_binomial_reach(count, trials, share, size) ~ " + 1), "
        ~ "lambda k: exp(" ~ beta_binomial_log_term('k', trials, share, size) ~ ")))" -%}
    {{ beta_binomial_tail_from(count, trials, share, size, tail) }}
{%- endmacro %}
