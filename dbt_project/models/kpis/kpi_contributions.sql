-- Grain: one row per KPI, period, dimension and member: what the member adds to the change against the period before.
{#- A ratio is taken apart at the midpoint m of its two values: (n1 - m d1) / D1 - (n0 - m d0) / D0. That sums to the
    change whatever the members do, and divides by no member's denominator, so that one may appear or disappear. With
    s = d / D and r = n / d of a member it is a rate effect (s0 + s1) / 2 * (r1 - r0) and a mix effect
    (s1 - s0) * ((r0 + r1) / 2 - m): Kitagawa (1955), Components of a difference between two rates, JASA 50. #}
with

history as (

    select * from {{ ref('kpi_history') }}

),

catalogue as (

    select * from {{ ref('kpi_catalogue') }}

),

totals as (

    -- our brands together, where both sides have a value: hidden and withheld ones are not decomposed either
    select
        history.kpi_code,
        history.period_kind,
        history.period_start,
        history.comparison_code,
        history.previous_period_start,
        history.numerator as total_n1,
        history.denominator as total_d1,
        history.previous_numerator as total_n0,
        history.previous_denominator as total_d0,
        history.value as total_value,
        history.previous_value as total_previous_value,
        history.value - history.previous_value as total_change,
        catalogue.scale,
        catalogue.unit = 'count' as is_count

    from history

    inner join catalogue
        on history.kpi_code = catalogue.kpi_code

    where
        history.channel_code = 'all'
        and history.brand_code = 'own'
        and history.product_key = 'all'
        and history.segment_kind = 'all'
        and history.value is not null
        and history.previous_value is not null
    qualify row_number() over (
        partition by history.kpi_code, history.period_kind, history.comparison_code
        order by history.period_start desc
    ) <= {{ var('kpi_contribution_periods') }}

),

dimensions as (

    select 'channel' as dimension_code
    union all
    select 'product' as dimension_code
    union all
    select 'strategy' as dimension_code

),

periods as (

    select
        *,
        case
            when segment_kind = 'strategy' then 'strategy'
            when product_key <> 'all' then 'product'
            when channel_code <> 'all' then 'channel'
        end as dimension_code,
        case
            when segment_kind = 'strategy' then segment_code
            when product_key <> 'all' then product_key
            when channel_code <> 'all' then channel_code
        end as member_code

    from {{ ref('kpi_periods') }}
    where brand_code = 'own' and segment_kind in ('all', 'strategy')

),

members as (

    -- the members of a period, and those of the one before; who stands on one side only counts 0 on the other
    select
        totals.kpi_code,
        totals.period_kind,
        totals.period_start,
        periods.dimension_code,
        periods.member_code,
        periods.numerator as n1,
        coalesce(periods.denominator, 0) as d1,
        0 as n0,
        0 as d0

    from totals

    inner join periods
        on
            totals.kpi_code = periods.kpi_code
            and totals.period_kind = periods.period_kind
            and totals.period_start = periods.period_start

    where periods.dimension_code is not null and not periods.is_cut

    union all

    select
        totals.kpi_code,
        totals.period_kind,
        totals.period_start,
        periods.dimension_code,
        periods.member_code,
        0 as n1,
        0 as d1,
        periods.numerator as n0,
        coalesce(periods.denominator, 0) as d0

    from totals

    inner join periods
        on
            totals.kpi_code = periods.kpi_code
            and totals.period_kind = periods.period_kind
            and totals.previous_period_start = periods.period_start
            and (totals.comparison_code = 'to_date') = periods.is_cut

    where periods.dimension_code is not null

),

sides as (

    select
        kpi_code,
        period_kind,
        period_start,
        dimension_code,
        member_code,
        sum(n1) as n1,
        sum(d1) as d1,
        sum(n0) as n0,
        sum(d0) as d0

    from members
    group by kpi_code, period_kind, period_start, dimension_code, member_code

),

separable_members as (

    -- a median, or a count of distinct people, is no sum of its parts
    select
        sides.kpi_code,
        sides.period_kind,
        sides.period_start,
        sides.dimension_code

    from sides

    inner join totals
        on
            sides.kpi_code = totals.kpi_code
            and sides.period_kind = totals.period_kind
            and sides.period_start = totals.period_start

    group by sides.kpi_code, sides.period_kind, sides.period_start, sides.dimension_code
    having
        abs(sum(sides.n1) - min(totals.total_n1)) <= 1e-6 * greatest(1, abs(min(totals.total_n1)))
        and abs(sum(sides.n0) - min(totals.total_n0)) <= 1e-6 * greatest(1, abs(min(totals.total_n0)))
        and abs(sum(sides.d1) - coalesce(min(totals.total_d1), 0))
        <= 1e-6 * greatest(1, abs(coalesce(min(totals.total_d1), 0)))
        and abs(sum(sides.d0) - coalesce(min(totals.total_d0), 0))
        <= 1e-6 * greatest(1, abs(coalesce(min(totals.total_d0), 0)))

),

parts as (

    select
        totals.*,
        separable_members.dimension_code,
        sides.member_code,
        sides.n1,
        case when not totals.is_count then sides.d1 end as d1,
        sides.n0,
        case when not totals.is_count then sides.d0 end as d0,
        (totals.total_n1 / nullif(totals.total_d1, 0) + totals.total_n0 / nullif(totals.total_d0, 0)) / 2 as midpoint

    from totals

    inner join separable_members
        on
            totals.kpi_code = separable_members.kpi_code
            and totals.period_kind = separable_members.period_kind
            and totals.period_start = separable_members.period_start

    inner join sides
        on
            separable_members.kpi_code = sides.kpi_code
            and separable_members.period_kind = sides.period_kind
            and separable_members.period_start = sides.period_start
            and separable_members.dimension_code = sides.dimension_code

),

effects as (

    select
        *,
        scale * case
            when is_count then n1 - n0
            else (n1 - midpoint * d1) / total_d1 - (n0 - midpoint * d0) / total_d0
        end as contribution,
        -- who has a rate on one side only changes the mix, and no rate
        scale * case
            when is_count then null
            when d1 > 0 and d0 > 0 then (d1 / total_d1 + d0 / total_d0) / 2 * (n1 / d1 - n0 / d0)
            else 0
        end as rate_effect

    from parts

),

member_effects as (

    select
        kpi_code,
        period_kind,
        period_start,
        comparison_code,
        dimension_code,
        member_code,
        n1 as numerator,
        d1 as denominator,
        scale * case when is_count then n1 else n1 / nullif(d1, 0) end as value,
        previous_period_start,
        n0 as previous_numerator,
        d0 as previous_denominator,
        scale * case when is_count then n0 else n0 / nullif(d0, 0) end as previous_value,
        contribution,
        rate_effect,
        contribution - rate_effect as mix_effect,
        total_change

    from effects

),

total_changes as (

    select
        totals.kpi_code,
        totals.period_kind,
        totals.period_start,
        totals.comparison_code,
        dimensions.dimension_code,
        'not_separable' as member_code,
        totals.total_n1 as numerator,
        totals.total_d1 as denominator,
        totals.total_value as value,
        totals.previous_period_start,
        totals.total_n0 as previous_numerator,
        totals.total_d0 as previous_denominator,
        totals.total_previous_value as previous_value,
        totals.total_change as contribution,
        cast(null as double) as rate_effect,
        cast(null as double) as mix_effect,
        totals.total_change

    from totals

    cross join dimensions

    left join separable_members
        on
            totals.kpi_code = separable_members.kpi_code
            and totals.period_kind = separable_members.period_kind
            and totals.period_start = separable_members.period_start
            and dimensions.dimension_code = separable_members.dimension_code

    where separable_members.kpi_code is null

),

all_rows as (

    select * from member_effects
    union all
    select * from total_changes

),

final as (

    select
        kpi_code,
        period_kind,
        period_start,
        comparison_code,
        dimension_code,
        member_code,
        cast(numerator as double) as numerator,
        cast(denominator as double) as denominator,
        value,
        previous_period_start,
        cast(previous_numerator as double) as previous_numerator,
        cast(previous_denominator as double) as previous_denominator,
        previous_value,
        round(contribution, 9) as contribution,
        round(rate_effect, 9) as rate_effect,
        round(mix_effect, 9) as mix_effect,
        cast(
            row_number() over (
                partition by kpi_code, period_kind, period_start, dimension_code
                order by round(abs(contribution), 9) desc, member_code asc
            ) as integer
        ) as contribution_rank,
        total_change

    from all_rows

)

select * from final
