-- One row per conversion, touch and model; without a touch, one per conversion and model.
select
    conversion_key,
    model_code,
    touch_key,
    count(*) as row_count

from {{ ref('fct_attribution') }}
group by all
having count(*) > 1
