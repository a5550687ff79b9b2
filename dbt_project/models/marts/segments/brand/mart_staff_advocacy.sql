-- Grain: one row per month, department and course; `all` is every one of them, and all of both alone knows of voices.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

courses as (

    select
        courses.staff_ref,
        courses.course_code,
        coalesce(courses.department_code, 'unknown') as department_code,
        case when cast(courses.passed_at as date) <= as_of.as_of then courses.passed_at end as passed_at

    from {{ ref('stg_staff_training') }} as courses

    cross join as_of

),

-- staff who moved belong to the department of the last course that they passed
staff as (

    select
        staff_ref,
        department_code

    from courses
    qualify row_number() over (
        partition by staff_ref
        order by case when passed_at is null then 1 else 0 end asc, passed_at desc, department_code asc
    ) = 1

),

-- the month in which each passed first: every course, and any
passes as (

    select
        staff_ref,
        case when grouping(course_code) = 1 then 'all' else course_code end as course_code,
        cast(date_trunc('month', min(passed_at)) as date) as passed_month_start

    from courses
    where passed_at is not null
    group by grouping sets ((staff_ref), (staff_ref, course_code))

),

voices as (

    select * from {{ ref('fct_voices') }}
    where
        voice_kind in ('mention', 'review')
        and is_own_brand
        and is_public
        and is_original

),

-- an account marked as staff in one export is staff in all
staff_accounts as (

    select distinct author_key
    from {{ ref('fct_voices') }}
    where author_kind = 'employee' and author_key is not null

),

counters as (

    -- running totals: the largest is the last
    select
        subject_key,
        max(impression_count) as impression_count,
        coalesce(max(like_count), 0) + coalesce(max(comment_count), 0)
        + coalesce(max(share_count), 0) + coalesce(max(save_count), 0) as engagement_count

    from {{ ref('fct_engagement') }}
    where subject_kind = 'voice'
    group by subject_key

),

staff_voices as (

    select
        cast(date_trunc('month', voices.posted_at) as date) as month_start,
        voices.author_key,
        coalesce(voices.author_kind = 'employee', false) as is_staff,
        voices.is_earned,
        voices.is_earned
        and (voices.author_kind = 'employee' or staff_accounts.author_key is not null) as is_staff_in_earned,
        counters.impression_count,
        counters.engagement_count

    from voices

    left join staff_accounts
        on voices.author_key = staff_accounts.author_key

    left join counters
        on voices.voice_key = counters.subject_key

),

voice_months as (

    select
        month_start,
        count(*) as voice_count,
        count(*) filter (where is_staff) as staff_voice_count,
        count(*) filter (where is_earned) as earned_voice_count,
        count(*) filter (where is_staff_in_earned) as staff_in_earned_count,
        count(distinct case when is_staff then author_key end) as staff_author_count,
        cast(sum(impression_count) as bigint) as impression_count,
        cast(sum(impression_count) filter (where is_staff) as bigint) as staff_impression_count,
        cast(sum(impression_count) filter (where is_earned) as bigint) as earned_impression_count,
        cast(sum(engagement_count) filter (where is_staff) as bigint) as staff_engagement_count

    from staff_voices
    group by month_start

),

firsts as (

    select min(first_month) as first_month
    from (
        select min(passed_month_start) as first_month from passes
        union all
        select min(month_start) as first_month from voice_months
        where staff_voice_count > 0
    ) as known

),

months as (

    {{ month_series('(select first_month from firsts)', '(select as_of from as_of)') }}

),

headcounts as (

    select * from {{ ref('staff_headcounts') }}

),

members as (

    select
        staff_ref,
        department_code,
        false as is_company

    from staff

    union all

    select
        staff_ref,
        'all' as department_code,
        true as is_company

    from staff

),

departments as (

    select
        members.department_code,
        members.is_company,
        count(*) as listed_staff_count

    from members
    group by members.department_code, members.is_company

),

company as (

    select cast(sum(headcount) as bigint) as headcount from headcounts

),

departments_with_headcount as (

    select
        departments.department_code,
        departments.is_company,
        departments.listed_staff_count,
        case
            when not departments.is_company then headcounts.headcount
            -- the company's headcount is known when that of every department is
            when count(*) over () - 1 = count(headcounts.headcount) over () then company.headcount
        end as headcount

    from departments

    left join headcounts
        on departments.department_code = headcounts.department_code

    cross join company

),

departments_with_suppression as (

    select
        *,
        {{ hidden_cell(
            'greatest(coalesce(headcount, 0), listed_staff_count)',
            'is_company',
            'department_code'
        ) }} as is_suppressed
    from departments_with_headcount

),

course_codes as (

    select distinct course_code from courses
    union all
    select 'all' as course_code

),

-- the company has a row even without a list of staff, for its voices
cells as (

    select
        months.month_start,
        departments_with_suppression.department_code,
        departments_with_suppression.is_suppressed,
        course_codes.course_code,
        departments_with_suppression.headcount,
        departments_with_suppression.listed_staff_count

    from months

    cross join departments_with_suppression

    cross join course_codes

    union all

    select
        months.month_start,
        'all' as department_code,
        false as is_suppressed,
        'all' as course_code,
        cast(null as bigint) as headcount,
        cast(0 as bigint) as listed_staff_count

    from months
    where (select count(*) from staff) = 0

),

passes_by_month as (

    select
        months.month_start,
        members.department_code,
        passes.course_code,
        count(*) as passed_staff_count,
        count(*) filter (where passes.passed_month_start = months.month_start) as newly_passed_staff_count

    from months

    inner join passes
        on months.month_start >= passes.passed_month_start

    inner join members
        on passes.staff_ref = members.staff_ref

    group by months.month_start, members.department_code, passes.course_code

),

cell_counts as (

    select
        cells.*,
        cells.department_code = 'all' and cells.course_code = 'all' as is_company_month,
        coalesce(passes_by_month.passed_staff_count, 0) as passed_staff_count,
        coalesce(passes_by_month.newly_passed_staff_count, 0) as newly_passed_staff_count

    from cells

    left join passes_by_month
        on
            cells.month_start = passes_by_month.month_start
            and cells.department_code = passes_by_month.department_code
            and cells.course_code = passes_by_month.course_code

),

final as (

    select
        cell_counts.month_start,
        cell_counts.department_code,
        cell_counts.course_code,
        case when not cell_counts.is_suppressed then cell_counts.headcount end as headcount,
        case when not cell_counts.is_suppressed then cell_counts.listed_staff_count end as listed_staff_count,
        case when not cell_counts.is_suppressed then cell_counts.passed_staff_count end as passed_staff_count,
        case when not cell_counts.is_suppressed then cell_counts.newly_passed_staff_count end
            as newly_passed_staff_count,
        case
            when not cell_counts.is_suppressed
                then round(cell_counts.passed_staff_count / nullif(cell_counts.listed_staff_count, 0), 8)
        end as passed_share_of_listed,
        case
            when
                not cell_counts.is_suppressed
                then round(cell_counts.passed_staff_count / nullif(cell_counts.headcount, 0), 8)
        end as passed_share_of_headcount,
        case when cell_counts.is_company_month then coalesce(voice_months.voice_count, 0) end as voice_count,
        case when cell_counts.is_company_month then coalesce(voice_months.staff_voice_count, 0) end
            as staff_voice_count,
        round(voice_months.staff_voice_count / nullif(voice_months.voice_count, 0), 8) as staff_voice_share,
        case when cell_counts.is_company_month then coalesce(voice_months.staff_author_count, 0) end
            as staff_author_count,
        case
            when cell_counts.is_company_month and not cell_counts.is_suppressed
                then round(coalesce(voice_months.staff_author_count, 0) / nullif(cell_counts.passed_staff_count, 0), 8)
        end as authors_per_trained,
        voice_months.staff_impression_count,
        round(voice_months.staff_impression_count / nullif(voice_months.impression_count, 0), 8)
            as staff_impression_share,
        voice_months.staff_engagement_count,
        case when cell_counts.is_company_month then coalesce(voice_months.earned_voice_count, 0) end
            as earned_voice_count,
        voice_months.earned_impression_count,
        case when cell_counts.is_company_month then coalesce(voice_months.staff_in_earned_count, 0) end
            as staff_in_earned_count,
        cell_counts.is_suppressed

    from cell_counts

    left join voice_months
        on
            cell_counts.month_start = voice_months.month_start
            and cell_counts.is_company_month

)

select * from final
