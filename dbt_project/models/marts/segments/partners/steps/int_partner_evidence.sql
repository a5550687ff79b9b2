-- Grain: one row per customer, kind of evidence and rule's number of it, with the day on which it was reached.
with

as_of as (

    select
        as_of,
        as_of_end_at
    from {{ ref('stg_as_of') }}

),

rules as (

    select * from {{ ref('partner_rules') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

-- the feed gives no date: that of the piece, else of the first export that lists the collaboration
first_seen as (

    select
        record_key,
        min(export_date) as seen_on

    from {{ source('raw', 'collaborations') }}
    where superseded_load_id is null
    group by record_key

),

collaborations as (

    select
        identities.customer_key,
        coalesce(cast(content.published_at as date), first_seen.seen_on) as happened_on

    from {{ ref('stg_collaborations') }} as collaborations

    inner join {{ ref('stg_creators') }} as creators
        on collaborations.creator_ref = creators.creator_ref

    inner join identities
        on creators.customer_ref = identities.node

    left join {{ ref('stg_content') }} as content
        on collaborations.content_ref = content.content_ref

    left join first_seen
        on collaborations.record_key = first_seen.record_key

),

trials as (

    select
        identities.customer_key,
        coalesce(trials.ended_on, trials.started_on + {{ var('trial_days') }}) as happened_on

    from {{ ref('stg_trials') }} as trials

    inner join {{ ref('trial_statuses') }} as statuses
        on
            trials.status_code = statuses.status_code
            and statuses.is_completed

    inner join identities
        on trials.participant_ref = identities.node

    where
        trials.ended_on is null
        or trials.started_on is null
        or trials.ended_on >= trials.started_on + {{ var('trial_days') - 1 }}

),

community_days as (

    select distinct
        identities.customer_key,
        activity.active_on as happened_on

    from {{ ref('stg_community_activity') }} as activity

    inner join identities
        on activity.customer_ref = identities.node

    where activity.post_count > 0

),

deeds as (

    select
        customer_key,
        'purchase_day' as evidence_code,
        purchased_on as happened_on
    from {{ ref('int_purchase_days') }}

    union all

    select
        customer_key,
        'own_voice' as evidence_code,
        cast(posted_at as date) as happened_on
    from {{ ref('int_customer_voices') }}

    union all

    select
        customer_key,
        'advocacy' as evidence_code,
        reached_on as happened_on
    from {{ ref('int_advocacy_rungs_reached') }}
    where advocacy_code in ('advocate', 'referrer')

    union all

    select
        customer_key,
        'idea' as evidence_code,
        cast(submitted_at as date) as happened_on
    from {{ ref('fct_ideas') }}

    union all

    select
        customer_key,
        'idea_adopted' as evidence_code,
        cast(coalesce(adopted_at, released_at, submitted_at) as date) as happened_on
    from {{ ref('fct_ideas') }}
    where is_adopted

    union all

    select
        customer_key,
        'trial_completed' as evidence_code,
        happened_on
    from trials

    union all

    select
        customer_key,
        'community_day' as evidence_code,
        happened_on
    from community_days

    union all

    select
        customer_key,
        'collaboration' as evidence_code,
        happened_on
    from collaborations

),

deeds_with_number as (

    select
        deeds.customer_key,
        deeds.evidence_code,
        deeds.happened_on,
        row_number() over (
            partition by deeds.customer_key, deeds.evidence_code order by deeds.happened_on
        ) as evidence_number

    from deeds

    inner join as_of
        on deeds.happened_on <= as_of.as_of

    where deeds.customer_key is not null

),

by_rule as (

    select
        deeds_with_number.customer_key,
        rules.rule_code,
        rules.partner_code,
        rules.rung,
        rules.rule_position,
        deeds_with_number.happened_on as reached_on

    from deeds_with_number

    inner join rules
        on
            deeds_with_number.evidence_code = rules.evidence_code
            and deeds_with_number.evidence_number = rules.evidence_from

),

-- a role begins on the day of the first rule that gives it
roles as (

    select
        customer_key,
        partner_code,
        min(reached_on) as happened_on

    from by_rule
    where rung = 4
    group by customer_key, partner_code

),

numbered_roles as (

    select
        customer_key,
        happened_on,
        row_number() over (partition by customer_key order by happened_on, partner_code) as evidence_number

    from roles

),

of_roles as (

    select
        numbered_roles.customer_key,
        rules.rule_code,
        rules.partner_code,
        rules.rung,
        rules.rule_position,
        numbered_roles.happened_on as reached_on

    from numbered_roles

    inner join rules
        on
            rules.evidence_code = 'role'
            and numbered_roles.evidence_number = rules.evidence_from

),

final as (

    select * from by_rule
    union all
    select * from of_roles

)

select * from final
