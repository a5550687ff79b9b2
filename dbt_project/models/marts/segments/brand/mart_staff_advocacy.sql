-- Grain: one row per month and department; `all` is the company, and the only row that knows of voices.
with

as_of as (

    select as_of from {{ ref('stg_as_of') }}

),

courses as (

    select
        courses.staff_ref,
        coalesce(courses.department_code, 'unknown') as department_code,
        case when cast(courses.passed_at as date) <= as_of.as_of then courses.passed_at end as passed_at

    from {{ ref('stg_staff_training') }} as courses

    cross join as_of

),

-- who moved stands in the department of the last course that was passed
staff as (

    select
        staff_ref,
        department_code,
        cast(date_trunc('month', min(passed_at) over (partition by staff_ref)) as date) as trained_month_start

    from courses
    qualify row_number() over (
        partition by staff_ref
        order by case when passed_at is null then 1 else 0 end asc, passed_at desc, department_code asc
    ) = 1

),

voices as (

    select * from {{ ref('fct_voices') }}
    where
        voice_kind in ('mention', 'review')
        and is_own_brand
        and is_public
        and is_original

),

-- an account that has spoken as staff once is staff, whatever another export calls it
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

spoken as (

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

spoken_months as (

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

    from spoken
    group by month_start

),

firsts as (

    select min(first_month) as first_month
    from (
        select min(trained_month_start) as first_month from staff
        union all
        select min(month_start) as first_month from spoken_months
        where staff_voice_count > 0
    ) as known

),

months as (

    {{ month_series('(select first_month from firsts)', '(select as_of from as_of)') }}

),

departments as (

    select distinct department_code from staff
    union all
    select 'all' as department_code

),

trained as (

    select
        months.month_start,
        departments.department_code,
        count(staff.staff_ref) as staff_count,
        count(staff.staff_ref) filter (where staff.trained_month_start <= months.month_start) as trained_staff_count,
        count(staff.staff_ref) filter (where staff.trained_month_start = months.month_start)
            as newly_trained_staff_count

    from months

    cross join departments

    left join staff
        on departments.department_code in (staff.department_code, 'all')

    group by months.month_start, departments.department_code

),

guarded as (

    select
        *,
        {{ hidden_cell(
            'staff_count',
            "month_start, case when department_code = 'all' then 1 else 0 end",
            'department_code'
        ) }} as is_suppressed
    from trained

),

final as (

    select
        guarded.month_start,
        guarded.department_code,
        case when not guarded.is_suppressed then guarded.staff_count end as staff_count,
        case when not guarded.is_suppressed then guarded.trained_staff_count end as trained_staff_count,
        case when not guarded.is_suppressed then guarded.newly_trained_staff_count end as newly_trained_staff_count,
        case
            when not guarded.is_suppressed
                then round(guarded.trained_staff_count / nullif(guarded.staff_count, 0), 8)
        end as trained_share,
        case when guarded.department_code = 'all' then coalesce(spoken.voice_count, 0) end as voice_count,
        case when guarded.department_code = 'all' then coalesce(spoken.staff_voice_count, 0) end as staff_voice_count,
        round(spoken.staff_voice_count / nullif(spoken.voice_count, 0), 8) as staff_voice_share,
        case when guarded.department_code = 'all' then coalesce(spoken.staff_author_count, 0) end as staff_author_count,
        case
            when not guarded.is_suppressed
                then round(spoken.staff_author_count / nullif(guarded.trained_staff_count, 0), 8)
        end as authors_per_trained,
        spoken.staff_impression_count,
        round(spoken.staff_impression_count / nullif(spoken.impression_count, 0), 8) as staff_impression_share,
        spoken.staff_engagement_count,
        case when guarded.department_code = 'all' then coalesce(spoken.earned_voice_count, 0) end as earned_voice_count,
        spoken.earned_impression_count,
        case when guarded.department_code = 'all' then coalesce(spoken.staff_in_earned_count, 0) end
            as staff_in_earned_count,
        guarded.is_suppressed

    from guarded

    left join spoken_months as spoken
        on
            guarded.month_start = spoken.month_start
            and guarded.department_code = 'all'

)

select * from final
