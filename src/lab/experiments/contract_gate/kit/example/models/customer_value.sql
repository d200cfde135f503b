-- What a customer has bought.
select
    c.customer_id,
    c.email,
    count(o.order_id) as orders,
    coalesce(sum(o.total), 0) as revenue
from {{ source('shop', 'customers') }} as c
left join {{ source('shop', 'orders') }} as o on o.customer_id = c.customer_id and o.status <> 'cancelled'
group by 1, 2
