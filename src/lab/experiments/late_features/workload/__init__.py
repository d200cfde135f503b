"""What is sent, and the queries that read it. flights: real lateness. stream: order, poison, sending. arms: the queries."""
