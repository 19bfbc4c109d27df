"""Trunks at run time: their addresses, registrations and health, and what the gateway is to have of them."""
