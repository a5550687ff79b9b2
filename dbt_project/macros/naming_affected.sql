{#
    The winning version of every record of a feed, as its staging model gives it. An incremental run reads only
    records of which some version names an affected key in `column`: a filter on anything but record_key would stop
    above the staging model's window, and every refresh would sort the whole history.
#}
{% macro naming_affected(feed, column, staging) -%}
    {#- read at parsing for the lineage; a full build, unit tests included, has no need of it -#}
    {%- if not execute or replaces_affected() -%}
    {%- set feed_rows = source('raw', feed) -%}
    {%- endif -%}
    {%- if replaces_affected() -%}
    (
        select * from {{ feed_rows }}
        where
            superseded_load_id is null
            and record_key in (
                select naming.record_key from {{ feed_rows }} as naming
                where naming.{{ column }} in (select affected.{{ config.get('unique_key', 'affected_key') }} from affected)
            )
        qualify row_number() over (
            partition by record_key
            order by {{ winning_order() }}
        ) = 1
    )
    {%- else -%}
    {{ staging }}
    {%- endif -%}
{%- endmacro %}
