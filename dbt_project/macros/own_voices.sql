{#
    What counts as somebody's own praise, for everything that asks who loves us of their own accord. Both are
    predicates over a row of fct_voices, never null.
#}

{# A public voice about us that nobody paid for, rewarded, copied or took back. #}
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

{# Stars are said on purpose; the text decides where there are none, and a bad text spoils good stars. #}
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
