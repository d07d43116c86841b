import Postgres

/// Ours is what lies in none of PostgreSQL's own schemas.
extension CatalogueStore {
    static let tables: SQL = """
        -- read tables
        select c.oid::int8 as oid, case n.nspname when 'public' then c.relname::text else n.nspname || '.' || c.relname end as name,
          pg_get_userbyid(c.relowner)::text as owner, c.relispartition as is_partition, c.relrowsecurity as is_enabled,
          c.relforcerowsecurity as is_forced, has_table_privilege('mainstay_server', c.oid, 'DELETE') as can_delete,
          array(
            select distinct coalesce(r.rolname::text, 'public') || ' ' || lower(a.privilege_type)
            from (
              select (aclexplode(c.relacl)).*
              union all
              select (aclexplode(t.attacl)).* from pg_attribute t where t.attrelid = c.oid and t.attacl is not null
            ) as a left join pg_roles r on r.oid = a.grantee
            where a.grantee <> c.relowner order by 1) as grants
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'f', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
        order by 2
        """

    static let columns: SQL = """
        -- read columns
        select a.attrelid::int8 as oid, a.attname::text as name, format_type(a.atttypid, null) as type, a.attnotnull as is_required,
          a.attgenerated <> '' or a.attidentity <> '' as is_made, pg_get_expr(d.adbin, d.adrelid) as preset,
          array(select e.enumlabel::text from pg_enum e where e.enumtypid = a.atttypid order by e.enumsortorder) as labels,
          has_column_privilege('mainstay_server', a.attrelid, a.attnum, 'SELECT') as can_select,
          has_column_privilege('mainstay_server', a.attrelid, a.attnum, 'INSERT') as can_insert,
          has_column_privilege('mainstay_server', a.attrelid, a.attnum, 'UPDATE') as can_update
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p')
          and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
        order by a.attrelid, a.attnum
        """

    static let constraints: SQL = """
        -- read checks and foreign keys
        select o.conrelid::int8 as oid, o.conname::text as name, o.contype::text as kind, o.confrelid::int8 as target,
          pg_get_expr(o.conbin, o.conrelid) as expression,
          array(
            select a.attname::text from unnest(o.conkey) with ordinality as k (number, place)
            join pg_attribute a on a.attrelid = o.conrelid and a.attnum = k.number order by k.place) as columns,
          array(
            select a.attname::text from unnest(o.confkey) with ordinality as k (number, place)
            join pg_attribute a on a.attrelid = o.confrelid and a.attnum = k.number order by k.place) as target_columns
        from pg_constraint o join pg_class c on c.oid = o.conrelid
        where o.contype in ('c', 'f') and o.conparentid = 0 order by o.conrelid, o.conname
        """

    static let uniqueKeys: SQL = """
        -- read unique keys
        select i.indrelid::int8 as oid, c.relname::text as name, i.indisprimary as is_primary, i.indpred is not null as is_partial,
          array(
            select coalesce(a.attname::text, '(expression)') from unnest(i.indkey::int2[]) with ordinality as k (number, place)
            left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
            where k.place <= i.indnkeyatts order by k.place) as columns
        from pg_index i join pg_class c on c.oid = i.indexrelid
        where i.indisunique order by i.indisprimary desc, 2
        """

    static let policies: SQL = """
        -- read policies
        select p.polrelid::int8 as oid, p.polname::text as name, p.polcmd::text as letter, p.polpermissive as is_permissive,
          array(select coalesce(r.rolname::text, 'public') from unnest(p.polroles) as u (role) left join pg_roles r on r.oid = u.role) as roles,
          pg_get_expr(p.polqual, p.polrelid) as reading, pg_get_expr(p.polwithcheck, p.polrelid) as writing
        from pg_policy p order by 1, 2
        """

    static let views: SQL = """
        -- read views
        select n.nspname || '.' || c.relname as name, pg_get_userbyid(c.relowner)::text as owner,
          coalesce((select o.option_value::boolean from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker'), false)
            as asks_as_invoker,
          array(
            select distinct coalesce(r.rolname::text, 'public') from aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
            where a.grantee <> c.relowner order by 1) as grantees
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'v' and n.nspname not in ('pg_catalog', 'information_schema') order by 1
        """

    static let functions: SQL = """
        -- read functions that run as their owners
        select p.proname::text as name, exists (select 1 from unnest(p.proconfig) as s (setting) where s.setting like 'search_path=%') as has_search_path,
          array(
            select distinct coalesce(r.rolname::text, 'public')
            from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a left join pg_roles r on r.oid = a.grantee
            where a.grantee <> p.proowner order by 1) as grantees
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema') order by 1
        """

    /// A server's roles are those of all its databases; what they own elsewhere is no business of this one.
    static let roles: SQL = """
        -- read roles
        select r.rolname::text as name, r.rolsuper as is_superuser, r.rolbypassrls as passes_policies,
          r.rolcreaterole or r.rolcreatedb or r.rolreplication as has_more,
          (select count(*) from pg_shdepend d
            where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid and d.deptype = 'o'
              and d.dbid in (0, (select oid from pg_database where datname = current_database())))::int8 as owned,
          array(select g.rolname::text from pg_roles g where g.oid <> r.oid and pg_has_role(r.oid, g.oid, 'MEMBER') order by 1) as member_of,
          array(select g.rolname::text from pg_roles g where g.oid <> r.oid and pg_has_role(r.oid, g.oid, 'USAGE') order by 1) as inherits
        from pg_roles r where r.rolname ~ '^mainstay_' order by 1
        """
}
