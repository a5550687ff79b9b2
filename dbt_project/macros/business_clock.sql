{#
    The business clock: how many seconds a department was at work between two moments, and when so many will have passed.

    int_business_hours cuts every day of every schedule into segments that follow each other without a gap, and gives
    each the schedule's seconds at work before it (a prefix sum over all days). The clock's reading at a moment is one
    look-up by schedule and day; the time between two moments is the difference of two readings, whatever lies between.

        {{ business_hours_join('opening', 'voices.schedule_code', 'voices.opened_at') }}
        {{ business_hours_join('reply', 'voices.schedule_code', 'voices.first_reply_at') }}
        ...
        ({{ business_reading('reply', 'first_reply_at') }} - {{ business_reading('opening', 'opened_at') }}) / 60.0

    The way back, from a reading to a moment, is int_business_readings.
#}


{# A left join of the one segment of int_business_hours in which the moment lies, under a name of its own. #}
{% macro business_hours_join(alias, schedule, moment) -%}
    left join {{ ref('int_business_hours') }} as {{ alias }}
        on
            {{ schedule }} = {{ alias }}.schedule_code
            and cast({{ moment }} as date) = {{ alias }}.day
            and {{ second_of_day(moment) }} >= {{ alias }}.from_second
            and {{ second_of_day(moment) }} < {{ alias }}.until_second
{%- endmacro %}


{# Seconds at work until the moment, by the segment joined under that name. #}
{% macro business_reading(alias, moment) -%}
    ({{ alias }}.seconds_before + least({{ second_of_day(moment) }}, {{ alias }}.open_until_second) - {{ alias }}.from_second)
{%- endmacro %}


{# Seconds since midnight, with their fraction. #}
{% macro second_of_day(moment) -%}
    {{ seconds_between("cast(cast(" ~ moment ~ " as date) as timestamp)", moment) }}
{%- endmacro %}


{# Which readings stand together in int_business_readings: at most a day of work, so an open segment lies in two at most. #}
{% macro reading_bucket(reading) -%}
    cast(floor({{ reading }} / 86400) as bigint)
{%- endmacro %}
