{#
    Incremental facts: replace what is affected, touch nothing else.

    A model that is too large to rebuild in every refresh names its unit of replacement and says which units
    are affected. The rows of these units are deleted and built anew in one transaction, so that a unit
    that has lost a row loses it here too, and a second run changes nothing.

        {{ config(
            materialized='incremental',
            incremental_strategy='replace_affected',
            unique_key='customer_key'
        ) }}

        with

        affected as (

            {{ affected_keys([
                changed_in('orders', 'customer_ref'),
                "select customer_key from " ~ this ~ " where lifecycle_code = 'dormant'",
            ]) }}

        ),

        orders as (

            select * from {{ ref('stg_orders') }}
            where {{ is_affected('customer_ref') }}

        ),

    - `unique_key` is the unit, one column of the model; it need not be unique (a customer has many
      conversions), but all rows of a unit are replaced together.
    - `affected_keys` lists queries of one column each, that give such keys. They are united, nulls are
      dropped. Each must stand on its own (no CTE of the model: the same text decides what is deleted),
      and may read `this`, for rows whose state moves with as_of. A unit that is no string (a week) names its
      `key_type`. A query that needs refs only on
      incremental runs takes them as arguments of a macro, as `changed_in` does, so that dbt sees them.
    - `is_affected` is the predicate that limits a read; true for every row on a full build.
    - A unit test sees a full build; to test what an incremental run reads, override `replaces_affected`.
    - Seeds, vars and models are not watched here: a refresh that finds one changed builds in full.
#}


{# The keys given by `queries`, as a column named like the model's unit; no rows on a full build. #}
{% macro affected_keys(queries, key_type='string') -%}
    {%- set unit = config.get('unique_key', 'affected_key') -%}
    {%- if replaces_affected() -%}
    /* affected:begin */
    select distinct cast(affected_key as {{ key_type }}) as {{ unit }}
    from (
        {%- for query in queries %}
        select * from ({{ query }}) as query_{{ loop.index }} (affected_key)
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as every_query
    where affected_key is not null
    /* affected:end */
    {%- else -%}
    select cast(null as {{ key_type }}) as {{ unit }} where 1 = 0
    {%- endif -%}
{%- endmacro %}


{#
    Whether this run replaces affected units rather than building everything. dbt's own is_incremental() asks
    the warehouse whether the model has been built before, which a unit test must not depend on.
#}
{% macro replaces_affected() -%}
    {{ return(model.resource_type != 'unit_test' and is_incremental()) }}
{%- endmacro %}


{# Whether the row belongs to an affected unit; `key` is an expression over the columns of that read. #}
{% macro is_affected(key) -%}
    {%- if replaces_affected() -%}
    {{ key }} in (select affected.{{ config.get('unique_key', 'affected_key') }} from affected)
    {%- else -%}
    1 = 1
    {%- endif -%}
{%- endmacro %}


{#
    A query of the keys of records of raw.<feed> that landed, or were superseded there, since the last
    successful build. `key` is an expression over the feed's raw columns; it is taken from every version
    of such a record, for what a record named before has lost it.
#}
{% macro changed_in(feed, key='record_key') -%}
    {#- read at parsing for the lineage; on full builds, unit tests included, the feed is not needed twice -#}
    {%- if not execute or replaces_affected() -%}
    {%- set feed_rows = source('raw', feed) -%}
    {%- set watermark = build_watermark() -%}
    {#- these are appended to and never superseded -#}
    {%- if feed in ['texts', 'text_scores', 'annotated_texts'] or feed.startswith('text_') -%}
    select {{ key }} as affected_key from {{ feed_rows }} where load_id > {{ watermark }}
    {%- elif key == 'record_key' -%}
    select record_key as affected_key from {{ feed_rows }}
    where load_id > {{ watermark }} or superseded_load_id > {{ watermark }}
    {%- else -%}
    select {{ key }} as affected_key from {{ feed_rows }}
    where record_key in (
        select changed.record_key from {{ feed_rows }} as changed
        where changed.load_id > {{ watermark }} or changed.superseded_load_id > {{ watermark }}
    )
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#
    A query of the keys of rows of raw.<feed> whose `link` equals a link that changed in `parent`, say
    the lines of orders that changed: what a row takes from its parent changes with it.
#}
{% macro changed_by(feed, key, link, parent, parent_link) -%}
    {%- if not execute or replaces_affected() -%}
    select {{ key }} as affected_key from {{ source('raw', feed) }}
    where {{ link }} in (select affected_key from ({{ changed_in(parent, parent_link) }}) as changed_parents)
    {%- endif -%}
{%- endmacro %}


{# The load that the last successful build included; -1 before the first. #}
{% macro build_watermark() -%}
    (select coalesce(max(builds.load_id), -1) from {{ source('raw', 'builds') }} as builds)
{%- endmacro %}


{# The strategy itself: dbt calls it with the rows already built into arg_dict.temp_relation. #}
{% macro get_incremental_replace_affected_sql(arg_dict) %}
    {{ return(adapter.dispatch('get_incremental_replace_affected_sql')(arg_dict)) }}
{% endmacro %}

{% macro default__get_incremental_replace_affected_sql(arg_dict) %}

    {%- set target = arg_dict['target_relation'] -%}
    {%- set unit = arg_dict['unique_key'] -%}
    {%- if unit is not string or '/* affected:begin */' not in model['compiled_code'] -%}
        {%- do exceptions.raise_compiler_error(
            "replace_affected needs unique_key (one column) and a CTE made by affected_keys(); see macros/affected.sql"
        ) -%}
    {%- endif -%}
    {%- set affected_query = model['compiled_code'].split('/* affected:begin */')[1].split('/* affected:end */')[0] -%}
    {%- set affected = target.identifier ~ '__affected' -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}

    {#- decided before anything is deleted, for the query may read the target -#}
    create or replace temporary table {{ affected }} as {{ affected_query }};

    delete from {{ target }}
    where {{ unit }} in (select {{ unit }} from {{ affected }});

    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }};

    drop table {{ affected }};

{% endmacro %}
