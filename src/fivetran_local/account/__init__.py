"""What Fivetran keeps of a customer: groups, destinations, connections, users and webhooks. Settings, no rows."""
