-- Who somebody is at an OpenID Connect issuer, and which user that is here. Tokens of the issuer are checked by its keys and kept
-- nowhere; what a person may do is its memberships' to say, as for tokens of our own.

-- Not a tenant's row: a person may be in many workspaces. It is looked up before a workspace is known, by mainstay_auth, and nobody
-- else reads or writes it.
create table external_identities (
  -- Derived from the two below by the program, always in the same way: what logs call the identity's tokens by.
  id uuid primary key,
  -- As the issuer writes itself: compared character by character.
  issuer text not null check (length(issuer) between 1 and 512),
  subject text not null check (length(subject) between 1 and 255),
  user_id uuid not null references users (id),
  linked_at timestamptz not null default mainstay_now(),
  constraint external_identities_subject unique (issuer, subject),
  -- One account of an issuer for each person: an address that was given to somebody else there does not bring in a second one.
  constraint external_identities_user unique (user_id, issuer)
);
alter table external_identities enable row level security;
alter table external_identities force row level security;
create policy auth_select on external_identities for select to mainstay_auth using (true);
create policy auth_insert on external_identities for insert to mainstay_auth
  with check (exists (select 1 from users u where u.id = external_identities.user_id and u.erased_at is null));
create policy auth_delete on external_identities for delete to mainstay_auth using (true);
-- A link is made and ended and never moved to somebody else.
grant select, insert, delete on external_identities to mainstay_auth;

-- An erased person is nobody at any issuer. With the rights of whoever erases, which is mainstay_auth.
create function forget_external_identities() returns trigger
  language plpgsql
  set search_path = pg_catalog, public as $$
begin
  delete from public.external_identities where user_id = new.id;
  return null;
end
$$;
revoke execute on function forget_external_identities() from public;
create trigger users_erased after update of erased_at on users
  for each row when (new.erased_at is not null) execute function forget_external_identities();
