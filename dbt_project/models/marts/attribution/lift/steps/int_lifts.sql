-- Grain: one row per campaign or topic whose lift is measured.
with

as_of as (

    select * from {{ ref('stg_as_of') }}

),

stated as (

    select * from {{ ref('lift_windows') }}

),

keywords as (

    select * from {{ ref('search_keywords') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

contents as (

    select
        subject_ref as content_ref,
        campaign_key,
        topic_ref

    from {{ ref('int_touch_subjects') }}
    where subject_kind = 'content'

),

---------- what a piece of content is about: the product of the voice that it was made from, and of those under it

voices as (

    select
        voice_key,
        product_key

    from {{ ref('fct_voices') }}
    where product_key is not null

),

products_of_content as (

    select
        lineage.content_ref,
        voices.product_key

    from {{ ref('fct_content_lineage') }} as lineage

    inner join voices
        on lineage.root_voice_key = voices.voice_key

    union all

    select
        mentions.content_ref,
        voices.product_key

    from {{ ref('stg_mentions') }} as mentions

    inner join voices
        on 'mention:' || mentions.record_key = voices.voice_key

    where mentions.content_ref is not null

),

categories_of_content as (

    select
        contents.campaign_key,
        contents.topic_ref,
        products.category_code

    from products_of_content

    inner join contents
        on products_of_content.content_ref = contents.content_ref

    inner join products
        on products_of_content.product_key = products.product_key

    where products.category_code is not null

),

---------- campaigns and topics that the data tell of

topic_days as (

    -- counters are running totals, and one that a platform set back gained nothing
    select
        topic_ref,
        topic_name,
        measured_on,
        greatest(
            coalesce(
                impression_count - lag(impression_count) over (
                    partition by channel_code, topic_ref
                    order by measured_on
                ),
                0
            ),
            0
        ) as gained

    from {{ ref('stg_topics') }}

),

topic_shares as (

    select
        topic_ref,
        topic_name,
        measured_on,
        sum(gained) over (partition by topic_ref order by measured_on)
        / nullif(cast(sum(gained) over (partition by topic_ref) as double), 0) as share_so_far

    from topic_days

),

topics as (

    {% set rest = (1 - var('lift_topic_share')) / 2 -%}
    -- the days of a topic are those of the middle of what it was read: it is measured long before and after
    select
        topic_ref,
        max_by(topic_name, measured_on) as topic_name,
        min(measured_on) filter (where share_so_far > {{ rest | round(6) }}) as starts_on,
        min(measured_on) filter (where share_so_far >= {{ (1 - rest) | round(6) }}) as ends_on

    from topic_shares
    group by topic_ref

),

told as (

    select
        'campaign:' || campaign_key as lift_code,
        campaign_key,
        cast(null as string) as topic_ref,
        campaign_name as lift_name,
        started_on as starts_on,
        ended_on as ends_on

    from {{ ref('dim_campaigns') }}
    where started_on is not null

    union all

    select
        'topic:' || topic_ref as lift_code,
        cast(null as string) as campaign_key,
        topic_ref,
        topic_name as lift_name,
        starts_on,
        ends_on

    from topics

),

-- what a name says outright goes before what was counted
named_categories as (

    select
        told.lift_code,
        keywords.category_code

    from told

    inner join keywords
        on position(keywords.keyword in told.lift_name) > 0

    qualify row_number() over (
        partition by told.lift_code
        order by length(keywords.keyword) desc, keywords.keyword asc
    ) = 1

),

votes as (

    select
        told.lift_code,
        categories_of_content.category_code,
        count(*) as vote_count

    from told

    inner join categories_of_content
        on
            told.campaign_key = categories_of_content.campaign_key
            or told.topic_ref = categories_of_content.topic_ref

    group by told.lift_code, categories_of_content.category_code

),

voted_categories as (

    select
        lift_code,
        category_code

    from votes
    qualify
        vote_count > {{ var('lift_category_share') }} * sum(vote_count) over (partition by lift_code)
        and row_number() over (partition by lift_code order by vote_count desc, category_code asc) = 1

),

derived as (

    select
        told.lift_code,
        told.campaign_key,
        told.topic_ref,
        told.lift_name,
        told.starts_on,
        told.ends_on,
        coalesce(named_categories.category_code, voted_categories.category_code) as category_code

    from told

    left join named_categories
        on told.lift_code = named_categories.lift_code

    left join voted_categories
        on told.lift_code = voted_categories.lift_code

),

---------- the business's rows, filled up from the data; then all that it says nothing of

chosen as (

    select
        stated.lift_code,
        coalesce(stated.campaign_key, derived.campaign_key) as campaign_key,
        coalesce(stated.topic_ref, derived.topic_ref) as topic_ref,
        derived.lift_name,
        true as is_stated,
        case when stated.treated_code is null then 'category' else coalesce(stated.treated_kind, 'category') end
            as treated_kind,
        coalesce(stated.treated_code, derived.category_code) as treated_code,
        stated.control_codes,
        stated.before_start,
        coalesce(stated.starts_on, derived.starts_on) as starts_on,
        coalesce(stated.ends_on, derived.ends_on) as ends_on,
        stated.after_end

    from stated

    left join derived
        on coalesce('campaign:' || stated.campaign_key, 'topic:' || stated.topic_ref) = derived.lift_code

    union all

    select
        derived.lift_code,
        derived.campaign_key,
        derived.topic_ref,
        derived.lift_name,
        false as is_stated,
        'category' as treated_kind,
        derived.category_code as treated_code,
        cast(null as string) as control_codes,
        cast(null as date) as before_start,
        derived.starts_on,
        derived.ends_on,
        cast(null as date) as after_end

    from derived

    left join stated
        on
            derived.campaign_key = stated.campaign_key
            or derived.topic_ref = stated.topic_ref

    where stated.lift_code is null

),

ended as (

    select
        *,
        -- what runs on is measured over its first days
        coalesce(ends_on, {{ plus_days('starts_on', var('lift_open_days') ~ ' - 1') }}) as last_on

    from chosen
    where
        treated_code is not null
        and starts_on is not null

),

final as (

    select
        ended.lift_code,
        ended.campaign_key,
        ended.topic_ref,
        ended.lift_name,
        ended.is_stated,
        ended.treated_kind,
        ended.treated_code,
        ended.control_codes,
        coalesce(ended.before_start, {{ plus_days('ended.starts_on', '-' ~ var('lift_before_days')) }}) as before_start,
        ended.starts_on,
        ended.last_on as ends_on,
        coalesce(ended.after_end, {{ plus_days('ended.last_on', var('lift_after_days')) }}) as after_end

    from ended

    cross join as_of

    where ended.starts_on <= as_of.as_of

)

select * from final
