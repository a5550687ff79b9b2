{#
    The class of a text; null while unscored, for no verdict is not a neutral verdict.

    `positive` is P(positive). `neutral` is P(neutral), null for a model of two classes: then neutral is an
    abstention band around the threshold. With it, the likeliest of the three classes is taken.
#}
{% macro sentiment_class(positive, neutral) -%}
    case
        when {{ positive }} is null then null
        when {{ neutral }} is null then
            case
                when {{ positive }} < {{ var('sentiment_negative_below') }} then 'negative'
                when {{ positive }} >= {{ var('sentiment_positive_from') }} then 'positive'
                else 'neutral'
            end
        when {{ neutral }} >= greatest({{ positive }}, 1 - {{ neutral }} - {{ positive }}) then 'neutral'
        when {{ positive }} >= 1 - {{ neutral }} - {{ positive }} then 'positive'
        else 'negative'
    end
{%- endmacro %}
