{#
    A query of the words of texts, one row a word: `key`, term, and next_term, the word that stands right behind
    it in the text, null where a sign, a number or the end does.

    `texts` is a relation with the column `key` and the lists terms and positions of raw.text_terms.
#}
{% macro words_with_next(texts, key) -%}
    {{ return(adapter.dispatch('words_with_next')(texts, key)) }}
{%- endmacro %}

{% macro default__words_with_next(texts, key) -%}
    select
        {{ key }},
        col.terms as term,
        case
            when lead(col.positions) over (partition by {{ key }} order by pos) = col.positions + 1
                then lead(col.terms) over (partition by {{ key }} order by pos)
        end as next_term
    from (select {{ key }}, posexplode(arrays_zip(terms, positions)) from {{ texts }}) as words
{%- endmacro %}

{# Lists side by side, the second shifted by one: no window over every word of every text. #}
{% macro duckdb__words_with_next(texts, key) -%}
    select
        {{ key }},
        term,
        case when next_position = position + 1 then next_term end as next_term
    from (
        select
            {{ key }},
            unnest(terms) as term,
            unnest(positions) as position,
            unnest(terms[2:]) as next_term,
            unnest(positions[2:]) as next_position
        from {{ texts }}
    ) as words
{%- endmacro %}
