-- Grain: one row per offer and stay in a stage to which it is due, with the day from which its taker is watched: that
-- of the grant, or for the untouched a day drawn from those of grants.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

offers as (

    select * from {{ ref('stage_offers') }}

),

stays as (

    select * from {{ ref('int_stage_stays') }}
    where ladder_code = 'lifecycle'

),

grants as (

    select * from {{ ref('int_stage_grants') }}
    where
        is_right_stage
        and grant_number = 1

),

purchases as (

    select * from {{ ref('int_purchase_days') }}

),

due_stays as (

    select
        offers.offer_code,
        offers.lifecycle_code,
        offers.window_days,
        cast(date_trunc('month', stays.began_on) as date) as entered_month,
        stays.customer_key,
        stays.began_on,
        stays.ended_on,
        {{ plus_days('stays.began_on', 'offers.within_days') }} as due_until,
        grants.offered_on,
        grants.claimed_on,
        grants.stage_day,
        grants.reward_cny

    from stays

    inner join offers
        on stays.stage_code = offers.lifecycle_code

    left join grants
        on
            offers.offer_code = grants.offer_code
            and stays.customer_key = grants.customer_key
            and stays.began_on = grants.stage_began_on

),

numbered_stays as (

    select
        *,
        row_number() over (
            partition by offer_code, lifecycle_code, entered_month, offered_on is null
            order by stage_day, customer_key, began_on
        ) as place,
        count(offered_on) over (partition by offer_code, lifecycle_code, entered_month) as given_count

    from due_stays

),

day_stays as (

    -- Who was given something had stayed in the stage until then, and the untouched are watched from the same days
    -- of their own stays ("prescription time-distribution matching", Zhou et al., American Journal of Epidemiology
    -- 162, 2005): each takes the day of one of the given, in turn.
    select
        untouched.*,
        given.stage_day as watched_day

    from numbered_stays as untouched

    left join numbered_stays as given
        on
            untouched.offer_code = given.offer_code
            and untouched.lifecycle_code = given.lifecycle_code
            and untouched.entered_month = given.entered_month
            and given.place = 1 + (untouched.place - 1) % nullif(untouched.given_count, 0)
            and given.offered_on is not null

    where untouched.offered_on is null

    union all

    select
        *,
        stage_day as watched_day
    from numbered_stays
    where offered_on is not null

),

watched_stays as (

    select
        day_stays.*,
        -- who has left the stage by then cannot be compared
        case
            when
                day_stays.watched_day
                < coalesce(day_stays.ended_on, {{ plus_days('as_of.as_of', 1) }}) - day_stays.began_on
                then {{ plus_days('day_stays.began_on', 'day_stays.watched_day') }}
        end as watched_on,
        as_of.as_of

    from day_stays

    cross join as_of

),

stays_with_purchase as (

    select
        watched_stays.offer_code,
        watched_stays.lifecycle_code,
        watched_stays.entered_month,
        watched_stays.customer_key,
        watched_stays.began_on,
        watched_stays.ended_on,
        watched_stays.due_until,
        watched_stays.offered_on,
        watched_stays.claimed_on,
        watched_stays.reward_cny,
        watched_stays.watched_on,
        watched_stays.stage_day,
        watched_stays.watched_day,
        -- null until the window is over
        case
            when {{ plus_days('watched_stays.watched_on', 'watched_stays.window_days') }} <= watched_stays.as_of
                then coalesce(
                    purchases.next_purchased_on
                    <= {{ plus_days('watched_stays.watched_on', 'watched_stays.window_days') }},
                    false
                )
        end as is_bought

    from watched_stays

    -- the purchase that was their last one on that day
    left join purchases
        on
            watched_stays.customer_key = purchases.customer_key
            and watched_stays.watched_on >= purchases.purchased_on
            and (watched_stays.watched_on < purchases.next_purchased_on or purchases.next_purchased_on is null)

)

select * from stays_with_purchase
