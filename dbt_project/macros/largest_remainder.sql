{#
    A row's credit in CNY, cut to whole cents: each row gets the floor of its share, and the cents left over
    go to the largest remainders, at equal remainders to the earlier row, so that the credits of a whole add up to
    its value exactly. A negative value is shared out as its opposite would be.

        {{ largest_remainder('weight', 'value_cny', whole='conversion_key, model_code', earlier='touch_position') }}
            as credited_cny

    `weight` and `value_cny` are expressions without windows; the weights of a whole add up to 1, and its value
    stands on each of its rows. `whole` names its columns, `earlier` the column that orders its rows. Shares and
    remainders are rounded to a millionth of a cent, so that what is equal on paper stays equal.
#}
{% macro largest_remainder(weight, value_cny, whole, earlier) -%}
    {%- set whole_cents = "cast(abs(" ~ value_cny ~ ") * 100 as bigint)" -%}
    {%- set share_cents = "round((" ~ weight ~ ") * " ~ whole_cents ~ ", 6)" -%}
    {%- set remainder = "round(" ~ share_cents ~ " - floor(" ~ share_cents ~ "), 6)" -%}
    {#- one window, so that the engine sorts once -#}
    {%- set by_remainder = "partition by " ~ whole ~ " order by " ~ remainder ~ " desc, " ~ earlier ~ " asc" -%}
    cast(
        sign({{ value_cny }}) * (
            floor({{ share_cents }})
            + case
                when
                    row_number() over ({{ by_remainder }})
                    <= {{ whole_cents }} - sum(cast(floor({{ share_cents }}) as bigint)) over (
                        {{ by_remainder }}
                        rows between unbounded preceding and unbounded following
                    )
                    then 1
                else 0
            end
        ) / 100 as decimal(18, 2)
    )
{%- endmacro %}
