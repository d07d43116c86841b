-- A token that was rotated: another one was made in its place, and it ends a while after that.
--
--   old ──rotate──▶ old, replaced_by new    expires_at is the end of the overlap, or what it was, whichever comes first
--                └─▶ new                    same name, scopes and user
--
-- The row that it names may go first, when a workspace is purged page by page; with a member, all of its tokens go at once.
alter table tokens
  add column replaced_by uuid,
  add constraint tokens_replaced_by foreign key (workspace_id, replaced_by) references tokens (workspace_id, id)
    on delete set null (replaced_by),
  add constraint tokens_not_by_itself check (replaced_by <> id);
-- One token is put in one place.
create unique index tokens_replacement on tokens (workspace_id, replaced_by) where replaced_by is not null;

grant select (replaced_by), update (replaced_by) on tokens to mainstay_server;
grant select (replaced_by) on tokens to mainstay_views;
