{#
    Whether a part of a published whole is suppressed: it is a small cell, or must be hidden with one. Where the whole
    is published beside its parts, a single hidden part is the whole less the others, so the next smallest are hidden, too,
    until the hidden parts are more than one and have `small_cell_minimum` people together (complementary suppression:
    Cox 1980; Willenborg and de Waal 2001). An empty part is shown, since it reveals no person. `whole` lists the
    columns of the whole, `part` the column that distinguishes the parts.
#}
{% macro hidden_cell(count, whole, part) -%}
    coalesce(
        {{ small_cell(count) }}
        or (
            {{ count }} > 0
            and max(case when {{ small_cell(count) }} then 1 else 0 end) over (partition by {{ whole }}) = 1
            and coalesce(sum({{ count }}) over (
                partition by {{ whole }}
                order by {{ count }}, {{ part }}
                rows between unbounded preceding and 1 preceding
            ), 0) < {{ var('small_cell_minimum') }}
        ),
        false
    )
{%- endmacro %}
