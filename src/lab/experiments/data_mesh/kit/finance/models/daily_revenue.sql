-- Revenue by day in Berlin, of days that closed 72 hours ago.
select
    cast(ordered_at at time zone 'Europe/Berlin' as date) as day,
    count(distinct order_id) filter (where status <> 'cancelled') as orders,
    coalesce(sum(total) filter (where status = 'shipped'), 0) as settled,
    coalesce(sum(total) filter (where status in ('placed', 'paid')), 0) as outstanding
from {{ source('orders', 'orders') }}
where ordered_at < cast('{{ var("now", "now") }}' as timestamp with time zone) - interval '72 hours'
group by 1
