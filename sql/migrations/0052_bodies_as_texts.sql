-- Two functions that take a table's rows, with a text for a body: from 15.20 on PostgreSQL alters no table whose rows a parsed body
-- takes. Nothing else of them changes. A text finds names by the path of whoever calls, so each is written with its schema.

create or replace function listing_entry(p published_agents) returns listing_index
  language sql immutable parallel safe as $$
  select row(
    p.listing_id, p.owner, p.status, p.updated_at, public.folded_agent_name(p.name), lower(left(p.display_name, 200)),
    case
      when lower(p.display_name) = replace(p.name, '-', ' ') then lower(p.display_name)
      else replace(p.name, '-', ' ') || ' ' || lower(left(p.display_name, 200))
    end,
    public.listing_tags(p.topics), public.listing_plugins(p.plugins),
    public.listing_words(p.owner, p.name, p.display_name, p.topics, p.summary, public.listing_plugins(p.plugins))
  )::public.listing_index
$$;

create or replace function access_log_bytes(entry access_log) returns bytea
  language sql stable parallel safe as $$
  select public.access_log_frame(convert_to('mainstay access log 1', 'UTF8'))
    || public.access_log_frame(int8send((entry).sequence))
    || public.access_log_frame(int8send((extract(epoch from (entry).at) * 1000000)::bigint))
    || public.access_log_frame(uuid_send((entry).workspace))
    || public.access_log_frame(convert_to((entry).actor_kind, 'UTF8'))
    || public.access_log_frame(convert_to((entry).actor, 'UTF8'))
    || public.access_log_frame(convert_to((entry).action, 'UTF8'))
    || public.access_log_frame(convert_to((entry).subject, 'UTF8'))
    || public.access_log_frame((
      select int4send(count(*)::integer) || coalesce(
        string_agg(
          public.access_log_frame(convert_to(member.key, 'UTF8')) || public.access_log_frame(convert_to(member.value, 'UTF8')), ''::bytea
          order by member.key collate "C"),
        ''::bytea)
      from jsonb_each_text((entry).details) as member))
    || public.access_log_frame((entry).previous_hash)
$$;
