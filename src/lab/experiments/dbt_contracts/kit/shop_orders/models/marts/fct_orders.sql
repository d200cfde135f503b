with lines as (
  select order_id, sum(quantity) as items from {{ ref('stg_order_lines') }} group by order_id
)

select
  orders.order_id,
  orders.customer_id,
  cast(orders.ordered_at at time zone 'UTC' as date) as ordered_on,
  orders.status,
  orders.currency,
  cast(coalesce(lines.items, 0) as bigint) as items,
  cast(orders.total as numeric(12, 2)) as total
from {{ ref('stg_orders') }} as orders
left join lines on lines.order_id = orders.order_id
