{#
    Which weeks of keywords an incremental run builds anew, and which it reads for that.

    int_keyword_weeks notes for every week the last build after which its voices or their words changed. Models
    behind it replace these weeks, and the later ones that look back on them.
#}


{# A query of the weeks that changed since the last successful build, and of the `weeks_after` that follow each. #}
{% macro changed_weeks(weeks, weeks_after=0) -%}
    {%- if not execute or replaces_affected() -%}
    select followers.week_start as affected_key
    from {{ weeks }} as changed
    inner join {{ weeks }} as followers
        on followers.week_start between changed.week_start and {{ plus_days('changed.week_start', 7 * weeks_after) }}
    where changed.changed_after_load_id >= {{ build_watermark() }}
    {%- endif -%}
{%- endmacro %}


{# Whether rows of that week are read: it is affected, or one of the `weeks_before` an affected one. #}
{% macro is_week_read(week, weeks_before=0) -%}
    {%- if replaces_affected() -%}
    {{ week }} in (
        select weeks.week_start
        from {{ ref('int_keyword_weeks') }} as weeks
        inner join affected
            on weeks.week_start between {{ plus_days('affected.week_start', -7 * weeks_before) }} and affected.week_start
    )
    {%- else -%}
    1 = 1
    {%- endif -%}
{%- endmacro %}
