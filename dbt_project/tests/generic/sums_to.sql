{#
    The rows of each group `by` sum, in `column`, to what `total` says in all of them; to a millionth, for rounding.
#}
{% test sums_to(model, column, total, by) %}

select
    {{ by | join(', ') }},
    sum({{ column }}) as summed,
    min({{ total }}) as total
from {{ model }}
group by {{ by | join(', ') }}
having
    abs(sum({{ column }}) - min({{ total }})) > 1e-6 * greatest(1, abs(min({{ total }})))
    or min({{ total }}) is distinct from max({{ total }})

{% endtest %}
