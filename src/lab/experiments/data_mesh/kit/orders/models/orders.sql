-- One row an order, as other domains read it.
select
    order_id,
    customer_id,
    ordered_at,
    status,
    channel,
    net + tax as total,
    note
from {{ source('private', 'raw_orders') }}
