-- Grain: one row per identifier that is cut off from identity resolution, and per membership and kind without weight.
with

cuts as (

    select * from {{ ref('int_identity_cuts') }}

),

final as (

    select

        ---------- keys
        -- the customer key of a node that stands alone: facts about a cut identifier carry it
        {{ customer_key_of('node') }} as identity_key,

        ---------- codes
        identity_kind,
        cut_code,

        ---------- measures
        link_count,
        cast(maximum_count as bigint) as maximum_count,

        ---------- times
        first_linked_on,
        last_linked_on

    from cuts

)

select * from final
