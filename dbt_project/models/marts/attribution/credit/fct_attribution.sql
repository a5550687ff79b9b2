-- Grain: one row per conversion, touch and model; a conversion without a touch has one row per model.
-- A view: its parts stand already, each built anew as far as its own inputs have moved.
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
        -- these models are rules, and no fit stands behind them
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
