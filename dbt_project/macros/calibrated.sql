{#
    The calibrated probability that a text is positive rather than negative: Platt's line on the logit of
    `probability`. Without a line (null slope) it is the probability as the scorer gave it.
#}
{% macro calibrated(probability, slope, intercept) -%}
    case
        when {{ slope }} is null then {{ probability }}
        -- a probability of 0 or 1 has no logit
        else 1 / (1 + exp(-(
            {{ slope }} * ln(
                least(greatest({{ probability }}, 1e-9), 1 - 1e-9)
                / (1 - least(greatest({{ probability }}, 1e-9), 1 - 1e-9))
            ) + {{ intercept }}
        )))
    end
{%- endmacro %}
