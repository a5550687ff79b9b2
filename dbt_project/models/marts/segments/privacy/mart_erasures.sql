-- Grain: one row per request to be erased and feed in which rows named the person.
with

erasures as (

    select * from {{ source('raw', 'erasures') }}

),

erased_rows as (

    select * from {{ source('raw', 'erased_rows') }}

),

erased_counts as (

    select
        request_ref,
        feed,
        count(distinct file_id) as file_count,
        sum(case when is_deleted then row_count else 0 end) as deleted_count,
        sum(case when is_deleted then 0 else row_count end) as anonymised_count

    from erased_rows
    -- the request itself is not evidence that the person is known
    where feed <> 'erasure_requests'
    group by request_ref, feed

),

final as (

    select

        ---------- keys
        erasures.request_ref as request_key,

        ---------- codes
        coalesce(erased_counts.feed, 'none') as feed_code,
        erasures.source_code,

        ---------- measures
        cast(coalesce(erased_counts.file_count, 0) as bigint) as file_count,
        cast(coalesce(erased_counts.deleted_count, 0) as bigint) as deleted_count,
        cast(coalesce(erased_counts.anonymised_count, 0) as bigint) as anonymised_count,

        ---------- flags
        erased_counts.feed is not null as is_known,

        ---------- times
        erasures.requested_on

    from erasures

    left join erased_counts
        on erasures.request_ref = erased_counts.request_ref

)

select * from final
