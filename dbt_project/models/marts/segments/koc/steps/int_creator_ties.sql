-- Grain: one row per entry of the register of creators that is a known customer.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

listing_dates as (

    -- the register holds the present state; the first export that names a creator gives the date
    select
        record_key,
        min(export_date) as listed_on

    from {{ source('raw', 'creators') }}
    where superseded_load_id is null
    group by record_key

),

creators as (

    select
        creators.creator_ref,
        creators.tier_code,
        listing_dates.listed_on,
        coalesce(members.customer_key, authors.customer_key) as customer_key

    from {{ ref('stg_creators') }} as creators

    inner join listing_dates
        on creators.record_key = listing_dates.record_key

    left join identities as members
        on creators.customer_ref = members.node

    left join identities as authors
        on creators.author_ref = authors.node

),

content as (

    select
        content_ref,
        min(cast(published_at as date)) as published_on

    from {{ ref('stg_content') }}
    group by content_ref

),

collaborations as (

    select
        collaborations.creator_ref,
        min(coalesce(content.published_on, collaborations.export_date)) as first_on,
        count(*) as collaboration_count,
        cast(sum(coalesce(collaborations.fee_cny, 0)) as decimal(18, 2)) as fee_cny,
        cast(sum(coalesce(collaborations.product_cost_cny, 0)) as decimal(18, 2)) as product_cost_cny

    from {{ ref('stg_collaborations') }} as collaborations

    left join content
        on collaborations.content_ref = content.content_ref

    group by collaborations.creator_ref

),

ties as (

    select
        creators.creator_ref,
        creators.customer_key,
        creators.tier_code,
        -- whichever came first: the register often lists a creator weeks after the first work
        least(creators.listed_on, coalesce(collaborations.first_on, creators.listed_on)) as began_on,
        coalesce(collaborations.collaboration_count, 0) as collaboration_count,
        cast(coalesce(collaborations.fee_cny, 0) as decimal(18, 2)) as fee_cny,
        cast(coalesce(collaborations.product_cost_cny, 0) as decimal(18, 2)) as product_cost_cny

    from creators

    left join collaborations
        on creators.creator_ref = collaborations.creator_ref

    where creators.customer_key is not null

),

final as (

    select
        ties.*,
        coalesce(ties.tier_code = 'koc', false) as is_koc

    from ties

    -- creators who start after the end of the data are left out
    inner join as_of
        on ties.began_on <= as_of.as_of

)

select * from final
