{# Which days the models of alerts build anew: those whose counts changed, and the later ones that look back on them. #}


{# A query of the days whose counts changed since the last successful build. #}
{% macro changed_alert_days() -%}
    select changed.posted_on from {{ ref('int_alert_days') }} as changed
    where changed.changed_after_load_id >= {{ build_watermark() }}
{%- endmacro %}


{# A query of the days affected by a changed day: itself, and as many after it as the evaluation looks back. #}
{% macro affected_alert_days() -%}
    select judged.posted_on
    from {{ ref('int_alert_days') }} as judged
    inner join {{ ref('int_alert_days') }} as changed
        on judged.day_number between changed.day_number and changed.day_number + {{ alert_horizon_days() }}
    where changed.changed_after_load_id >= {{ build_watermark() }}
{%- endmacro %}


{# How many days back the evaluation of a day looks: the window, and two weeks between them for growth. #}
{% macro alert_horizon_days() -%}
    {{ var('alert_window_days') + 13 }}
{%- endmacro %}


{# Whether an affected day may read this day; true for every row on a full build. #}
{% macro is_in_alert_horizon(number) -%}
    {%- if replaces_affected() -%}
    {{ number }} >= (
        select {{ day_number('min(affected.posted_on)') }} - {{ alert_horizon_days() }} from affected
    )
    {%- else -%}
    1 = 1
    {%- endif -%}
{%- endmacro %}


{#
    Whether an aspect (of fct_voice_aspects) in a voice (of fct_voices) is a complaint: said badly of the aspect itself,
    or spoken of without a judgement in a voice that is negative.
#}
{% macro is_complaint(aspects, voices) -%}
    ({{ aspects }}.polarity = -1 or ({{ aspects }}.polarity = 0 and {{ voices }}.is_negative))
{%- endmacro %}


{# Whether a voice counts: staff and paid posts are no sign of trouble, and a case opened about a voice is that voice again. #}
{% macro is_heard(voices) -%}
    {{ voices }}.is_earned
    and ({{ voices }}.voice_kind <> 'case' or {{ voices }}.is_original)
{%- endmacro %}
