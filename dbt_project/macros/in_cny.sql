{#
    An amount in CNY. `rate` is the CNY paid for one unit of the export's currency on the day of the
    row; without one the result is null, and a test names the currency and the day.
#}
{% macro in_cny(amount, rate='rates.cny_per_unit') -%}
    cast({{ amount }} * {{ rate }} as decimal(18, 2))
{%- endmacro %}
