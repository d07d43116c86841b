/// What isolation makes an exception for, each with its reason. A name that is not here has none, and one that is here and not in
/// the database is a fault too: so nothing is excepted that nobody knows any more.
enum WrittenList {
    /// A table that belongs to no workspace.
    struct Installation: Sendable {
        /// What the server's role may do with it, whatever workspace is in scope.
        let server: Set<Command>
        let reason: String

        init(_ server: Set<Command>, _ reason: String) {
            self.server = server
            self.reason = reason
        }
    }

    static let installationTables: [String: Installation] = [
        "access_log": .init([], "one chain over all workspaces; written by its function, read by upkeep"),
        "access_log_checkpoints": .init([], "numbers and hashes of the access log"),
        "agent_cases": .init([.insert], "what operators decide about; an owner opens the case of its own appeal, and reads none"),
        "agent_removals": .init([.select], "the public log of what was taken out of the directory"),
        "agent_reports": .init([.insert], "who reports need not have a workspace, and who is reported must not read it"),
        "agent_takedowns": .init([], "how far the owners of forks were told"),
        "append_groups": .init([.select, .insert, .update, .delete], "names commits of the ledger; ids and a time, nothing of a job"),
        "external_identities": .init(
            [], "which account of an OpenID Connect issuer a person is; mainstay_auth reads it before a workspace is known"),
        "fork_counts": .init([.select], "how often an agent was forked, which is public; its triggers count"),
        "ledger_sweep": .init([], "one row: how far the sweep of the ledger has come"),
        "listing_index": .init([.select], "what search reads of published copies; a trigger writes it"),
        "name_words": .init([.select], "words of names that were public; a trigger writes them"),
        "operators": .init([], "who runs the installation; mainstay_auth reads it with a token, upkeep makes one"),
        "partition_epochs": .init([], "which Redis a partition was last seen whole in"),
        "paused_queues": .init([], "queues that an operator stopped; queues serve all workspaces"),
        "plugin_imports": .init([.select], "when the plugin registry was read"),
        "plugin_records": .init([.select], "the plugin registry, which is public"),
        "plugin_releases": .init([.select], "the plugin registry, which is public"),
        "report_budgets": .init([], "how many more reports may come from one place"),
        "report_keys": .init([], "keys by which reporters are recognised"),
        "reserved_names": .init([.select], "names that were public and are free; they outlive their workspace, and a trigger writes them"),
        "reserved_slugs": .init([], "slugs of workspaces that are gone; triggers write and read them"),
        "schedules": .init([], "how far each of the program's own schedules has come"),
        "schema_migrations": .init([.select], "which migrations were run"),
        "time_offset": .init([.select], "one row: what tests add to the time"),
        "users": .init([.select], "a person may be in many workspaces; a policy of its own shows the members of those in scope"),
        "workers": .init([.select, .insert, .update], "one row a process of the fleet, which serves all workspaces"),
    ]

    /// Tables with a workspace's id that no tenant's scope opens: the server's own role has no right in them.
    static let operatorTables: [String: String] = [
        "job_limits": "what operators bound a workspace by; upkeep reads and writes it"
    ]

    /// Tenant tables whose rows anybody may read. Writing them is the workspace's own, or nobody's in its scope.
    static let publishedTables: [String: String] = [
        "owner_verifications": "who stands behind a workspace, as operators have verified it; what was withdrawn is its own alone",
        "published_agents": "copies without secrets that a workspace made for everyone",
        "published_versions": "what they said in each of their versions",
    ]

    /// Unique keys over all workspaces. Whoever writes a value that is taken learns that somebody has it, for no policy holds
    /// for an index; so the value must be public, or nobody's to guess.
    static let sharedKeys: [String: String] = [
        "invitations_hash": "178 random bits under SHA-256",
        "published_agents_listing_id_key": "drawn by the server, and public",
        "published_agents_pkey": "owner and name of a public copy; the owner is the workspace's slug, which the policy compares",
        "tokens_hash": "178 random bits under SHA-256",
        "workspaces_slug": "public, as in acme/helper",
    ]

    /// Roles whose policies may show rows of all workspaces. A transaction takes one where there is no workspace to name.
    static let rolesAcrossWorkspaces: [String: String] = [
        "mainstay_auth": "finds the workspace of a token, before any is known",
        "mainstay_upkeep": "relay, takeover, sweeps, audit",
        "mainstay_views": "owns the reporting views; nobody logs in as it, and the server cannot take it",
    ]

    /// What the owner of the tables may reach in a tenant table: rows of workspaces that were deleted and whose time is up.
    static let ownersPredicates: Set<String> = [
        "(workspace_id = ANY (( SELECT workspaces_to_purge() AS workspaces_to_purge)::uuid[]))", "(purge_at <= mainstay_now())",
    ]

    /// Which roles a role of ours may take.
    static let memberships: [String: Set<String>] = [
        "mainstay_owner": ["mainstay_views", "pg_database_owner"],
        "mainstay_server": ["mainstay_auth", "mainstay_upkeep"],
    ]

    /// Roles of ours, each of which sql/roles.sql describes.
    static let roles: Set<String> = [
        "mainstay_auth", "mainstay_owner", "mainstay_reporting", "mainstay_server", "mainstay_upkeep", "mainstay_views",
    ]

    /// A function that runs with its owner's rights.
    struct OwnersFunction: Sendable {
        let callers: Set<String>
        let reason: String

        init(_ callers: Set<String>, _ reason: String) {
            self.callers = callers
            self.reason = reason
        }
    }

    static let ownersFunctions: [String: OwnersFunction] = [
        "append_access_log": .init(
            ["mainstay_server", "mainstay_upkeep", "mainstay_auth"], "the one way into the access log; of the log it reads the last entry only"),
        "append_access_log_checkpoint": .init(["mainstay_upkeep"], "keeps the hash of an entry that is there"),
        "count_fork": .init([], "a trigger's: a fork is counted at the commit"),
        "count_listing": .init([], "a trigger's: which agents are listed"),
        "drop_day_partitions": .init(["mainstay_upkeep"], "drops days that are over, of the three tables that it names"),
        "ensure_day_partitions": .init(["mainstay_upkeep"], "makes the days of the three tables that it names"),
        "index_listing": .init([], "a trigger's: a listing is found as it is"),
        "note_directory_change": .init([], "a trigger's: the number of the directory's revision goes up"),
        "purge_workspace": .init(["mainstay_upkeep"], "deletes rows of workspaces whose time is up; policies for the owner show it no others"),
        "refuse_look_alike_slug": .init([], "a trigger's: a slug is none that would be taken for an owner's, which is public"),
        "refuse_reserved_slug": .init([], "a trigger's: a slug that was a workspace's is nobody else's"),
        "reserve_freed_name": .init([], "a trigger's: a name that was public is nobody else's"),
        "reserve_freed_slug": .init([], "a trigger's: it keeps the slug of a workspace that is gone"),
    ]
}
