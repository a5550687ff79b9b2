{#
    The order in which the versions of a record stand, the winning one first: the latest export, then the latest
    delivery of it, then the last row. The time of landing never decides, so any order of arrival gives the same
    warehouse; file_id breaks the tie of two parts of one export. ingestion/raw/winning_row.py says the same.
#}
{% macro winning_order() -%}
    export_date desc, delivery_seq desc, row_number desc, file_id desc
{%- endmacro %}
