{#
    A query of the keys of voices about which a case was opened in which a response landed since the last
    successful build: two steps from the answer, to its case and on to the voice that the case names.
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


{# A query of the clocks of fct_response_clock that were undecided at the last as_of and may be decided by now. #}
{% macro undecided_clocks() -%}
    select subject_key from {{ this }}
    where
        (reply_target_minutes is not null and is_reply_met is null)
        or (resolution_target_minutes is not null and is_resolution_met is null)
        -- due beyond the end of the calendar, which moves on
        or (reply_target_minutes is not null and reply_due_at is null)
        or (resolution_target_minutes is not null and resolution_due_at is null)
        -- paused minutes run on
        or is_paused
{%- endmacro %}


{# A query of the clocks that begin or end because a brand has become ours, or has ceased to be. #}
{% macro changed_clock_ownership() -%}
    select voices.voice_key from {{ ref('fct_voices') }} as voices
    where
        voices.is_own_brand
        and coalesce(voices.author_kind, 'user') <> 'employee'
        and voices.voice_key not in (select clocks.subject_key from {{ this }} as clocks)
    union all
    select clocks.subject_key from {{ this }} as clocks
    where
        clocks.subject_kind = 'voice'
        and clocks.subject_key not in (
            select voices.voice_key from {{ ref('fct_voices') }} as voices
            where voices.is_own_brand
        )
{%- endmacro %}
