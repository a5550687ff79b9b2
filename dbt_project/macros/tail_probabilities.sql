{# The parts of negative_binomial_tail and beta_binomial_tail (macros/dialect) that are the same on every engine. #}


{# The logarithm of P(X = k), negative binomial, for a mean and a size (one over the dispersion). #}
{% macro negative_binomial_log_term(k, mean, size) -%}
    {{ log_gamma(k ~ ' + ' ~ size) }} - {{ log_gamma(size) }} - {{ log_gamma(k ~ ' + 1') }}
    - {{ size }} * ln(1 + {{ mean }} / {{ size }}) + {{ k }} * ln({{ mean }} / ({{ size }} + {{ mean }}))
{%- endmacro %}


{# The tail, given an expression of the sum of the probabilities below the count. #}
{% macro negative_binomial_tail_from(count, mean, size, below) -%}
    case
        when {{ count }} is null or {{ mean }} is null or {{ mean }} <= 0 then null
        when {{ count }} <= 0 then 1.0
        when {{ below }} < 0.999999999 then 1 - {{ below }}
        -- so far above the mean that each term falls by at least this factor
        else
            exp({{ negative_binomial_log_term(count, mean, size) }})
            / (
                1 - {{ mean }} / ({{ size }} + {{ mean }})
                * greatest(({{ count }} + {{ size }}) / ({{ count }} + 1), 1)
            )
    end
{%- endmacro %}


{# The logarithm of P(X = k), beta-binomial, for a number of trials, a mean share and the size that it is known from. #}
{% macro beta_binomial_log_term(k, trials, share, size) -%}
    {%- set hits, misses = "(" ~ share ~ " * " ~ size ~ ")", "((1 - " ~ share ~ ") * " ~ size ~ ")" -%}
    {{ log_gamma(trials ~ ' + 1') }} - {{ log_gamma(k ~ ' + 1') }} - {{ log_gamma(trials ~ ' - ' ~ k ~ ' + 1') }}
    + {{ log_gamma(k ~ ' + ' ~ hits) }} + {{ log_gamma(trials ~ ' - ' ~ k ~ ' + ' ~ misses) }}
    - {{ log_gamma(trials ~ ' + ' ~ size) }}
    + {{ log_gamma(size) }} - {{ log_gamma(hits) }} - {{ log_gamma(misses) }}
{%- endmacro %}


{# The tail, given an expression of the sum of the probabilities from the count on. #}
{% macro beta_binomial_tail_from(count, trials, share, size, tail) -%}
    case
        when {{ count }} is null or {{ trials }} is null or {{ share }} is null or {{ size }} is null then null
        when {{ count }} <= 0 then 1.0
        when {{ count }} > {{ trials }} then 0.0
        when {{ share }} <= 0 then 0.0
        when {{ share }} >= 1 then 1.0
        else least({{ tail }}, 1)
    end
{%- endmacro %}


{# The last count whose probability is added to a beta-binomial tail. #}
{% macro beta_binomial_reach(count, trials, share, size) -%}
    cast(
        least(
            {{ trials }},
            greatest({{ count }}, {{ trials }} * {{ share }}) + 30 + 15 * sqrt(
                {{ trials }} * {{ share }} * (1 - {{ share }}) * ({{ trials }} + {{ size }}) / (1 + {{ size }})
            )
        ) as bigint
    )
{%- endmacro %}
