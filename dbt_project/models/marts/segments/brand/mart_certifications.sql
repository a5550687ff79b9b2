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
        as_of.as_of,
        cast(pieces.valid_to - as_of.as_of as integer) as days_left,
        -- a new certificate of the same body is a renewal; without a body there is none
        coalesce(pieces.outlet_name, pieces.record_key) as holder_key,
        coalesce(pieces.valid_to, date '9999-12-31') as holds_to

    from {{ ref('stg_brand_programmes') }} as pieces

    inner join as_of
        on coalesce(pieces.published_on, as_of.as_of) <= as_of.as_of

    where pieces.kind_code = 'certification' or pieces.valid_to is not null

),

pieces_with_renewal as (

    select
        *,
        max(holds_to) over (
            partition by kind_code, holder_key
            order by published_on, piece_key
            rows between unbounded preceding and 1 preceding
        ) as held_to_before,
        max(holds_to) over (partition by kind_code, holder_key) as held_to

    from pieces

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
            when days_left < 0 and held_to >= as_of then 'renewed'
            when days_left < 0 then 'lapsed'
            when days_left <= {{ var('certification_warning_days') }} then 'expiring'
            else 'valid'
        end as status_code,
        coalesce(valid_to < held_to, false) as has_later_of_outlet,
        case
            when published_on is not null and held_to_before is not null
                then cast(greatest(published_on - held_to_before - 1, 0) as integer)
        end as uncovered_days

    from pieces_with_renewal

)

select * from final
