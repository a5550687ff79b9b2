-- Grain: one row per series and day with a voice in it.
{{ config(materialized='incremental', incremental_strategy='replace_affected', unique_key='posted_on') }}

{#-
    The levels at which a crisis may show, from the whole brand down to one aspect of one product in one channel.
    A series without an aspect counts all voices of its base; one with an aspect counts those that complain of it.
-#}
{%- set levels = {
    'brand': [],
    'brand_product': ['product_key'],
    'brand_channel': ['channel_code'],
    'brand_product_channel': ['product_key', 'channel_code'],
    'brand_aspect': ['aspect_code'],
    'brand_product_aspect': ['product_key', 'aspect_code'],
    'brand_product_channel_aspect': ['product_key', 'channel_code', 'aspect_code'],
} -%}
{%- set dimensions = ['product_key', 'channel_code', 'aspect_code'] %}

with

affected as (

    {{ affected_keys([changed_alert_days()], key_type='date') }}

),

counts as (

    select * from {{ ref('int_alert_counts') }}
    where {{ is_affected('posted_on') }}

),

every_level as (
    {% for level, kept in levels.items() %}
    select
        '{{ level }}' as level_code,
        brand_code,
        {%- for dimension in dimensions %}
        {{ dimension if dimension in kept else 'cast(null as string)' }} as {{ dimension }},
        {%- endfor %}
        posted_on,
        cast(sum(voice_count) as bigint) as voice_count,
        cast(sum(negative_count) as bigint) as negative_count

    from counts
    where
        aspect_code is {{ 'not null' if 'aspect_code' in kept else 'null' }}
        {%- if 'product_key' in kept %}
        and product_key is not null
        {%- endif %}
    group by
        brand_code,
        {%- for dimension in kept %}
        {{ dimension }},
        {%- endfor %}
        posted_on
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

final as (

    select
        level_code,
        brand_code || '|' || coalesce(product_key, '*') || '|' || coalesce(channel_code, '*')
        || '|' || coalesce(aspect_code, '*') as series_key,
        -- whose voices the share is taken of
        brand_code || '|' || coalesce(product_key, '*') || '|' || coalesce(channel_code, '*') || '|*' as base_key,
        -- the same aspect over the whole brand: what is known of a series too young to be known itself
        brand_code || '|*|*|' || coalesce(aspect_code, '*') as brand_series_key,
        brand_code,
        product_key,
        channel_code,
        aspect_code,
        posted_on,
        -- counted from a Monday, so that what is left of a division by 7 is the weekday, 0 for Monday
        {{ day_number('posted_on') }} as day_number,
        voice_count,
        negative_count

    from every_level

)

select * from final
