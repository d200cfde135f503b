{# Each test selects the rows that break its rule; NULL breaks none of them, that is what not_null is for. #}

{% test holds(model, expression, column_name=none) %}
select * from {{ model }} where not ({{ expression }})
{% endtest %}

{% test readable(model, column_name) %}
select * from {{ model }} where {{ shop_orders.misread(column_name) }}
{% endtest %}

{# The agreed size loses nothing: a contract compares precision and scale on some databases only, and a cast rounds silently. #}
{% test fits(model, column_name, data_type) %}
select * from {{ model }} where cast({{ column_name }} as {{ data_type }}) <> {{ column_name }}
{% endtest %}

{# A row's `column_name` is the sum of `expression` over the rows of `parts` with the same `key`. #}
{% test sum_of(model, column_name, parts, expression, key) %}
select whole.{{ key }}, whole.{{ column_name }}, sum({{ expression }}) as parts_sum
from {{ model }} as whole
left join {{ parts }} as part on part.{{ key }} = whole.{{ key }}
group by whole.{{ key }}, whole.{{ column_name }}
having coalesce(sum({{ expression }}), 0) <> whole.{{ column_name }}
{% endtest %}
