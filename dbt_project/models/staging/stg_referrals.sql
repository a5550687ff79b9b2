-- Grain: one row per invitation, the winning delivery.
with

source as (

    select * from {{ source('raw', 'referrals') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        invite_ref,
        inviter_ref,
        invitee_ref,

        ---------- codes and names
        invite_code,

        ---------- times
        sent_at,
        clicked_at,
        registered_at,

        ---------- lineage
        export_date,
        delivery_seq,
        row_number,
        file_id

    from source
    where superseded_load_id is null

),

latest as (

    {{ latest_wins('renamed') }}

)

select * from latest
