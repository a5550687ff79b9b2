{#
    The winning delivery of every record in `relation`, a CTE of live rows: the latest export, then the
    latest delivery of it, then the last row. The time of landing never decides, so any order of arrival
    gives the same warehouse; file_id breaks the tie of two parts of one export.
#}
{% macro latest_wins(relation) -%}
    select * from {{ relation }}
    qualify row_number() over (
        partition by record_key
        order by export_date desc, delivery_seq desc, row_number desc, file_id desc
    ) = 1
{%- endmacro %}
