-- Every customer, also those who never ordered. What was cancelled is no revenue.
select
  customers.customer_id,
  customers.email,
  customers.country,
  min(orders.ordered_on) as first_ordered_on,
  count(orders.order_id) as orders,
  cast(coalesce(sum(orders.total), 0) as numeric(14, 2)) as revenue
from {{ ref('stg_customers') }} as customers
left join {{ ref('fct_orders') }} as orders
  on orders.customer_id = customers.customer_id and orders.status <> 'cancelled'
group by customers.customer_id, customers.email, customers.country
