-- Grain: one row per kind of piece (esg, certification, media) and month, from the kind's first piece to as_of.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

pieces as (

    select
        pieces.record_key as piece_key,
        pieces.kind_code,
        pieces.published_on,
        pieces.valid_to,
        coalesce(pieces.outlet_name, pieces.record_key) as holder_key,
        pieces.reach_count,
        pieces.spend_cny

    from {{ ref('stg_brand_programmes') }} as pieces

    inner join as_of
        on pieces.published_on <= as_of.as_of

),

spaced as (

    select
        *,
        published_on - lag(published_on) over (partition by kind_code order by published_on, piece_key) as gap_days
    from pieces

),

kinds as (

    select
        kind_code,
        cast(date_trunc('month', min(published_on)) as date) as first_month_start
    from pieces
    group by kind_code

),

calendar as (

    select
        kinds.kind_code,
        months.month_start,
        -- the running month is judged on as_of
        least(cast(months.month_start + interval '1 month' - interval '1 day' as date), as_of.as_of) as judged_on

    from (
        {{ month_series('(select min(first_month_start) from kinds)', '(select as_of from as_of)') }}
    ) as months

    inner join kinds
        on months.month_start >= kinds.first_month_start

    cross join as_of

),

published as (

    select
        kind_code,
        cast(date_trunc('month', published_on) as date) as month_start,
        count(*) as piece_count,
        cast(sum(reach_count) as bigint) as reach_count,
        cast(sum(spend_cny) as decimal(18, 2)) as spend_cny,
        max(published_on) as last_published_on,
        max(gap_days) as longest_gap_days

    from spaced
    group by kind_code, cast(date_trunc('month', published_on) as date)

),

-- a certificate holds through valid_to, and without one for ever
judged as (

    select
        calendar.kind_code,
        calendar.month_start,
        calendar.judged_on,
        pieces.holder_key,
        pieces.valid_to,
        coalesce(pieces.valid_to >= calendar.judged_on, true) as is_valid,
        -- a body that has certified again renewed; the last of its papers tells
        max(coalesce(pieces.valid_to, date '9999-12-31')) over (
            partition by calendar.month_start, pieces.holder_key
        ) as held_to

    from calendar

    inner join pieces
        on
            calendar.kind_code = pieces.kind_code
            and calendar.judged_on >= pieces.published_on

    where calendar.kind_code = 'certification'

),

certified as (

    select
        kind_code,
        month_start,
        count(*) filter (where is_valid) as valid_count,
        count(*) filter (where is_valid and valid_to <= judged_on + {{ var('certification_warning_days') }})
            as expiring_count,
        count(*) filter (where not is_valid) as ended_count,
        count(distinct case when held_to < judged_on then holder_key end) as lapsed_count,
        min(valid_to) filter (where is_valid) as next_valid_to

    from judged
    group by kind_code, month_start

),

continued as (

    select
        calendar.kind_code,
        calendar.month_start,
        calendar.judged_on,
        coalesce(published.piece_count, 0) as piece_count,
        published.reach_count,
        published.spend_cny,
        max(published.last_published_on) over so_far as last_published_on,
        max(published.longest_gap_days) over so_far as longest_gap_days,
        count(*) over so_far - count(published.piece_count) over so_far as months_without_piece_count

    from calendar

    left join published
        on
            calendar.kind_code = published.kind_code
            and calendar.month_start = published.month_start

    window so_far as (partition by calendar.kind_code order by calendar.month_start)

),

final as (

    select
        continued.kind_code,
        continued.month_start,
        continued.judged_on,
        continued.piece_count,
        continued.reach_count,
        continued.spend_cny,
        continued.last_published_on,
        cast(continued.judged_on - continued.last_published_on as integer) as days_since_last,
        cast(continued.longest_gap_days as integer) as longest_gap_days,
        continued.months_without_piece_count,
        continued.piece_count = 0 as is_without_piece,
        certified.valid_count,
        certified.expiring_count,
        certified.ended_count,
        certified.lapsed_count,
        certified.next_valid_to

    from continued

    left join certified
        on
            continued.kind_code = certified.kind_code
            and continued.month_start = certified.month_start

)

select * from final
