-- What each customer has ordered, and where.
select
    customer_id,
    count(distinct order_id) as orders,
    count(distinct order_id) filter (where status = 'cancelled') as cancelled,
    count(distinct order_id) filter (where channel = 'web') as web,
    count(distinct order_id) filter (where channel = 'shop') as shop,
    count(distinct order_id) filter (where channel = 'phone') as phone,
    max(ordered_at) as last_order
from {{ source('orders', 'orders') }}
group by 1
