-- What 0054 opened for 0055 is closed again.
drop policy owner_backfill on published_agents;
alter table published_agents alter column released_at set not null;
