-- Listings that are marked as having another's title, the oldest first: once that one is gone, they are models themselves. An index alone: who
-- reads goes on meanwhile, and who publishes waits.

create index published_agents_marked_title on published_agents (folded_title(display_name), coalesce(titled_at, published_at), listing_id)
  where status in ('active', 'deprecated') and not is_withdrawn and resembles is not null;
