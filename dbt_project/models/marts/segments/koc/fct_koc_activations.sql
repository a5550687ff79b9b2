-- Grain: one row per customer whom the brand has made a KOC.
with

compared as (

    select * from {{ ref('int_koc_comparison') }}

),

matched_strata as (

    select distinct
        activated_on,
        purchase_band,
        voice_band

    from compared
    where not is_treated

),

credited as (

    select
        creator_ref,
        sum(credited_sale_count) as credited_sale_count,
        sum(credited_cny) as credited_cny

    from {{ ref('creator_performance') }}
    where model_code = '{{ var("acquisition_model") }}'
    group by creator_ref

),

worked as (

    select
        ties.customer_key,
        sum(ties.collaboration_count) as collaboration_count,
        sum(ties.fee_cny) as fee_cny,
        sum(ties.product_cost_cny) as product_cost_cny,
        sum(credited.credited_sale_count) as credited_sale_count,
        sum(credited.credited_cny) as credited_cny

    from {{ ref('int_creator_ties') }} as ties

    left join credited
        on ties.creator_ref = credited.creator_ref

    where ties.is_koc
    group by ties.customer_key

),

final as (

    select

        ---------- keys
        compared.customer_key,

        ---------- the activation
        compared.activated_on,
        cast(compared.followed_days as integer) as followed_days,
        compared.is_followed,
        compared.was_candidate,
        compared.is_followed and matched_strata.activated_on is not null as is_matched,
        cast(worked.collaboration_count as bigint) as collaboration_count,
        cast(worked.fee_cny as decimal(18, 2)) as fee_cny,
        cast(worked.product_cost_cny as decimal(18, 2)) as product_cost_cny,
        -- what the creator's pieces were credited with: all of it came after the activation
        cast(round(coalesce(worked.credited_sale_count, 0), 6) as double) as credited_sale_count,
        cast(coalesce(worked.credited_cny, 0) as decimal(18, 2)) as credited_cny,

        ---------- equal days before and after
        {%- for measure in ['own_voices', 'posts', 'engagement', 'orders', 'net_cny'] %}
        compared.{{ measure }}_before,
        compared.{{ measure }}_after{% if not loop.last %},{% endif %}
        {%- endfor %}

    from compared

    inner join worked
        on compared.customer_key = worked.customer_key

    left join matched_strata
        on
            compared.activated_on = matched_strata.activated_on
            and compared.purchase_band = matched_strata.purchase_band
            and compared.voice_band = matched_strata.voice_band

    where compared.is_treated

)

select * from final
