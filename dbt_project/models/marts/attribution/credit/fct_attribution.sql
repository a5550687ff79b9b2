-- Grain: one row per conversion, touch and model; a conversion without a touch has one row per model. A view: its parts
-- are incremental tables, so nothing is stored twice.
{{ config(materialized='view') }}
{%- set columns %}
        conversion_key,
        touch_key,
        journey_key,
        customer_key,
        campaign_key,
        goal_code,
        model_code,
        marketing_channel_code,
        strategy_code,
        touch_group_code,
        weight,
        credited_cny,
        touch_position,
        touch_count,
        touched_at,
        converted_at
{%- endset %}

with

credits as (

    select
        {{ columns | trim }},
        -- rules have no fit
        cast(null as {{ dbt.type_string() }}) as model_fit_id

    from {{ ref('int_rule_attribution') }}

    union all

    select
        {{ columns | trim }},
        model_fit_id

    from {{ ref('int_model_attribution') }}

),

attribution as (

    select

        ---------- keys
        conversion_key,
        touch_key,
        journey_key,
        customer_key,
        campaign_key,

        ---------- codes
        goal_code,
        model_code,
        marketing_channel_code,
        strategy_code,
        touch_group_code,

        ---------- measures
        weight,
        credited_cny,
        touch_position,
        touch_count,

        ---------- times
        touched_at,
        converted_at,

        ---------- lineage
        model_fit_id

    from credits

)

select * from attribution
