{#
    The class of a text by the model's probability that it is positive; null while unscored, for no
    verdict is not a neutral verdict. Neutral is an abstention band until neutral labels exist.
#}
{% macro sentiment_class(positive) -%}
    case
        when {{ positive }} is null then null
        when {{ positive }} < {{ var('sentiment_negative_below') }} then 'negative'
        when {{ positive }} >= {{ var('sentiment_positive_from') }} then 'positive'
        else 'neutral'
    end
{%- endmacro %}
