-- Grain: one row per day with a voice, now or before.
-- All rows are replaced in every build; they are few. What a full build writes differs in changed_after_load_id only.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='posted_on') }}

{%- set every_day %}
    select posted_on from {{ this }}
    union all
    select posted_on from {{ ref('int_alert_counts') }}
{%- endset -%}

with

affected as (

    {{ affected_keys([every_day], key_type='date') }}

),

current_days as (

    select
        posted_on,
        bit_xor(
            {{ row_hash([
                'brand_code', 'product_key', 'channel_code', 'aspect_code', 'voice_count', 'negative_count'
            ]) }}
        ) as counts_hash

    from {{ ref('int_alert_counts') }}
    where {{ is_affected('posted_on') }}
    group by posted_on

),

{% if replaces_affected() -%}

noted_days as (

    select
        -- a day that has lost its last voice stays, so that what was built on it can be taken back
        coalesce(current_days.posted_on, former.posted_on) as posted_on,
        current_days.counts_hash,
        case
            when
                former.posted_on is null
                or coalesce(current_days.counts_hash, 0) <> coalesce(former.counts_hash, 0)
                then {{ build_watermark() }}
            else former.changed_after_load_id
        end as changed_after_load_id

    from current_days

    full join {{ this }} as former
        on current_days.posted_on = former.posted_on

),

{%- else -%}

noted_days as (

    select
        posted_on,
        counts_hash,
        {{ build_watermark() }} as changed_after_load_id

    from current_days

),

{%- endif %}

final as (

    select
        posted_on,
        {{ day_number('posted_on') }} as day_number,
        counts_hash,
        changed_after_load_id

    from noted_days

)

select * from final
