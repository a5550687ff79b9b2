-- Grain: one row per crisis.
with

crises as (

    select * from {{ ref('int_crises') }}

),

alerts as (

    select
        crisis_key,
        min(first_alert_date) as first_alert_date

    from {{ ref('int_crisis_alerts') }}
    group by crisis_key

),

voices as (

    select
        crises.crisis_key,
        voices.voice_key

    from crises

    inner join {{ ref('fct_voices') }} as voices
        on
            crises.brand_code = voices.brand_code
            and coalesce(crises.product_key, voices.product_key, '') = coalesce(voices.product_key, '')
            and crises.window_from <= voices.posted_at
            and crises.ended_at > voices.posted_at

    where
        voices.is_negative
        and {{ is_heard('voices') }}

),

voice_counts as (

    select
        crisis_key,
        cast(count(*) as bigint) as negative_voice_count

    from voices
    group by crisis_key

),

answers as (

    select
        voices.crisis_key,
        responses.responded_at

    from voices

    inner join crises
        on voices.crisis_key = crises.crisis_key

    inner join {{ ref('fct_responses') }} as responses
        on
            voices.voice_key = responses.subject_key
            and crises.started_at <= responses.responded_at
            and crises.ended_at > responses.responded_at

    -- automatic answers are no statement of the brand
    where
        responses.is_public
        and not responses.is_automated

),

answer_counts as (

    select
        crisis_key,
        cast(count(*) as bigint) as public_answer_count,
        min(responded_at) as first_answer_at

    from answers
    group by crisis_key

),

-- every public statement of the brand, between the two ends of the crisis
moments as (

    select
        crisis_key,
        started_at as spoken_at
    from crises
    union all
    {%- for statement in ['first_statement_at', 'apology_at', 'plan_published_at'] %}
    select
        crisis_key,
        {{ statement }} as spoken_at
    from crises
    where {{ statement }} between started_at and ended_at
    union all
    {%- endfor %}
    select
        crisis_key,
        responded_at as spoken_at
    from answers
    union all
    select
        crisis_key,
        ended_at as spoken_at
    from crises

),

gaps as (

    select
        crisis_key,
        spoken_at as silence_from,
        {{ minutes_between('spoken_at', 'lead(spoken_at) over (partition by crisis_key order by spoken_at)') }}
            as silence_minutes

    from moments

),

silences as (

    select
        crisis_key,
        silence_from,
        silence_minutes

    from gaps
    where silence_minutes is not null
    qualify row_number() over (partition by crisis_key order by silence_minutes desc, silence_from asc) = 1

),

cases as (

    select
        crisis_ref,
        cast(count(*) as bigint) as case_count,
        cast(count(csat_score) as bigint) as csat_count,
        avg(csat_score) as csat_mean,
        sum(compensation_cny) as compensation_cny

    from {{ ref('fct_cases') }}
    where crisis_ref is not null
    group by crisis_ref

),

final as (

    select
        crises.crisis_key,
        crises.channel_code,
        crises.crisis_ref,
        crises.title,
        crises.level_code,
        crises.brand_code,
        crises.product_key,
        crises.aspect_code,
        crises.detected_at,
        crises.declared_at,
        crises.first_statement_at,
        crises.apology_at,
        crises.plan_published_at,
        crises.closed_at,
        {{ minutes_between('crises.detected_at', 'crises.declared_at') }} as declaration_minutes,
        {{ minutes_between('crises.detected_at', 'crises.first_statement_at') }} as first_statement_minutes,
        {{ minutes_between('crises.detected_at', 'crises.apology_at') }} as apology_minutes,
        {{ minutes_between('crises.detected_at', 'crises.plan_published_at') }} as plan_minutes,
        {{ minutes_between('crises.detected_at', 'crises.closed_at') }} as closing_minutes,
        {{ minutes_between('crises.declared_at', 'crises.first_statement_at') }} as declared_to_statement_minutes,
        {{ minutes_between('crises.first_statement_at', 'crises.apology_at') }} as statement_to_apology_minutes,
        {{ minutes_between('crises.apology_at', 'crises.plan_published_at') }} as apology_to_plan_minutes,
        {{ minutes_between('crises.plan_published_at', 'crises.closed_at') }} as plan_to_closing_minutes,
        silences.silence_minutes as largest_silence_minutes,
        silences.silence_from as largest_silence_from,
        coalesce(answer_counts.public_answer_count, 0) as public_answer_count,
        answer_counts.first_answer_at,
        coalesce(voice_counts.negative_voice_count, 0) as negative_voice_count,
        coalesce(cases.case_count, 0) as case_count,
        coalesce(cases.csat_count, 0) as csat_count,
        cast(cases.csat_mean as double) as csat_mean,
        cast(cases.compensation_cny as decimal(18, 2)) as compensation_cny,
        alerts.first_alert_date,
        -- an alert is about a whole day, so it is known when the day is over
        cast(alerts.first_alert_date + interval '1 day' as timestamp) as first_alert_at,
        {{ minutes_between("alerts.first_alert_date + interval '1 day'", 'crises.detected_at') }} / 60
            as alert_lead_to_detection_hours,
        {{ minutes_between("alerts.first_alert_date + interval '1 day'", 'crises.declared_at') }} / 60
            as alert_lead_to_declaration_hours

    from crises

    left join silences
        on crises.crisis_key = silences.crisis_key

    left join answer_counts
        on crises.crisis_key = answer_counts.crisis_key

    left join voice_counts
        on crises.crisis_key = voice_counts.crisis_key

    left join cases
        on crises.crisis_ref = cases.crisis_ref

    left join alerts
        on crises.crisis_key = alerts.crisis_key

)

select * from final
