-- Grain: one row per KPI, from its yml entry.
{%- set kpis = [] -%}
{%- set texts = ['label_zh', 'label_en', 'unit', 'owner', 'definition', 'additivity'] -%}
{%- if execute -%}
{%- for node in graph.nodes.values() | sort(attribute='name') -%}
    {%- if node.resource_type == 'model' and node.config.meta.additivity is defined -%}
        {%- do kpis.append(node) -%}
        {%- for name in texts + ['higher_is_better', 'version', 'interval'] if node.config.meta[name] is not defined -%}
            {%- do exceptions.raise_compiler_error(
                "models/kpis/_kpis*.yml: " ~ node.name ~ " has no " ~ name ~ " under config.meta; add it"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endfor -%}
{%- endif %}

{% for node in kpis -%}
{%- set meta = node.config.meta -%}
select
    '{{ node.name }}' as kpi_code,
    {%- for name in texts %}
    '{{ meta[name] | string | replace("'", "''") }}' as {{ name }},
    {%- endfor %}
    cast('{{ meta.higher_is_better }}' as boolean) as higher_is_better,
    cast({{ meta.version }} as integer) as version,
    '{{ meta.interval }}' as interval_code,
    '{{ (meta.period_kinds or ['day', 'week', 'month', 'quarter']) | join(',') }}' as period_kinds,
    cast({{ meta.scale or 1 }} as double) as scale,
    cast({{ 1 if meta.minimum_sample is not defined else meta.minimum_sample }} as bigint) as minimum_sample,
    cast({{ meta.maturity_days or 0 }} as integer) as maturity_days,
    cast('{{ meta.is_monthly or false }}' as boolean) as is_monthly,
    cast('{{ meta.is_census or false }}' as boolean) as is_census,
    '{{ meta.begins_with or node.name }}' as begins_with,
    '{{ (meta.grounds or []) | join(',') }}' as grounds,
    '{{ meta.status or 'published' }}' as status_code,
    nullif('{{ (meta.withheld_reason or '') | replace("'", "''") }}', '') as withheld_reason
{% if not loop.last %}
union all

{% endif -%}
{%- else -%}
{#- at parsing there is no graph yet -#}
select 1 as parsing
{%- endfor %}
