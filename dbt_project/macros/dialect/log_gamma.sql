{# The natural logarithm of the gamma function of a positive number. #}
{% macro log_gamma(value) -%}
    {{ return(adapter.dispatch('log_gamma')(value)) }}
{%- endmacro %}


{#
    Engines without the function: Stirling's series for value + 8, brought down by the recurrence of gamma
    (Abramowitz and Stegun 6.1.41, 6.1.15); right to 1e-11 for every positive value.
#}
{% macro default__log_gamma(value) -%}
    (
        (({{ value }}) + 7.5) * ln(({{ value }}) + 8) - (({{ value }}) + 8) + 0.9189385332046727
        + 1 / (12 * (({{ value }}) + 8)) - 1 / (360 * power(({{ value }}) + 8, 3)) + 1 / (1260 * power(({{ value }}) + 8, 5))
        - 1 / (1680 * power(({{ value }}) + 8, 7))
        {%- for step in range(8) %}
        - ln(({{ value }}) + {{ step }})
        {%- endfor %}
    )
{%- endmacro %}


{% macro duckdb__log_gamma(value) -%}
    lgamma({{ value }})
{%- endmacro %}
