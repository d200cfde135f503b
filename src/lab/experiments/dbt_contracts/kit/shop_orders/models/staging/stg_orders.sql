{{ shop_orders.agreed(source('shop', 'orders')) }}
