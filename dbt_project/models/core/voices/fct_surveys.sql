-- Grain: one row per survey sent to a customer.
with

surveys as (

    select * from {{ ref('stg_surveys') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

final as (

    select

        ---------- keys
        surveys.record_key as survey_key,
        identities.customer_key,

        ---------- codes
        surveys.channel_code,
        surveys.survey_kind,
        surveys.wave_code,

        ---------- times
        surveys.sent_at,
        surveys.answered_at,

        ---------- measures
        surveys.score,
        surveys.scale_max,
        -- a promoter is one on a 0-10 scale; other scales have no agreed cut, so they have no group
        case
            when surveys.survey_kind not in ('nps', 'recommend') or surveys.scale_max <> 10 then null
            when surveys.score >= 9 then 'promoter'
            when surveys.score >= 7 then 'passive'
            when surveys.score >= 0 then 'detractor'
        end as nps_group_code,

        ---------- text
        surveys.text_sha256

    from surveys

    left join identities
        on surveys.customer_ref = identities.node

)

select * from final
