{{ shop_orders.agreed(source('shop', 'order_lines')) }}
