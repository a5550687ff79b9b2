-- Grain: one row per participant of a programme of witnessed use.
{%- set days = var('trial_days') %}
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

statuses as (

    select * from {{ ref('trial_statuses') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

participants as (

    select
        trials.programme_ref,
        identities.customer_key,
        trials.status_code,
        trials.started_on,
        trials.ended_on,
        trials.livestream_count,
        trials.pre_score,
        trials.post_score,
        coalesce(trials.started_on <= as_of.as_of and coalesce(statuses.is_started, true), false) as is_started,
        coalesce(trials.started_on + {{ days }} <= as_of.as_of, false) as is_matured,
        -- the first day counts as the first of the thirty
        coalesce(statuses.is_completed, false)
        and coalesce(trials.ended_on >= trials.started_on + {{ days - 1 }}, true) as is_completed,
        coalesce(statuses.is_dropped, false) as is_dropped,
        -- a person with two memberships can take part twice; erased people have no customer
        row_number() over (
            partition by trials.programme_ref, identities.customer_key
            order by trials.started_on, trials.ended_on, trials.pre_score, trials.post_score, trials.record_key
        ) as participant_number

    from {{ ref('stg_trials') }} as trials

    cross join as_of

    left join statuses
        on trials.status_code = statuses.status_code

    left join identities
        on trials.participant_ref = identities.node

),

final as (

    select

        ---------- keys
        programme_ref || '|' || coalesce(customer_key, 'unknown') || '|'
        || cast(participant_number as {{ dbt.type_string() }}) as trial_key,
        programme_ref,
        customer_key,

        ---------- what became of it
        status_code,
        is_started,
        is_matured,
        is_completed,
        is_dropped,

        ---------- measures
        cast(livestream_count as bigint) as livestream_count,
        cast(pre_score as double) as pre_score,
        cast(post_score as double) as post_score,

        ---------- times
        started_on,
        ended_on

    from participants

)

select * from final
