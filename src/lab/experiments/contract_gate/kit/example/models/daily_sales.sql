-- Sales of a day (UTC) in a country.
select
    cast(o.ordered_at at time zone 'UTC' as date) as ordered_on,
    c.country,
    count(*) as orders,
    sum(l.items) as items,
    sum(o.total) as revenue,
    sum(case when o.shipped_at - o.ordered_at > interval '48 hours' then 1 else 0 end) as late
from {{ source('shop', 'orders') }} as o
join {{ source('shop', 'customers') }} as c on c.customer_id = o.customer_id
join (select order_id, sum(quantity) as items from {{ source('shop', 'order_lines') }} group by order_id) as l
    on l.order_id = o.order_id
where o.status <> 'cancelled'
group by 1, 2
