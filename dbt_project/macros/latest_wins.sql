{# The winning version of every record in `relation`, a CTE of live rows; see `winning_order`. #}
{% macro latest_wins(relation) -%}
    select * from {{ relation }}
    qualify row_number() over (
        partition by record_key
        order by {{ winning_order() }}
    ) = 1
{%- endmacro %}
