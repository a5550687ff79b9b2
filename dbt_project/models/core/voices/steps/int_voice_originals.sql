-- Grain: one row per voice that copies another one of which the exports have a row.
{{ config(materialized='view') }}

with recursive

voices as (

    select
        voice_key,
        ref_kind,
        voice_ref,
        stated_brand_code,
        product_ref,
        copied_kind,
        copied_ref

    from {{ ref('int_voices') }}

),

-- from a copy to what it copies, and on while that is a copy too; a loop ends by depth
copied_voices (voice_key, ref_kind, voice_ref, depth) as (

    select
        voice_key,
        copied_kind,
        copied_ref,
        1

    from voices
    where copied_kind is not null

    union all

    select
        copied_voices.voice_key,
        voices.copied_kind,
        voices.copied_ref,
        copied_voices.depth + 1

    from copied_voices

    inner join voices
        on
            copied_voices.ref_kind = voices.ref_kind
            and copied_voices.voice_ref = voices.voice_ref

    where
        voices.copied_kind is not null
        and copied_voices.depth < 20

),

originals as (

    -- the farthest voice in the exports; an original outside them has no row to point to
    select
        copied_voices.voice_key,
        voices.voice_key as original_voice_key,
        voices.stated_brand_code,
        voices.product_ref

    from copied_voices

    inner join voices
        on
            copied_voices.ref_kind = voices.ref_kind
            and copied_voices.voice_ref = voices.voice_ref

    where voices.voice_key <> copied_voices.voice_key
    qualify row_number() over (
        partition by copied_voices.voice_key
        order by copied_voices.depth desc, voices.voice_key asc
    ) = 1

)

select * from originals
