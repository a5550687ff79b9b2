{# A query of the first days of the months from `first` to `last`, both dates: one column, month_start. No rows when first > last. #}
{% macro month_series(first, last) -%}
    {{ return(adapter.dispatch('month_series')(first, last)) }}
{%- endmacro %}

{% macro default__month_series(first, last) -%}
    select cast(explode(sequence(date_trunc('month', {{ first }}), date_trunc('month', {{ last }}), interval 1 month)) as date)
        as month_start
{%- endmacro %}

{% macro duckdb__month_series(first, last) -%}
    select cast(
        unnest(generate_series(date_trunc('month', {{ first }}), date_trunc('month', {{ last }}), interval '1 month')) as date
    ) as month_start
{%- endmacro %}
