-- Grain: one row per currency and stretch of days in which one rate is in force.
with

source as (

    select * from {{ ref('currency_rates') }}

),

renamed as (

    select

        ---------- ids
        currency_code,

        ---------- measures
        cny_per_unit,

        ---------- texts
        source as rate_source,

        ---------- times
        valid_from,
        -- half-open, so that a day has one rate
        coalesce(
            lead(valid_from) over (partition by currency_code order by valid_from),
            date '9999-12-31'
        ) as valid_to

    from source

)

select * from renamed
