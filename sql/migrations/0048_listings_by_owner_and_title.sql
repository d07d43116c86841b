-- Listings by what looks alike, and by when they left. Indexes alone: who reads goes on meanwhile, and who publishes waits.

create index published_agents_folded_owner on published_agents (folded_agent_name(owner));

-- Listings with one title, the oldest first, without those that are marked: these are no other's model, however many there are.
create index published_agents_title on published_agents (folded_title(display_name), coalesce(titled_at, published_at), listing_id)
  where status in ('active', 'deprecated') and not is_withdrawn and resembles is null;

-- What left the directory, in this order and from a time on.
create index published_agents_left on published_agents (updated_at, owner, name) where is_withdrawn or status in ('quarantined', 'removed');
