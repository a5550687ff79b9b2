-- Grain: one row per row of any KPI: the finest grain of those that are summed, the periods of those that are not.
{{ config(materialized='view') }}
{#- dbt must know the parents before it can read the yml entries: one line per KPI here, and compiling fails while
    one is missing. Everything else about a KPI is its own file and its own entry. #}
-- depends_on: {{ ref('kpi_acquisition_cost') }}
-- depends_on: {{ ref('kpi_action_closure') }}
-- depends_on: {{ ref('kpi_action_effect') }}
-- depends_on: {{ ref('kpi_advice_conversion') }}
-- depends_on: {{ ref('kpi_amplification_multiple') }}
-- depends_on: {{ ref('kpi_backlog') }}
-- depends_on: {{ ref('kpi_certification_continuity') }}
-- depends_on: {{ ref('kpi_churn') }}
-- depends_on: {{ ref('kpi_crisis_first_statement_minutes') }}
-- depends_on: {{ ref('kpi_crisis_satisfaction') }}
-- depends_on: {{ ref('kpi_esg_continuity') }}
-- depends_on: {{ ref('kpi_failure_share_gap') }}
-- depends_on: {{ ref('kpi_first_order_conversion') }}
-- depends_on: {{ ref('kpi_idea_adoption') }}
-- depends_on: {{ ref('kpi_identity_index') }}
-- depends_on: {{ ref('kpi_incentivised_share') }}
-- depends_on: {{ ref('kpi_k_factor') }}
-- depends_on: {{ ref('kpi_koc_activation') }}
-- depends_on: {{ ref('kpi_ltv_to_cac') }}
-- depends_on: {{ ref('kpi_market_share') }}
-- depends_on: {{ ref('kpi_member_activity') }}
-- depends_on: {{ ref('kpi_negative_reply_1h') }}
-- depends_on: {{ ref('kpi_net_sentiment') }}
-- depends_on: {{ ref('kpi_nps') }}
-- depends_on: {{ ref('kpi_nsr') }}
-- depends_on: {{ ref('kpi_positive_negative_ratio') }}
-- depends_on: {{ ref('kpi_positive_review_share') }}
-- depends_on: {{ ref('kpi_private_domain_conversion') }}
-- depends_on: {{ ref('kpi_rating_bayesian') }}
-- depends_on: {{ ref('kpi_rating_organic') }}
-- depends_on: {{ ref('kpi_rating_standing') }}
-- depends_on: {{ ref('kpi_rating_verified') }}
-- depends_on: {{ ref('kpi_recovery_rate') }}
-- depends_on: {{ ref('kpi_repair_turnaround') }}
-- depends_on: {{ ref('kpi_repeat_conversion') }}
-- depends_on: {{ ref('kpi_repurchase_rate_30d') }}
-- depends_on: {{ ref('kpi_resolution_24h') }}
-- depends_on: {{ ref('kpi_retention') }}
-- depends_on: {{ ref('kpi_review_suppression') }}
-- depends_on: {{ ref('kpi_roas') }}
-- depends_on: {{ ref('kpi_service_coverage') }}
-- depends_on: {{ ref('kpi_share_of_voice_engagement') }}
-- depends_on: {{ ref('kpi_share_of_voice_mentions') }}
-- depends_on: {{ ref('kpi_share_of_voice_reach') }}
-- depends_on: {{ ref('kpi_share_rate') }}
-- depends_on: {{ ref('kpi_source_coverage') }}
-- depends_on: {{ ref('kpi_source_freshness') }}
-- depends_on: {{ ref('kpi_sov_som_gap') }}
-- depends_on: {{ ref('kpi_topic_exposure') }}
-- depends_on: {{ ref('kpi_trial_completion') }}
-- depends_on: {{ ref('kpi_trust_index') }}
-- depends_on: {{ ref('kpi_trust_lift') }}
-- depends_on: {{ ref('kpi_ugc_rate') }}
-- depends_on: {{ ref('kpi_voice_velocity') }}
-- depends_on: {{ ref('kpi_voice_volume') }}
-- depends_on: {{ ref('kpi_watched_keyword_change') }}
-- depends_on: {{ ref('kpi_wom_conversion_multiple') }}
{%- set kpis = [] -%}
{%- if execute -%}
{%- for node in graph.nodes.values() | sort(attribute='name') -%}
    {%- if node.resource_type == 'model' and node.config.meta.additivity is defined -%}
        {%- do kpis.append(node) -%}
        {%- if node.unique_id not in model.depends_on.nodes -%}
            {%- do exceptions.raise_compiler_error(
                "models/kpis/kpi_rows.sql: add the line `-- depends_on: {{ ref('" ~ node.name ~ "') }}`"
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endfor -%}
{%- endif %}

{% for node in kpis -%}
{%- set is_summed = node.config.meta.additivity == 'sum' -%}
{%- set squares = node.config.meta.sum_of_squares -%}
select
    '{{ node.name }}' as kpi_code,
    '{{ node.config.meta.interval or 'none' }}' as interval_code,
    {{ "'day'" if is_summed else 'period_kind' }} as period_kind,
    period_date,
    {{ 'is_cut' if 'is_cut' in node.columns else 'false as is_cut' }},
    channel_code,
    brand_code,
    product_key,
    {{ 'segment_kind' if 'segment_kind' in node.columns else "'all' as segment_kind" }},
    {{ 'segment_code' if 'segment_code' in node.columns else "'all' as segment_code" }},
    numerator,
    denominator,
    {{ 'cast(' ~ squares ~ ' as double)' if squares else 'cast(null as double)' }} as sum_of_squares,
    {{ 'value_low' if 'value_low' in node.columns else 'cast(null as double)' }} as value_low,
    {{ 'value_high' if 'value_high' in node.columns else 'cast(null as double)' }} as value_high,
    cast({{ 'sample_count' if 'sample_count' in node.columns else 'coalesce(denominator, numerator)' }} as bigint)
        as sample_count
from {{ node.relation_name }}
{% if not loop.last %}
union all

{% endif -%}
{%- else -%}
{#- at parsing there is no graph yet -#}
select 1 as parsing
{%- endfor %}
