"""What is thrown at the mechanism.

domains: the publisher's rows, and its dbt project as versions. changes: what it does to what it publishes. arms: who looks.
lifecycle: a field that is announced to go, over twelve weeks.
"""
