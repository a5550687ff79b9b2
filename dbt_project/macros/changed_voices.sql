{#
    Which voices a run rebuilds: queries of voice keys for affected_keys().
#}


{# Voices that landed or changed, and those of whose text `text_feed` has something new. #}
{% macro changed_voice_texts(text_feed) -%}
    {%- for feed, kind in [('reviews', 'review'), ('mentions', 'mention'), ('cases', 'case')] -%}
    {%- set voice_key = "'" ~ kind ~ ":' || record_key" -%}
    {{ changed_in(feed, voice_key) }}
    union all
    {{ changed_by(feed, voice_key, 'text_sha256', text_feed, 'text_sha256') }}
    {% if not loop.last -%}
    union all
    {% endif -%}
    {%- endfor -%}
{%- endmacro %}


{# Voices whose original, or whose original's original, landed or changed: they may point elsewhere now. #}
{% macro changed_originals() -%}
    with recursive changed_voices (ref_kind, voice_ref) as (
        select 'review', changed.affected_key from ({{ changed_in('reviews', 'review_ref') }}) as changed
        union
        select 'mention', changed.affected_key from ({{ changed_in('mentions', 'mention_ref') }}) as changed
        union
        select copies.ref_kind, copies.voice_ref
        from changed_voices
        inner join {{ ref('int_voices') }} as copies
            on changed_voices.ref_kind = copies.copied_kind and changed_voices.voice_ref = copies.copied_ref
    )

    select copies.voice_key
    from changed_voices
    inner join {{ ref('int_voices') }} as copies
        on changed_voices.ref_kind = copies.copied_kind and changed_voices.voice_ref = copies.copied_ref
{%- endmacro %}


{#
    Voices whose customer or brand is another one by now. Identities, catalogues and brands are rebuilt in full, so
    their values are compared with those that the voice was built with.
#}
{% macro changed_attributions() -%}
    select voices.voice_key
    from {{ this }} as voices
    left join {{ ref('int_customer_identities') }} as identities on voices.identity_node = identities.node
    left join (
        select coalesce(aliases.product_key, products.product_ref) as product_key, max(products.brand_code) as brand_code
        from {{ ref('stg_products') }} as products
        left join {{ ref('product_aliases') }} as aliases on products.product_ref = aliases.product_ref
        group by coalesce(aliases.product_key, products.product_ref)
    ) as products on voices.product_key = products.product_key
    left join {{ ref('int_brands') }} as brands on voices.brand_code = brands.brand_code
    cross join (
        select case when count(*) = 1 then max(brand_code) end as brand_code
        from {{ ref('int_brands') }}
        where is_own_brand
    ) as sole_brand
    where
        voices.customer_key is distinct from identities.customer_key
        -- the product's brand in the catalogue, compared with the one that the voice was built with
        or products.brand_code is distinct from
        case when voices.brand_basis_code = 'product' then voices.brand_code end
        or voices.is_own_brand <> coalesce(brands.is_own_brand, false)
        or (
            voices.product_key is null
            and voices.voice_kind in ('review', 'case')
            and voices.brand_basis_code is distinct from 'stated'
            and voices.brand_code is distinct from sole_brand.brand_code
        )
{%- endmacro %}
