{#
    Whether a part of a published whole says nothing: it is a small cell, or it must be hidden with one. Where the whole
    stands beside its parts, a small part that is hidden alone is the whole less the others, so the next smallest are
    hidden, too, until what is hidden makes `small_cell_minimum` people together and is more than one part
    (complementary suppression: Cox 1980; Willenborg and de Waal 2001). A part of nobody stays, for it says nothing of
    anybody. `whole` lists the columns of the whole, `part` tells the parts apart.
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
