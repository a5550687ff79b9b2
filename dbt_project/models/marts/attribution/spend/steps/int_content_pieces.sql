-- Grain: one row per piece of content: of the content desk, or a public post of its own about our brands.
with

creators as (

    select
        creator_ref,
        author_ref,
        tier_code

    from {{ ref('stg_creators') }}
    qualify row_number() over (partition by creator_ref order by record_key) = 1

),

-- two entries of one account are one author
authors as (

    select * from creators
    where author_ref is not null
    qualify row_number() over (partition by author_ref order by creator_ref) = 1

),

collaborations as (

    select
        content_ref,
        min(creator_ref) as creator_ref,
        min(campaign_ref) as campaign_ref,
        cast(sum(fee_cny) as decimal(18, 2)) as fee_cny,
        cast(sum(product_cost_cny) as decimal(18, 2)) as product_cost_cny

    from {{ ref('stg_collaborations') }}
    where content_ref is not null
    group by content_ref

),

content as (

    select
        content.*,
        creators.author_ref as creator_author_ref

    from {{ ref('stg_content') }} as content

    left join creators
        on content.creator_ref = creators.creator_ref

),

posts as (

    select
        voice_key,
        voice_ref,
        channel_code,
        author_key,
        author_kind,
        mention_kind,
        content_ref,
        is_earned,
        posted_at

    from {{ ref('fct_voices') }}
    where
        voice_kind = 'mention'
        and is_public
        and is_original
        and is_own_brand
        -- a comment belongs to the engagement of the piece it was written under
        and mention_kind is distinct from 'comment'

),

-- a commissioned piece and the platform's post of it are one piece
twins as (

    select
        content.record_key,
        posts.voice_key,
        posts.voice_ref

    from content

    inner join posts
        on content.content_ref = posts.voice_ref

    union

    select
        content.record_key,
        posts.voice_key,
        posts.voice_ref

    from content

    inner join posts
        on
            content.content_ref = posts.content_ref
            and content.creator_author_ref = posts.author_key

),

commissioned_pieces as (

    select
        'content:' || content.record_key as piece_key,
        content.content_ref,
        twins.voice_key,
        twins.voice_ref,
        -- the channel on which it was published, not the one whose export lists it
        coalesce(posts.channel_code, content.channel_code) as channel_code,
        coalesce(content.campaign_ref, collaborations.campaign_ref) as campaign_ref,
        coalesce(content.creator_ref, collaborations.creator_ref, authors.creator_ref) as creator_ref,
        posts.author_kind,
        content.topic_ref,
        content.theme_code,
        coalesce(content.format_code, posts.mention_kind) as format_code,
        case
            when collaborations.content_ref is not null then 'paid'
            else coalesce(content.ownership_code, case when posts.is_earned then 'earned' end)
        end as ownership_code,
        collaborations.fee_cny,
        collaborations.product_cost_cny,
        coalesce(content.published_at, posts.posted_at) as published_at

    from content

    left join twins
        on content.record_key = twins.record_key

    left join posts
        on twins.voice_key = posts.voice_key

    left join collaborations
        on content.content_ref = collaborations.content_ref

    left join authors
        on posts.author_key = authors.author_ref

    qualify row_number() over (partition by content.record_key order by twins.voice_key) = 1

),

own_posts as (

    select
        posts.voice_key as piece_key,
        cast(null as string) as content_ref,
        posts.voice_key,
        posts.voice_ref,
        posts.channel_code,
        -- a post under the brand's own piece, of a challenge say, belongs to the piece's campaign
        coalesce(collaborations.campaign_ref, content.campaign_ref) as campaign_ref,
        coalesce(collaborations.creator_ref, authors.creator_ref) as creator_ref,
        posts.author_kind,
        content.topic_ref,
        content.theme_code,
        posts.mention_kind as format_code,
        case
            when collaborations.content_ref is not null then 'paid'
            when posts.author_kind = 'employee' then 'owned'
            when posts.is_earned then 'earned'
            else 'paid'
        end as ownership_code,
        collaborations.fee_cny,
        collaborations.product_cost_cny,
        posts.posted_at as published_at

    from posts

    left join collaborations
        on posts.voice_ref = collaborations.content_ref

    left join content
        on posts.content_ref = content.content_ref

    left join authors
        on posts.author_key = authors.author_ref

    where posts.voice_key not in (select twins.voice_key from twins)
    qualify row_number() over (partition by posts.voice_key order by content.record_key) = 1

),

every_piece as (

    select * from commissioned_pieces
    union all
    select * from own_posts

),

final as (

    select
        every_piece.piece_key,
        every_piece.content_ref,
        every_piece.voice_key,
        every_piece.voice_ref,
        every_piece.channel_code,
        campaigns.campaign_key,
        campaigns.strategy_code,
        every_piece.creator_ref,
        -- the register of creators first; institutions and media by the author kind of the platform
        coalesce(
            creators.tier_code,
            case every_piece.author_kind when 'creator' then 'unlisted' else every_piece.author_kind end
        ) as tier_code,
        every_piece.topic_ref,
        every_piece.theme_code,
        every_piece.format_code,
        every_piece.ownership_code,
        every_piece.fee_cny,
        every_piece.product_cost_cny,
        every_piece.published_at

    from every_piece

    left join {{ ref('campaign_aliases') }} as aliases
        on every_piece.campaign_ref = aliases.campaign_ref

    left join {{ ref('dim_campaigns') }} as campaigns
        on coalesce(aliases.campaign_key, every_piece.campaign_ref) = campaigns.campaign_key

    left join creators
        on every_piece.creator_ref = creators.creator_ref

)

select * from final
