-- KPI: how often the watched themes are spoken of per 1,000 voices, over how often in the equal window before.
with

voices as (

    select
        voice_key,
        cast(posted_at as date) as period_date,
        channel_code,
        coalesce(brand_code, 'unknown') as brand_code,
        is_own_brand

    from {{ ref('fct_voices') }}
    where
        -- the same voices as in mart_topic_days
        is_public
        and is_original
        and posted_at is not null

),

subjects as (

    -- a row per voice and watched theme ...
    select
        'reviews.fct_voices' as row_table,
        voices.voice_key as row_key,
        voices.period_date,
        voices.channel_code,
        voices.brand_code,
        'all' as product_key,
        'theme' as segment_kind,
        themes.theme_code as segment_code,
        voices.is_own_brand,
        cast(1 as double) as numerator,
        cast(0 as double) as denominator

    from voices

    inner join {{ ref('fct_voice_themes') }} as themes
        on voices.voice_key = themes.voice_key

    where
        themes.theme_code in (
            {%- for theme in var('watched_themes') %}
            '{{ theme }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )

    union all

    -- ... and one per voice, the denominator
    select
        'reviews.fct_voices' as row_table,
        voice_key as row_key,
        period_date,
        channel_code,
        brand_code,
        'all' as product_key,
        'all' as segment_kind,
        'all' as segment_code,
        is_own_brand,
        cast(0 as double) as numerator,
        cast(1 as double) as denominator

    from voices

),

windows as (

    select
        period_kind,
        period_start,
        is_cut,
        from_on,
        until_on,
        {{ plus_days('from_on', '-(' ~ day_number('until_on') ~ ' - ' ~ day_number('from_on') ~ ' + 1)') }}
            as before_from_on

    from {{ ref('kpi_windows') }}
    where until_on >= from_on

),

brand_subjects as (

    select
        period_date,
        channel_code,
        brand_code as brand_scope,
        segment_code,
        numerator,
        denominator

    from subjects

    union all

    -- `own`: all our brands together
    select
        period_date,
        channel_code,
        'own' as brand_scope,
        segment_code,
        numerator,
        denominator

    from subjects
    where is_own_brand and brand_code <> 'own'

),

-- summed by day first, which leaves few rows to join with the windows
by_day as (

    select
        period_date,
        brand_scope,
        segment_code,
        case when grouping(channel_code) = 1 then 'all' else channel_code end as channel_code,
        sum(numerator) as document_count,
        sum(denominator) as voice_count

    from brand_subjects
    group by
        grouping sets (
            (period_date, brand_scope, segment_code),
            (period_date, brand_scope, segment_code, channel_code)
        )

),

window_counts as (

    select
        windows.period_kind,
        windows.period_start,
        windows.is_cut,
        by_day.channel_code,
        by_day.brand_scope,
        by_day.segment_code,
        coalesce(sum(by_day.document_count) filter (where by_day.period_date >= windows.from_on), 0) as document_count,
        coalesce(sum(by_day.voice_count) filter (where by_day.period_date >= windows.from_on), 0) as voice_count,
        coalesce(sum(by_day.document_count) filter (where by_day.period_date < windows.from_on), 0)
            as previous_document_count,
        coalesce(sum(by_day.voice_count) filter (where by_day.period_date < windows.from_on), 0)
            as previous_voice_count

    from windows

    inner join by_day
        on by_day.period_date between windows.before_from_on and windows.until_on

    group by all

),

voice_totals as (

    select * from window_counts
    where segment_code = 'all'

),

segment_counts as (

    select
        period_kind,
        period_start,
        is_cut,
        channel_code,
        brand_scope,
        segment_code,
        document_count,
        previous_document_count

    from window_counts
    where segment_code <> 'all'

    union all

    -- the watched themes together; a voice with two of them counts twice
    select
        period_kind,
        period_start,
        is_cut,
        channel_code,
        brand_scope,
        'all' as segment_code,
        sum(document_count) as document_count,
        sum(previous_document_count) as previous_document_count

    from window_counts
    where segment_code <> 'all'
    group by
        period_kind,
        period_start,
        is_cut,
        channel_code,
        brand_scope

),

log_rates as (

    select
        segment_counts.*,
        voice_totals.voice_count,
        voice_totals.previous_voice_count,
        -- Walter (1975): half a voice added to every count keeps the log of a rate finite and nearly unbiased
        ln((segment_counts.document_count + 0.5) / (voice_totals.voice_count + 0.5))
        - ln((segment_counts.previous_document_count + 0.5) / (voice_totals.previous_voice_count + 0.5))
            as log_rate_change,
        1 / (segment_counts.document_count + 0.5) + 1 / (segment_counts.previous_document_count + 0.5)
        - 1 / (voice_totals.voice_count + 0.5) - 1 / (voice_totals.previous_voice_count + 0.5) as variance

    from segment_counts

    inner join voice_totals
        on
            segment_counts.period_kind = voice_totals.period_kind
            and segment_counts.period_start = voice_totals.period_start
            and segment_counts.is_cut = voice_totals.is_cut
            and segment_counts.channel_code = voice_totals.channel_code
            and segment_counts.brand_scope = voice_totals.brand_scope

    -- both windows need a voice
    where voice_totals.voice_count > 0 and voice_totals.previous_voice_count > 0

),

rates as (

    select
        *,
        1000.0 * document_count / voice_count as documents_per_thousand,
        1000.0 * previous_document_count / previous_voice_count as previous_documents_per_thousand,
        -- two themes of one voice are two documents, so the variance of a total may fall below that of chance
        sqrt(greatest(variance, 0)) as standard_error

    from log_rates

),

final as (

    select
        period_kind,
        period_start as period_date,
        is_cut,
        channel_code,
        brand_scope as brand_code,
        'all' as product_key,
        case when segment_code = 'all' then 'all' else 'theme' end as segment_kind,
        segment_code,
        cast(documents_per_thousand as double) as numerator,
        cast(previous_documents_per_thousand as double) as denominator,
        cast(greatest(document_count, previous_document_count) as bigint) as sample_count,
        -- the added halves narrow the interval; the counted ratio is kept inside
        cast(least(
            round(exp(log_rate_change - 1.959964 * standard_error), 6),
            documents_per_thousand / nullif(previous_documents_per_thousand, 0)
        ) as double) as value_low,
        cast(greatest(
            round(exp(log_rate_change + 1.959964 * standard_error), 6),
            documents_per_thousand / nullif(previous_documents_per_thousand, 0)
        ) as double) as value_high,
        cast(document_count as bigint) as document_count,
        cast(voice_count as bigint) as voice_count,
        cast(previous_document_count as bigint) as previous_document_count,
        cast(previous_voice_count as bigint) as previous_voice_count,
        cast(round(log_rate_change, 6) as double) as log_rate_change,
        cast(round(log_rate_change / nullif(standard_error, 0), 6) as double) as z_score

    from rates

)

select * from final
