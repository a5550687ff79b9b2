-- Grain: one row per certification, and per other piece of the brand's programmes that says how long it holds.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

pieces as (

    select
        pieces.record_key as piece_key,
        pieces.piece_ref,
        pieces.kind_code,
        pieces.outlet_name,
        pieces.published_on,
        pieces.valid_to,
        cast(pieces.valid_to - as_of.as_of as integer) as days_left

    from {{ ref('stg_brand_programmes') }} as pieces

    inner join as_of
        on coalesce(pieces.published_on, as_of.as_of) <= as_of.as_of

    where pieces.kind_code = 'certification' or pieces.valid_to is not null

),

final as (

    select
        piece_key,
        piece_ref,
        kind_code,
        outlet_name,
        published_on,
        valid_to,
        days_left,
        case
            when days_left is null then 'no_end'
            when days_left < 0 then 'lapsed'
            when days_left <= {{ var('certification_warning_days') }} then 'expiring'
            else 'valid'
        end as status_code,
        -- whether the same body has certified again for longer: a lapsed paper that was renewed is no gap
        case
            when outlet_name is not null
                then
                    coalesce(
                        count(*) over (partition by kind_code, outlet_name) > 1
                        and valid_to < max(valid_to) over (partition by kind_code, outlet_name),
                        false
                    )
        end as has_later_of_outlet

    from pieces

)

select * from final
