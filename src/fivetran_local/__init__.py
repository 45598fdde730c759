"""Fivetran's side of the conversation on this machine: it calls the function, decides, and lands what comes back."""
