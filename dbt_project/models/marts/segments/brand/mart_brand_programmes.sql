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

pieces_with_gap as (

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
        -- the running month is evaluated on as_of
        least(cast(months.month_start + interval '1 month' - interval '1 day' as date), as_of.as_of) as judged_on

    from (
        {{ month_series('(select min(first_month_start) from kinds)', '(select as_of from as_of)') }}
    ) as months

    inner join kinds
        on months.month_start >= kinds.first_month_start

    cross join as_of

),

pieces_by_month as (

    select
        kind_code,
        cast(date_trunc('month', published_on) as date) as month_start,
        count(*) as piece_count,
        cast(sum(reach_count) as bigint) as reach_count,
        cast(sum(spend_cny) as decimal(18, 2)) as spend_cny,
        max(published_on) as last_published_on,
        max(gap_days) as longest_gap_days

    from pieces_with_gap
    group by kind_code, cast(date_trunc('month', published_on) as date)

),

-- a certificate is valid through valid_to, and without one indefinitely
certificates_by_month as (

    select
        calendar.kind_code,
        calendar.month_start,
        calendar.judged_on,
        pieces.holder_key,
        pieces.valid_to,
        coalesce(pieces.valid_to >= calendar.judged_on, true) as is_valid,
        -- a new certificate of the same body is a renewal; the last certificate counts
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

certificate_counts as (

    select
        kind_code,
        month_start,
        count(*) filter (where is_valid) as valid_count,
        count(*) filter (where is_valid and valid_to <= judged_on + {{ var('certification_warning_days') }})
            as expiring_count,
        count(*) filter (where not is_valid) as ended_count,
        count(distinct case when held_to < judged_on then holder_key end) as lapsed_count,
        min(valid_to) filter (where is_valid) as next_valid_to

    from certificates_by_month
    group by kind_code, month_start

),

months_so_far as (

    select
        calendar.kind_code,
        calendar.month_start,
        calendar.judged_on,
        coalesce(pieces_by_month.piece_count, 0) as piece_count,
        pieces_by_month.reach_count,
        pieces_by_month.spend_cny,
        max(pieces_by_month.last_published_on) over so_far as last_published_on,
        max(pieces_by_month.longest_gap_days) over so_far as longest_gap_days,
        count(*) over so_far - count(pieces_by_month.piece_count) over so_far as months_without_piece_count

    from calendar

    left join pieces_by_month
        on
            calendar.kind_code = pieces_by_month.kind_code
            and calendar.month_start = pieces_by_month.month_start

    window so_far as (partition by calendar.kind_code order by calendar.month_start)

),

final as (

    select
        months_so_far.kind_code,
        months_so_far.month_start,
        months_so_far.judged_on,
        months_so_far.piece_count,
        months_so_far.reach_count,
        months_so_far.spend_cny,
        months_so_far.last_published_on,
        cast(months_so_far.judged_on - months_so_far.last_published_on as integer) as days_since_last,
        cast(months_so_far.longest_gap_days as integer) as longest_gap_days,
        months_so_far.months_without_piece_count,
        months_so_far.piece_count = 0 as is_without_piece,
        certificate_counts.valid_count,
        certificate_counts.expiring_count,
        certificate_counts.ended_count,
        certificate_counts.lapsed_count,
        certificate_counts.next_valid_to

    from months_so_far

    left join certificate_counts
        on
            months_so_far.kind_code = certificate_counts.kind_code
            and months_so_far.month_start = certificate_counts.month_start

)

select * from final
