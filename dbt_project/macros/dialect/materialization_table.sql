{#
  A table, replaced in one transaction.

  dbt-duckdb's own builds beside, renames twice and drops, and asks the catalog for indexes, foreign keys and the
  columns of each on the way, which this project has none of: over some three hundred models that is a third of a
  build. Here the old table is dropped and the new one created in one transaction: readers see the old one meanwhile,
  and after a crash it is still there. A model in Python writes through a cursor of its own, outside this transaction,
  so it keeps the default way.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}

    {%- set language = model['language'] -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set written = target if language == 'sql' else make_intermediate_relation(target) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}

    {%- if language == 'python' -%}
        {{ drop_relation_if_exists(load_cached_relation(written)) }}
    {%- endif -%}

    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if language == 'sql' and existing is not none -%}
        {% do adapter.drop_relation(existing) %}
    {%- endif -%}

    {% call statement('main', language=language) -%}
        {{- create_table_as(False, written, compiled_code, language) }}
    {%- endcall %}

    {%- if language == 'python' -%}
        {%- if existing is not none -%}
            {% do adapter.drop_relation(existing) %}
        {%- endif -%}
        {% do adapter.rename_relation(written, target) %}
    {%- endif -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}

{% endmaterialization %}
