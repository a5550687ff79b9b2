-- Grain: one row per piece of content or creator that a touch may name, with what it leads to.
with

contents as (

    select * from {{ ref('stg_content') }}

),

collaborations as (

    select * from {{ ref('stg_collaborations') }}

),

aliases as (

    select * from {{ ref('campaign_aliases') }}

),

creators as (

    select * from {{ ref('stg_creators') }}

),

identities as (

    select * from {{ ref('int_customer_identities') }}

),

-- what the brand paid for, by the content that came of it
collaborations_of_content as (

    select
        content_ref,
        creator_ref,
        campaign_ref

    from collaborations
    where content_ref is not null
    qualify row_number() over (partition by content_ref order by record_key) = 1

),

-- a creator of several campaigns leads to none of them
campaigns_of_creator as (

    select
        collaborations.creator_ref,
        min(coalesce(aliases.campaign_key, collaborations.campaign_ref)) as campaign_key

    from collaborations

    left join aliases
        on collaborations.campaign_ref = aliases.campaign_ref

    where collaborations.campaign_ref is not null
    group by collaborations.creator_ref
    having count(distinct coalesce(aliases.campaign_key, collaborations.campaign_ref)) = 1

),

described_creators as (

    select
        creators.creator_ref,
        lower(creators.tier_code) as tier_code,
        coalesce(by_customer.customer_key, by_author.customer_key) as customer_key

    from creators

    left join identities as by_customer
        on creators.customer_ref = by_customer.node

    left join identities as by_author
        on creators.author_ref = by_author.node

    qualify row_number() over (partition by creators.creator_ref order by creators.record_key) = 1

),

creator_subjects as (

    select
        'creator' as subject_kind,
        coalesce(described_creators.creator_ref, campaigns_of_creator.creator_ref) as subject_ref,
        coalesce(described_creators.creator_ref, campaigns_of_creator.creator_ref) as creator_ref,
        described_creators.tier_code,
        described_creators.customer_key as creator_customer_key,
        campaigns_of_creator.campaign_key,
        cast(null as string) as topic_ref

    from described_creators

    full outer join campaigns_of_creator
        on described_creators.creator_ref = campaigns_of_creator.creator_ref

),

linked_contents as (

    select
        coalesce(contents.content_ref, collaborations_of_content.content_ref) as content_ref,
        coalesce(contents.creator_ref, collaborations_of_content.creator_ref) as creator_ref,
        coalesce(contents.campaign_ref, collaborations_of_content.campaign_ref) as campaign_ref,
        contents.topic_ref

    from contents

    full outer join collaborations_of_content
        on contents.content_ref = collaborations_of_content.content_ref

    qualify row_number() over (
        partition by coalesce(contents.content_ref, collaborations_of_content.content_ref)
        order by contents.record_key
    ) = 1

),

content_subjects as (

    select
        'content' as subject_kind,
        linked_contents.content_ref as subject_ref,
        linked_contents.creator_ref,
        described_creators.tier_code,
        described_creators.customer_key as creator_customer_key,
        coalesce(aliases.campaign_key, linked_contents.campaign_ref, campaigns_of_creator.campaign_key) as campaign_key,
        linked_contents.topic_ref

    from linked_contents

    left join aliases
        on linked_contents.campaign_ref = aliases.campaign_ref

    left join described_creators
        on linked_contents.creator_ref = described_creators.creator_ref

    left join campaigns_of_creator
        on linked_contents.creator_ref = campaigns_of_creator.creator_ref

),

all_subjects as (

    select * from creator_subjects
    union all
    select * from content_subjects

)

select * from all_subjects
