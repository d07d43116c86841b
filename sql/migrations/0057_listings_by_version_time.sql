-- What the feed shows, in its order. An index alone: who reads goes on meanwhile, and who publishes waits.

create index published_agents_released on published_agents (released_at desc, listing_id desc)
  where status in ('active', 'deprecated') and not is_withdrawn;
