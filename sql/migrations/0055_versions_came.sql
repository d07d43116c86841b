-- Where the version was shown before, it counts since the listing is there again; without a version, since the listing is there. Rows are
-- locked one by one, and nobody who reads waits.
update published_agents p set released_at = greatest(
  p.published_at,
  (select v.published_at from published_versions v
  where v.workspace_id = p.workspace_id and v.agent_id = p.agent_id and v.version = p.semantic_version))
where released_at is null;
