{#
    The variance of a sample (n - 1) from its sum, its sum of squares and n; null under two rows. Differences
    of sums may leave a rounding error below 0, which is no variance.
#}
{% macro sample_variance(total, squares, n) -%}
    greatest({{ squares }} - {{ total }} * {{ total }} / nullif({{ n }}, 0), 0) / nullif({{ n }} - 1, 0)
{%- endmacro %}
