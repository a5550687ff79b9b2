-- Grain: one row per Monday week.
-- All rows are replaced in every build; they are few. What a full build writes differs in changed_after_load_id only.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='week_start') }}

{%- set every_week %}
    select week_start from {{ this }}
    union all
    select week_start from {{ ref('int_keyword_voices') }}
{%- endset -%}

{#- weeks with voices whose words were read anew -#}
{%- set reread_weeks %}
    select distinct week_start
    from {{ ref('int_keyword_documents') }}
    where text_sha256 in (select words.affected_key from ({{ changed_in('text_terms', 'text_sha256') }}) as words)
{%- endset %}

with

affected as (

    {{ affected_keys([every_week], key_type='date') }}

),

voices as (

    select * from {{ ref('int_keyword_voices') }}
    where {{ is_affected('week_start') }}

),

current_weeks as (

    select
        week_start,
        cast(sum(voice_count) as bigint) as voice_count,
        bit_xor(
            {{ row_hash(['brand_code', 'product_key', 'polarity_code', 'voice_count', 'voices_hash']) }}
        ) as voices_hash

    from voices
    group by week_start

),

{% if replaces_affected() -%}

weeks_to_read as (

    {{ reread_weeks }}

),

noted_weeks as (

    select
        coalesce(current_weeks.week_start, former.week_start) as week_start,
        -- a week that has lost its last voice stays, so that what was built on it can be taken back
        coalesce(current_weeks.voice_count, 0) as voice_count,
        current_weeks.voices_hash,
        case
            when
                former.week_start is null
                or weeks_to_read.week_start is not null
                or coalesce(current_weeks.voices_hash, 0) <> coalesce(former.voices_hash, 0)
                then {{ build_watermark() }}
            else former.changed_after_load_id
        end as changed_after_load_id

    from current_weeks

    full join {{ this }} as former
        on current_weeks.week_start = former.week_start

    left join weeks_to_read
        on coalesce(current_weeks.week_start, former.week_start) = weeks_to_read.week_start

)

{%- else -%}

noted_weeks as (

    select
        week_start,
        voice_count,
        voices_hash,
        {{ build_watermark() }} as changed_after_load_id

    from current_weeks

)

{%- endif %}

select * from noted_weeks
