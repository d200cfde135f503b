{{ shop_orders.agreed(source('shop', 'customers')) }}
