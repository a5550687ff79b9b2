{#
    Values of raw.<feed>'s `columns` that were added or removed since the last successful build. A snapshot lands every
    record again, so the winning versions of then and now are compared. Before the first build everything is new.
#}
{% macro restated_in(feed, columns) -%}
    {%- set feed_rows = source('raw', feed) -%}
    {%- set watermark = build_watermark() -%}
    {#- an expression among the columns carries its name at the end -#}
    {%- set names = [] -%}
    {%- for column in columns -%}
    {%- do names.append(column.split(' as ') | last) -%}
    {%- endfor -%}
    {%- set is_live = 'superseded_load_id is null' -%}
    {%- set was_live = 'load_id <= ' ~ watermark ~ ' and coalesce(superseded_load_id > ' ~ watermark ~ ', true)' -%}
    {%- for now, then in [(is_live, was_live), (was_live, is_live)] -%}
    {%- if not loop.first %}
    union all
    {% endif -%}
    select {{ names | join(', ') }} from (
        {%- for state in [now, then] %}
        {%- if not loop.first %}
        except
        {%- endif %}
        select {{ columns | join(', ') }} from (
            select * from {{ feed_rows }}
            where
                {{ state }}
                and record_key in (
                    select changed.record_key from {{ feed_rows }} as changed
                    where changed.load_id > {{ watermark }} or changed.superseded_load_id > {{ watermark }}
                )
            qualify row_number() over (
                partition by record_key
                order by {{ winning_order() }}
            ) = 1
        ) as winning
        {%- endfor %}
    ) as restated
    {%- endfor %}
{%- endmacro %}
