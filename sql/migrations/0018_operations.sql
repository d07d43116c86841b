-- Finding jobs: what runs, by workspace and in the order of its jobs' ids.

-- Few rows run at a time among all that ever did, and a search must not walk past those that have ended. A run leaves this
-- index once, when it ends.
create index runs_running on runs (workspace_id, id) where state = 'running';
