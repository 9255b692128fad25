"""Slack before routing: layouts, what extraction and sign-off timing say of them, and how they are made."""
