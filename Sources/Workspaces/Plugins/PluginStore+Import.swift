import Foundation
import Postgres

/// What imports read and write. All of it runs as upkeep, in the one transaction of an import.
extension PluginStore {
    /// Imports come one after the other: each compares with what the one before it has written.
    static func submitImportLock(in transaction: PostgresTransaction) {
        transaction.submit("-- lock plugin registry\nselect pg_advisory_xact_lock(hashtext('mainstay.plugin_registry'))")
    }

    static func now(in session: some PostgresSession) async throws -> Date {
        guard let row = try await session.query("-- now\nselect mainstay_now() as now").first else {
            throw PostgresError(.server, "the server did not say what time it is")
        }
        return try row.decode("now")
    }

    /// The newest date that an imported registry bore, nil when none did.
    static func lastRegistryAt(in session: some PostgresSession) async throws -> Date? {
        let rows = try await session.query("-- date of plugin registry\nselect max(registry_at) as at from plugin_imports")
        guard let row = rows.first else { return nil }
        return try row.decode("at")
    }

    /// Everything that is known, by name.
    static func known(in session: some PostgresSession) async throws -> [String: KnownPlugin] {
        let records = try await session.query(
            """
            -- all plugins
            select name, owner, repository, description, homepage, topics, language, stars, license, lines, last_updated_at, first_seen_at, gone_at
            from plugin_records
            """
        ).map { try PluginRecord($0) }
        let releases = try grouped(
            try await session.query(
                "-- all plugin releases\nselect plugin, version, line, core_range, published, is_current, first_seen_at from plugin_releases"))
        var known: [String: KnownPlugin] = [:]
        for record in records { known[record.name] = KnownPlugin(record: record, releases: releases[record.name] ?? []) }
        return known
    }

    /// Writes records, new and old.
    ///
    /// - Parameter now: what the maintenance signal is judged by.
    static func put(_ records: [PluginRecord], digest: [UInt8], now: Date, in transaction: PostgresTransaction) async throws {
        let rows = try PostgresJSON(encoding: records.map { RecordRow($0, now: now) })
        try await transaction.execute(
            """
            -- put plugins
            insert into plugin_records as r (name, owner, repository, description, homepage, topics, language, stars, license, lines, maintenance,
              maintenance_reason, stale_from, last_updated_at, first_seen_at, gone_at, source_digest, imported_at)
            select name, owner, repository, description, homepage, topics, language, stars, license, lines, maintenance, maintenance_reason,
              'epoch'::timestamptz + stale_ms * interval '1 millisecond', 'epoch'::timestamptz + updated_ms * interval '1 millisecond',
              'epoch'::timestamptz + seen_ms * interval '1 millisecond', 'epoch'::timestamptz + gone_ms * interval '1 millisecond', $2, mainstay_now()
            from jsonb_to_recordset($1::jsonb) as given (name text, owner text, repository text, description text, homepage text, topics text[],
              language text, stars integer, license text, lines text[], maintenance text, maintenance_reason text, stale_ms bigint,
              updated_ms bigint, seen_ms bigint, gone_ms bigint)
            on conflict (name) do update set
              owner = excluded.owner, repository = excluded.repository, description = excluded.description, homepage = excluded.homepage,
              topics = excluded.topics, language = excluded.language, stars = excluded.stars, license = excluded.license, lines = excluded.lines,
              maintenance = excluded.maintenance, maintenance_reason = excluded.maintenance_reason, stale_from = excluded.stale_from,
              last_updated_at = excluded.last_updated_at, gone_at = excluded.gone_at, source_digest = excluded.source_digest,
              imported_at = excluded.imported_at
            """, rows, digest)
    }

    /// Writes the releases that a registry names of these plugins; their other ones stay, and are no longer current.
    static func put(_ releases: [String: [PluginRelease]], in transaction: PostgresTransaction) async throws {
        guard !releases.isEmpty else { return }
        let rows = releases.flatMap { plugin, releases in releases.map { (plugin: plugin, release: $0) } }
        transaction.submit(
            "-- end current plugin releases\nupdate plugin_releases set is_current = false where is_current and plugin = any ($1::text[])",
            Array(releases.keys))
        try await transaction.execute(
            """
            -- put plugin releases
            insert into plugin_releases (plugin, version, line, core_range, published, is_current, first_seen_at)
            select plugin, version, line, core_range, published, true, first_seen_at
            from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[])
              as given (plugin, version, line, core_range, published, first_seen_at)
            on conflict (plugin, version) do update set
              line = excluded.line, core_range = excluded.core_range, published = excluded.published, is_current = true
            """,
            rows.map { $0.plugin }, rows.map { $0.release.version }, rows.map { $0.release.line.rawValue }, rows.map { $0.release.coreRange },
            rows.map { $0.release.isPublished }, rows.map { $0.release.firstSeenAt })
    }

    /// Queues the row that says that an import was made.
    static func submitNote(of summary: PluginImportSummary, id: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- note import of plugins
            insert into plugin_imports (id, source_digest, registry_at, added, changed, unchanged, gone, refused)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            id, summary.digest, summary.registryAt, summary.added.count, summary.changed.count, summary.unchanged, summary.gone.count,
            summary.refused.count)
    }
}

/// A record as the statement takes it apart. Times are whole milliseconds since 1970: a formatted time may come back as another one,
/// and the next import would find a difference.
private struct RecordRow: Encodable {
    let name: String
    let owner: String
    let repository: String
    let description: String?
    let homepage: String?
    let topics: [String]
    let language: String?
    let stars: Int?
    let license: String?
    let lines: [String]?
    let maintenance: String
    let reason: String
    let staleFrom: Int?
    let lastUpdatedAt: Int?
    let firstSeenAt: Int
    let goneAt: Int?

    enum CodingKeys: String, CodingKey {
        case name, owner, repository, description, homepage, topics, language, stars, license, lines, maintenance
        case reason = "maintenance_reason"
        case staleFrom = "stale_ms"
        case lastUpdatedAt = "updated_ms"
        case firstSeenAt = "seen_ms"
        case goneAt = "gone_ms"
    }

    init(_ record: PluginRecord, now: Date) {
        let judged = record.maintenance(at: now)
        name = record.name
        owner = record.owner
        repository = record.repository
        description = record.description
        homepage = record.homepage
        topics = record.topics
        language = record.language
        stars = record.stars
        license = record.license
        lines = record.lines?.sorted().map(\.rawValue)
        maintenance = judged.signal.rawValue
        reason = judged.reason
        staleFrom = judged.staleFrom.map(Self.milliseconds)
        lastUpdatedAt = record.lastUpdatedAt.map(Self.milliseconds)
        firstSeenAt = Self.milliseconds(record.firstSeenAt)
        goneAt = record.goneAt.map(Self.milliseconds)
    }

    /// What a registry says lies within the years 1 to 9999.
    private static func milliseconds(_ date: Date) -> Int {
        Int((date.timeIntervalSince1970 * 1000).rounded())
    }
}
