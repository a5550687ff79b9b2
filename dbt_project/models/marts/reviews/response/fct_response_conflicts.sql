-- Grain: one row per case and kind of conflict between two departments' answers in it.
with

phrases as (

    select * from {{ ref('commitment_phrases') }}

),

cases as (

    select * from {{ ref('fct_cases') }}

),

responses as (

    select * from {{ ref('stg_responses') }}
    where
        not coalesce(is_automated, false)
        and department_code is not null
        and text_sha256 is not null

),

answers as (

    -- what the customer of a case reads: the answers in it, and those under the voice that it is about
    select
        cases.case_key,
        responses.record_key as response_key,
        responses.department_code,
        responses.responded_at,
        responses.text_sha256

    from cases

    inner join responses
        on
            responses.target_kind = 'case'
            and cases.case_ref = responses.target_ref

    where coalesce(responses.is_public, true)

    union all

    select
        cases.case_key,
        responses.record_key as response_key,
        responses.department_code,
        responses.responded_at,
        responses.text_sha256

    from cases

    inner join responses
        on
            cases.source_kind = responses.target_kind
            and cases.source_ref = responses.target_ref

    where coalesce(responses.is_public, true)

),

-- only cases that two departments answered can have a conflict
shared_cases as (

    select case_key
    from answers
    group by case_key
    having count(distinct department_code) > 1

),

texts as (

    select
        text_sha256,
        text_content

    from {{ ref('stg_texts') }}
    where
        text_sha256 in (
            select answers.text_sha256 from answers
            where answers.case_key in (select shared_cases.case_key from shared_cases)
        )

),

clauses as (

    select
        text_sha256,
        {{ clauses_of('text_content') }} as clause

    from texts

),

clause_stances as (

    select
        clauses.text_sha256,
        clauses.clause,
        phrases.commitment_code,
        phrases.stance_code

    from clauses

    inner join phrases
        on clauses.clause like '%' || phrases.phrase || '%'

),

refusals as (

    select
        text_sha256,
        clause,
        bool_or(commitment_code = 'any') as refuses_any

    from clause_stances
    where stance_code = 'refuses'
    group by
        text_sha256,
        clause

),

commitments as (

    select distinct
        clause_stances.text_sha256,
        clause_stances.commitment_code,
        -- a clause that refuses grants nothing
        case when refusals.clause is null then 'grants' else 'refuses' end as stance_code

    from clause_stances

    left join refusals
        on
            clause_stances.text_sha256 = refusals.text_sha256
            and clause_stances.clause = refusals.clause

    where clause_stances.stance_code = 'grants'

    union all

    select distinct
        text_sha256,
        'any' as commitment_code,
        'refuses' as stance_code

    from refusals
    where refuses_any

),

stances as (

    select
        answers.case_key,
        answers.response_key,
        answers.department_code,
        answers.responded_at,
        answers.text_sha256,
        commitments.commitment_code,
        commitments.stance_code

    from answers

    inner join commitments
        on answers.text_sha256 = commitments.text_sha256

    where answers.case_key in (select shared_cases.case_key from shared_cases)

),

granted_and_refused as (

    select
        grants.case_key,
        'granted_and_refused' as conflict_code,
        grants.commitment_code,
        grants.response_key as first_key,
        refuses.response_key as second_key

    from stances as grants

    inner join stances as refuses
        on
            grants.case_key = refuses.case_key
            and grants.department_code <> refuses.department_code
            and (grants.commitment_code = refuses.commitment_code or refuses.commitment_code = 'any')

    where
        grants.stance_code = 'grants'
        and refuses.stance_code = 'refuses'

),

different_remedies as (

    select
        earlier.case_key,
        'different_remedies' as conflict_code,
        earlier.commitment_code,
        earlier.response_key as first_key,
        later.response_key as second_key

    from stances as earlier

    inner join stances as later
        on
            earlier.case_key = later.case_key
            and earlier.department_code <> later.department_code
            and earlier.commitment_code <> later.commitment_code
            and earlier.responded_at <= later.responded_at

    where
        earlier.stance_code = 'grants'
        and later.stance_code = 'grants'
        -- who promises one thing in common with the other has not promised something else
        and not exists (
            select 1 from stances as common
            inner join stances as other
                on
                    common.commitment_code = other.commitment_code
                    and other.stance_code = 'grants'
            where
                common.stance_code = 'grants'
                and common.response_key = earlier.response_key
                and other.response_key = later.response_key
        )

),

conflicts as (

    select * from granted_and_refused
    union all
    select * from different_remedies

),

final as (

    select
        conflicts.case_key,
        conflicts.conflict_code,
        conflicts.commitment_code,
        first_answers.department_code as first_department_code,
        second_answers.department_code as second_department_code,
        first_answers.response_key as first_response_key,
        second_answers.response_key as second_response_key,
        first_answers.responded_at as first_responded_at,
        second_answers.responded_at as second_responded_at,
        first_texts.text_content as first_text,
        second_texts.text_content as second_text

    from conflicts

    inner join answers as first_answers
        on
            conflicts.case_key = first_answers.case_key
            and conflicts.first_key = first_answers.response_key

    inner join answers as second_answers
        on
            conflicts.case_key = second_answers.case_key
            and conflicts.second_key = second_answers.response_key

    inner join texts as first_texts
        on first_answers.text_sha256 = first_texts.text_sha256

    inner join texts as second_texts
        on second_answers.text_sha256 = second_texts.text_sha256

    -- the pair that stood first shows the conflict
    qualify row_number() over (
        partition by conflicts.case_key, conflicts.conflict_code
        order by
            greatest(first_answers.responded_at, second_answers.responded_at) asc,
            least(first_answers.responded_at, second_answers.responded_at) asc,
            conflicts.first_key asc,
            conflicts.second_key asc,
            conflicts.commitment_code asc
    ) = 1

)

select * from final
