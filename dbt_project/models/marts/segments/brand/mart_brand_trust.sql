-- Grain: one row per survey kind (trust, identity), wave and age band; `all` stands for every wave, and for every age.
{%- set fewest = var('brand_index_minimum_answers') %}
with

surveys as (

    select
        *,
        coalesce(sent_at, answered_at) as asked_at,
        coalesce(wave_code, 'none') as asked_wave_code

    from {{ ref('fct_surveys') }}
    where survey_kind in ('trust', 'identity')

),

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

bands as (

    select * from {{ ref('age_bands') }}

),

questionnaires as (

    select
        surveys.survey_key,
        surveys.survey_kind,
        surveys.asked_wave_code,
        cast(surveys.asked_at as date) as asked_on,
        surveys.answered_at,
        -- without a known customer every questionnaire counts as one person
        coalesce(surveys.customer_key, surveys.survey_key) as person_key,
        coalesce(bands.age_band_code, 'unknown') as age_band_code,
        -- answers outside the scale do not count
        case
            when
                cast(surveys.answered_at as date) <= as_of.as_of
                and surveys.score between 0 and surveys.scale_max
                and surveys.scale_max > 0
                then surveys.score
        end as score,
        surveys.scale_max

    from surveys

    inner join as_of
        on cast(surveys.asked_at as date) <= as_of.as_of

    left join customers
        on surveys.customer_key = customers.customer_key

    left join bands
        on
            extract(year from surveys.asked_at) - customers.birth_year >= bands.age_from
            and extract(year from surveys.asked_at) - customers.birth_year < bands.age_below

),

-- a person with two memberships counts once a wave: the last answer is read
people as (

    select
        *,
        score / scale_max as scale_share,
        case when score >= scale_max - 1 then 1 when score is not null then 0 end as is_top_two

    from questionnaires
    qualify row_number() over (
        partition by survey_kind, asked_wave_code, person_key
        order by case when score is null then 1 else 0 end asc, answered_at desc, survey_key asc
    ) = 1

),

waves as (

    select
        survey_kind,
        asked_wave_code,
        min(asked_on) as wave_started_on,
        lag(asked_wave_code) over (
            partition by survey_kind
            order by min(asked_on), asked_wave_code
        ) as previous_wave_code

    from people
    group by survey_kind, asked_wave_code

),

named_waves as (

    select
        survey_kind,
        asked_wave_code,
        wave_started_on,
        previous_wave_code

    from waves

    union all

    select
        survey_kind,
        'all' as asked_wave_code,
        min(wave_started_on) as wave_started_on,
        cast(null as {{ dbt.type_string() }}) as previous_wave_code

    from waves
    group by survey_kind

),

answer_counts as (

    select
        survey_kind,
        asked_wave_code,
        case when grouping(age_band_code) = 1 then 'all' else age_band_code end as age_band_code,
        grouping(age_band_code) as is_every_age,
        count(*) as asked_count,
        count(score) as answer_count,
        cast(sum(is_top_two) as bigint) as top_two_count,
        -- decimals, because a sum of doubles depends on the order of its rows
        sum(cast(scale_share as decimal(18, 12))) as share_sum,
        sum(cast(scale_share * scale_share as decimal(18, 12))) as square_sum

    from people
    group by
        grouping sets (
            (survey_kind, asked_wave_code),
            (survey_kind, asked_wave_code, age_band_code)
        )

),

cells as (

    -- a small cell is suppressed even where nobody in it answered
    select
        *,
        case when answer_count > 0 then answer_count else asked_count end as people_count
    from answer_counts

),

cells_with_suppression as (

    select
        *,
        {{ hidden_cell('people_count', 'survey_kind, asked_wave_code, is_every_age', 'age_band_code') }}
            as is_suppressed
    from cells

),

-- the total over waves leaves out waves in which the band is suppressed: otherwise subtraction would reveal them
cells_with_total as (

    select
        survey_kind,
        asked_wave_code,
        age_band_code,
        asked_count,
        answer_count,
        top_two_count,
        share_sum,
        square_sum,
        is_suppressed

    from cells_with_suppression

    union all

    select
        survey_kind,
        'all' as asked_wave_code,
        age_band_code,
        cast(sum(asked_count) as bigint) as asked_count,
        cast(sum(answer_count) as bigint) as answer_count,
        cast(sum(top_two_count) as bigint) as top_two_count,
        sum(share_sum) as share_sum,
        sum(square_sum) as square_sum,
        false as is_suppressed

    from cells_with_suppression
    where not is_suppressed
    group by survey_kind, age_band_code

),

-- a change is published only against a wave that is published itself
cell_means as (

    select
        *,
        case when not is_suppressed and answer_count >= {{ fewest }} then answer_count end as shown_count,
        cast(share_sum as double) / nullif(answer_count, 0) as mean_share,
        {{ sample_variance('cast(share_sum as double)', 'cast(square_sum as double)', 'answer_count') }} as variance

    from cells_with_total

),

cells_with_previous as (

    select
        cell_means.*,
        named_waves.wave_started_on,
        named_waves.previous_wave_code,
        before.shown_count as before_count,
        before.mean_share as before_share,
        before.variance as before_variance,
        before.top_two_count as before_top_two_count

    from cell_means

    inner join named_waves
        on
            cell_means.survey_kind = named_waves.survey_kind
            and cell_means.asked_wave_code = named_waves.asked_wave_code

    left join cell_means as before
        on
            named_waves.survey_kind = before.survey_kind
            and named_waves.previous_wave_code = before.asked_wave_code
            and cell_means.age_band_code = before.age_band_code

),

cells_with_change as (

    select
        *,
        sqrt(variance / shown_count) * {{ t_975('shown_count - 1') }} as margin,
        mean_share - before_share as change,
        {{ welch_margin('variance', 'shown_count', 'before_variance', 'before_count') }} as change_margin

    from cells_with_previous

),

final as (

    select
        survey_kind,
        asked_wave_code as wave_code,
        age_band_code,
        wave_started_on,
        previous_wave_code,
        case when not is_suppressed then asked_count end as asked_count,
        case when not is_suppressed then answer_count end as answer_count,
        cast(case when not is_suppressed then answer_count / nullif(asked_count, 0) end as double) as response_rate,
        case when shown_count is not null then round(mean_share * 100, 6) end as index_value,
        case when shown_count is not null then round((mean_share - margin) * 100, 6) end as index_low,
        case when shown_count is not null then round((mean_share + margin) * 100, 6) end as index_high,
        cast(top_two_count / shown_count as double) as top_two_share,
        -- rounding errors beyond 0 and 1 are cut, but null is neither
        case
            when shown_count is not null
                then greatest(round({{ wilson_end('top_two_count', 'shown_count', '-') }}, 8), 0.0)
        end as top_two_low,
        case
            when shown_count is not null
                then least(round({{ wilson_end('top_two_count', 'shown_count', '+') }}, 8), 1.0)
        end as top_two_high,
        case when shown_count is not null and before_count is not null then round(change * 100, 6) end as index_change,
        case when shown_count is not null and before_count is not null then round((change - change_margin) * 100, 6) end
            as index_change_low,
        case when shown_count is not null and before_count is not null then round((change + change_margin) * 100, 6) end
            as index_change_high,
        cast(top_two_count / shown_count - before_top_two_count / before_count as double) as top_two_change,
        cast({{ newcombe_end('top_two_count', 'shown_count', 'before_top_two_count', 'before_count', '-') }} as double)
            as top_two_change_low,
        cast({{ newcombe_end('top_two_count', 'shown_count', 'before_top_two_count', 'before_count', '+') }} as double)
            as top_two_change_high,
        not is_suppressed and answer_count < {{ fewest }} as is_below_minimum,
        is_suppressed

    from cells_with_change

)

select * from final
