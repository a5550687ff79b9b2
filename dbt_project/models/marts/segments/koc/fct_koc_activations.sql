-- Grain: one row per customer whom the brand has made a KOC.
with

koc_comparison as (

    select * from {{ ref('int_koc_comparison') }}

),

matched_strata as (

    select distinct
        activated_on,
        purchase_band,
        voice_band

    from koc_comparison
    where not is_treated

),

credit_by_creator as (

    select
        creator_ref,
        sum(credited_sale_count) as credited_sale_count,
        sum(credited_cny) as credited_cny

    from {{ ref('creator_performance') }}
    where model_code = '{{ var("acquisition_model") }}'
    group by creator_ref

),

koc_collaborations as (

    select
        ties.customer_key,
        sum(ties.collaboration_count) as collaboration_count,
        sum(ties.fee_cny) as fee_cny,
        sum(ties.product_cost_cny) as product_cost_cny,
        sum(credit_by_creator.credited_sale_count) as credited_sale_count,
        sum(credit_by_creator.credited_cny) as credited_cny

    from {{ ref('int_creator_ties') }} as ties

    left join credit_by_creator
        on ties.creator_ref = credit_by_creator.creator_ref

    where ties.is_koc
    group by ties.customer_key

),

final as (

    select

        ---------- keys
        koc_comparison.customer_key,

        ---------- the activation
        koc_comparison.activated_on,
        cast(koc_comparison.followed_days as integer) as followed_days,
        koc_comparison.is_followed,
        koc_comparison.was_candidate,
        koc_comparison.is_followed and matched_strata.activated_on is not null as is_matched,
        cast(koc_collaborations.collaboration_count as bigint) as collaboration_count,
        cast(koc_collaborations.fee_cny as decimal(18, 2)) as fee_cny,
        cast(koc_collaborations.product_cost_cny as decimal(18, 2)) as product_cost_cny,
        -- what the creator's pieces were credited with: all of it came after the activation
        cast(round(coalesce(koc_collaborations.credited_sale_count, 0), 6) as double) as credited_sale_count,
        cast(coalesce(koc_collaborations.credited_cny, 0) as decimal(18, 2)) as credited_cny,

        ---------- equal days before and after
        {%- for measure in ['own_voices', 'posts', 'engagement', 'orders', 'net_cny'] %}
        koc_comparison.{{ measure }}_before,
        koc_comparison.{{ measure }}_after{% if not loop.last %},{% endif %}
        {%- endfor %}

    from koc_comparison

    inner join koc_collaborations
        on koc_comparison.customer_key = koc_collaborations.customer_key

    left join matched_strata
        on
            koc_comparison.activated_on = matched_strata.activated_on
            and koc_comparison.purchase_band = matched_strata.purchase_band
            and koc_comparison.voice_band = matched_strata.voice_band

    where koc_comparison.is_treated

)

select * from final
