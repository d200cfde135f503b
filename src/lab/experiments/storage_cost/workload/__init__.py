"""What the policies are put to: traces, and the arms that are compared."""
