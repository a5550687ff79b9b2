{#
    A query of the keys of voices with a case that has a new message since the last successful
    build: two steps from the answer, to its case and on to the voice that the case names.
#}
{% macro changed_handling(feed, kind, ref_column) -%}
    {%- if not execute or replaces_affected() -%}
    select '{{ kind }}:' || record_key as affected_key from {{ source('raw', feed) }}
    where {{ ref_column }} in (
        select cases.source_ref from {{ source('raw', 'cases') }} as cases
        where
            cases.source_kind = '{{ kind }}'
            and cases.case_ref in (
                select affected_key from ({{ changed_in('responses', 'target_ref') }}) as changed_answers
            )
    )
    {%- endif -%}
{%- endmacro %}
