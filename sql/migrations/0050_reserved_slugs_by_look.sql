-- Slugs of workspaces that are gone, by what they look like.

create index reserved_slugs_folded on reserved_slugs (folded_agent_name(slug));
