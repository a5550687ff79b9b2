-- Grain: one row per grant, the winning delivery.
with

source as (

    select * from {{ source('raw', 'incentives') }}

),

rates as (

    select * from {{ ref('stg_currency_rates') }}

),

renamed as (

    select

        ---------- keys
        record_key,
        channel_code,

        ---------- ids
        grant_ref,
        customer_ref,
        order_ref,

        ---------- codes and names
        program_code,

        ---------- money, in the export's own currency
        currency_code,
        reward_cny as reward_amount,

        ---------- flags
        is_positive_required,
        is_disclosed,

        ---------- times
        offered_at,
        claimed_at,

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

),

latest_in_cny as (

    select
        latest.*,
        {{ in_cny('latest.reward_amount') }} as reward_cny

    from latest

    left join rates
        on
            latest.currency_code = rates.currency_code
            and cast(coalesce(latest.offered_at, latest.export_date) as date) >= rates.valid_from
            and cast(coalesce(latest.offered_at, latest.export_date) as date) < rates.valid_to

)

select * from latest_in_cny
