"""place: services and what stands between them. flow, search, attacks, rotation, revocation, impostors, rates: what is
done there. seen: what came of it."""
