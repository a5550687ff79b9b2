-- Grain: one row per campaign or topic whose lift is measured.
with

as_of as (

    select * from {{ ref('stg_as_of') }}

),

seed_windows as (

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

    -- counters are running totals; one that the platform reset gained nothing
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
    -- the window of a topic is the middle part of its impressions, because counters run long before and after
    select
        topic_ref,
        max_by(topic_name, measured_on) as topic_name,
        min(measured_on) filter (where share_so_far > {{ rest | round(6) }}) as starts_on,
        min(measured_on) filter (where share_so_far >= {{ (1 - rest) | round(6) }}) as ends_on

    from topic_shares
    group by topic_ref

),

campaigns_and_topics as (

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

-- a category named in the title comes before one found by votes
named_categories as (

    select
        campaigns_and_topics.lift_code,
        keywords.category_code

    from campaigns_and_topics

    inner join keywords
        on position(keywords.keyword in campaigns_and_topics.lift_name) > 0

    qualify row_number() over (
        partition by campaigns_and_topics.lift_code
        order by length(keywords.keyword) desc, keywords.keyword asc
    ) = 1

),

votes as (

    select
        campaigns_and_topics.lift_code,
        categories_of_content.category_code,
        count(*) as vote_count

    from campaigns_and_topics

    inner join categories_of_content
        on
            campaigns_and_topics.campaign_key = categories_of_content.campaign_key
            or campaigns_and_topics.topic_ref = categories_of_content.topic_ref

    group by campaigns_and_topics.lift_code, categories_of_content.category_code

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

derived_windows as (

    select
        campaigns_and_topics.lift_code,
        campaigns_and_topics.campaign_key,
        campaigns_and_topics.topic_ref,
        campaigns_and_topics.lift_name,
        campaigns_and_topics.starts_on,
        campaigns_and_topics.ends_on,
        coalesce(named_categories.category_code, voted_categories.category_code) as category_code

    from campaigns_and_topics

    left join named_categories
        on campaigns_and_topics.lift_code = named_categories.lift_code

    left join voted_categories
        on campaigns_and_topics.lift_code = voted_categories.lift_code

),

---------- the business's rows, filled up from the data; then all that it says nothing of

all_windows as (

    select
        seed_windows.lift_code,
        coalesce(seed_windows.campaign_key, derived_windows.campaign_key) as campaign_key,
        coalesce(seed_windows.topic_ref, derived_windows.topic_ref) as topic_ref,
        derived_windows.lift_name,
        true as is_stated,
        case
            when seed_windows.treated_code is null then 'category' else coalesce(seed_windows.treated_kind, 'category')
        end
            as treated_kind,
        coalesce(seed_windows.treated_code, derived_windows.category_code) as treated_code,
        seed_windows.control_codes,
        seed_windows.before_start,
        coalesce(seed_windows.starts_on, derived_windows.starts_on) as starts_on,
        coalesce(seed_windows.ends_on, derived_windows.ends_on) as ends_on,
        seed_windows.after_end

    from seed_windows

    left join derived_windows
        on
            coalesce('campaign:' || seed_windows.campaign_key, 'topic:' || seed_windows.topic_ref)
            = derived_windows.lift_code

    union all

    select
        derived_windows.lift_code,
        derived_windows.campaign_key,
        derived_windows.topic_ref,
        derived_windows.lift_name,
        false as is_stated,
        'category' as treated_kind,
        derived_windows.category_code as treated_code,
        cast(null as string) as control_codes,
        cast(null as date) as before_start,
        derived_windows.starts_on,
        derived_windows.ends_on,
        cast(null as date) as after_end

    from derived_windows

    left join seed_windows
        on
            derived_windows.campaign_key = seed_windows.campaign_key
            or derived_windows.topic_ref = seed_windows.topic_ref

    where seed_windows.lift_code is null

),

dated_lifts as (

    select
        *,
        -- a campaign without an end is measured over its first days
        coalesce(ends_on, {{ plus_days('starts_on', var('lift_open_days') ~ ' - 1') }}) as last_on

    from all_windows
    where
        treated_code is not null
        and starts_on is not null

),

final as (

    select
        dated_lifts.lift_code,
        dated_lifts.campaign_key,
        dated_lifts.topic_ref,
        dated_lifts.lift_name,
        dated_lifts.is_stated,
        dated_lifts.treated_kind,
        dated_lifts.treated_code,
        dated_lifts.control_codes,
        coalesce(dated_lifts.before_start, {{ plus_days('dated_lifts.starts_on', '-' ~ var('lift_before_days')) }})
            as before_start,
        dated_lifts.starts_on,
        dated_lifts.last_on as ends_on,
        coalesce(dated_lifts.after_end, {{ plus_days('dated_lifts.last_on', var('lift_after_days')) }}) as after_end

    from dated_lifts

    cross join as_of

    where dated_lifts.starts_on <= as_of.as_of

)

select * from final
