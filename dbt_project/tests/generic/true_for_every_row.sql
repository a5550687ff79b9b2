{# The SQL expression holds for every row; rows for which it is null are let through, for null is unknown. #}
{% test true_for_every_row(model, expression) %}

select * from {{ model }}
where not ({{ expression }})

{% endtest %}
