{# Minutes from one timestamp to another, with their fraction; negative when the second is earlier. #}
{% macro minutes_between(earlier, later) -%}
    {{ return(adapter.dispatch('minutes_between')(earlier, later)) }}
{%- endmacro %}

{% macro default__minutes_between(earlier, later) -%}
    (extract(epoch from {{ later }}) - extract(epoch from {{ earlier }})) / 60.0
{%- endmacro %}

{% macro spark__minutes_between(earlier, later) -%}
    (unix_micros({{ later }}) - unix_micros({{ earlier }})) / 60000000.0
{%- endmacro %}
