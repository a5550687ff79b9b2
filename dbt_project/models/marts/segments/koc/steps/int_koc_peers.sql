-- Grain: one row per customer activated as a KOC, and per candidate beside whom they are looked at.
{#- what somebody had done before the day, in bands: below the first one they were no candidate -#}
{%- set bands = {
    'purchase': var('koc_matching_purchases_from'),
    'voice': [var('koc_fewest_positive_voices')] + var('koc_matching_voices_from'),
} %}
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

ties as (

    select
        customer_key,
        min(began_on) as activated_on

    from {{ ref('int_creator_ties') }}
    where is_koc
    group by customer_key

),

-- gates without a date (consent, followers and the rest) are read as of today
open_to as (

    select
        customer_key,
        is_activated
    from {{ ref('mart_advocates') }}
    where
        is_not_staff
        and is_unpaid
        and is_consented
        and is_in_follower_band
        and is_verified_buyer

),

activations as (

    select
        ties.customer_key,
        ties.activated_on,
        cast(least(as_of.as_of - ties.activated_on, {{ var('koc_activation_days') }}) as integer) as followed_days,
        open_to.customer_key is not null as is_open

    from ties

    cross join as_of

    left join open_to
        on ties.customer_key = open_to.customer_key

),

persons as (

    select customer_key from activations
    union
    select customer_key from open_to

),

praises as (

    select
        voices.customer_key,
        cast(voices.posted_at as date) as posted_on

    from {{ ref('fct_voices') }} as voices

    inner join persons
        on voices.customer_key = persons.customer_key

    where
        {{ is_own_voice('voices') }}
        and {{ is_positive_voice('voices') }}
        and voices.posted_at is not null

),

purchases as (

    select purchases.*
    from {{ ref('int_purchase_days') }} as purchases

    inner join persons
        on purchases.customer_key = persons.customer_key

),

deeds as (

    -- what counts from the day after it happened
    select
        customer_key,
        purchased_on + 1 as from_day,
        1 as purchase_count,
        0 as voice_count
    from purchases
    union all
    select
        customer_key,
        posted_on + 1 as from_day,
        0 as purchase_count,
        1 as voice_count
    from praises

),

deed_days as (

    select
        customer_key,
        from_day,
        sum(purchase_count) as purchase_count,
        sum(voice_count) as voice_count

    from deeds
    group by customer_key, from_day

),

standings as (

    select
        customer_key,
        from_day,
        lead(from_day) over by_day as to_day,
        sum(purchase_count) over by_day as purchase_count,
        sum(voice_count) over by_day as voice_count

    from deed_days
    window by_day as (partition by customer_key order by from_day)

),

standings_with_bands as (

    select
        customer_key,
        from_day,
        to_day,
        {%- for kind, cuts in bands.items() %}
        {%- for cut in cuts %}
        {% if not loop.first %}+ {% endif %}cast({{ kind }}_count >= {{ cut }} as integer)
        {%- endfor %} as {{ kind }}_band{% if not loop.last %},{% endif %}
        {%- endfor %}

    from standings

),

activations_with_bands as (

    select
        activations.*,
        case when activations.is_open then standings_with_bands.purchase_band end as purchase_band,
        case when activations.is_open then standings_with_bands.voice_band end as voice_band

    from activations

    left join standings_with_bands
        on
            activations.customer_key = standings_with_bands.customer_key
            and activations.activated_on >= standings_with_bands.from_day
            and (activations.activated_on < standings_with_bands.to_day or standings_with_bands.to_day is null)

),

strata as (

    select distinct
        activated_on,
        followed_days,
        purchase_band,
        voice_band

    from activations_with_bands
    where
        followed_days >= {{ var('koc_activation_fewest_days') }}
        and purchase_band > 0
        and voice_band > 0

),

-- candidates on the days on which comparable people were activated; each candidate gets one of these days, by a hash
-- that is the same in every build, so that a person counts once
controls as (

    select
        standings_with_bands.customer_key,
        strata.activated_on,
        strata.followed_days,
        strata.purchase_band,
        strata.voice_band

    from standings_with_bands

    inner join open_to
        on
            standings_with_bands.customer_key = open_to.customer_key
            and not open_to.is_activated

    inner join strata
        on
            standings_with_bands.purchase_band = strata.purchase_band
            and standings_with_bands.voice_band = strata.voice_band
            and standings_with_bands.from_day <= strata.activated_on
            and (standings_with_bands.to_day > strata.activated_on or standings_with_bands.to_day is null)

    qualify row_number() over (
        partition by standings_with_bands.customer_key
        order by md5(standings_with_bands.customer_key || cast(strata.activated_on as string))
    ) = 1

),

compared_customers as (

    select
        customer_key,
        true as is_treated,
        activated_on,
        followed_days,
        purchase_band,
        voice_band
    from activations_with_bands
    union all
    select
        customer_key,
        false as is_treated,
        activated_on,
        followed_days,
        purchase_band,
        voice_band
    from controls

),

final as (

    select
        *,
        followed_days >= {{ var('koc_activation_fewest_days') }} as is_followed,
        coalesce(purchase_band > 0 and voice_band > 0, false) as was_candidate

    from compared_customers

)

select * from final
