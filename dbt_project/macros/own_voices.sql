{#
    What counts as unpaid praise, wherever advocates are found by it. Both are predicates over a row of fct_voices,
    never null.
#}

{# An original public voice about us that was not paid for, rewarded or deleted. #}
{% macro is_own_voice(voices) -%}
    coalesce(
        {{ voices }}.is_own_brand
        and {{ voices }}.voice_kind in ('review', 'mention')
        and {{ voices }}.is_public
        and {{ voices }}.is_earned
        and {{ voices }}.is_original
        and not {{ voices }}.is_incentivised
        and {{ voices }}.deleted_at is null,
        false
    )
{%- endmacro %}

{# The rating decides, and the text where there is none; a negative text overrides a good rating. #}
{% macro is_positive_voice(voices) -%}
    coalesce(
        case
            when {{ voices }}.is_negative then false
            when {{ voices }}.rating_share is not null
                then {{ voices }}.rating_share >= {{ var('positive_rating_from') }}
            else {{ voices }}.sentiment_code = 'positive'
        end,
        false
    )
{%- endmacro %}
