import Foundation
package import Postgres

/// The order of a list of plugins.
package enum PluginOrder: String, Sendable, CaseIterable {
    /// Those that came into the registry last come first; those of one import by name.
    case newest
    case name
}

/// Which plugins are asked for.
package struct PluginFilter: Sendable {
    /// Patterns for `like`, all of which have to fit.
    let patterns: [String]
    let line: PluginLine?
    let signal: MaintenanceSignal?

    /// Enough to find anything by; each costs a look at every plugin.
    static let maximumWords = 8

    /// - Parameter words: from a person, each of which has to occur in the name, the owner, the description or a topic.
    package init(words: String, line: PluginLine?, signal: MaintenanceSignal?) {
        patterns = Self.patterns(words)
        self.line = line
        self.signal = signal
    }

    private static func patterns(_ text: String) -> [String] {
        text.lowercased().split(whereSeparator: \.isWhitespace).prefix(maximumWords).map { word in
            var pattern = "%"
            for character in word.prefix(64) {
                if "%_\\".contains(character) { pattern.append("\\") }
                pattern.append(character)
            }
            return pattern + "%"
        }
    }
}

/// The SQL of the plugin registry: reading, which anyone may. What imports write is in `PluginStore+Import.swift`.
package enum PluginStore {
    /// Plugins that fit, one page of them.
    ///
    /// - Parameter name: the last one of the page before. Its place is looked up, for no record is ever deleted.
    package static func list(
        _ filter: PluginFilter, order: PluginOrder, after name: String?, limit: Int, in session: some PostgresSession
    ) async throws -> [StoredPlugin] {
        let (line, signal) = (filter.line?.rawValue, filter.signal?.rawValue)
        switch order {
        case .newest:
            return try await session.query(
                """
                -- list plugins, newest first
                select name, owner, repository, description, homepage, topics, language, stars, license, lines, last_updated_at, first_seen_at,
                  gone_at, source_digest, imported_at, mainstay_now() as now
                from plugin_records
                where lower(name || ' ' || owner || ' ' || coalesce(description, '') || ' ' || array_to_string(topics, ' ')) like all ($1::text[])
                  and ($2::text is null or $2 = any (lines))
                  and ($3::text is null or $3 = case when stale_from <= mainstay_now() then 'stale' else maintenance end)
                  and ($4::text is null
                    or first_seen_at < (select first_seen_at from plugin_records where name = $4)
                    or (first_seen_at = (select first_seen_at from plugin_records where name = $4) and name > $4))
                order by first_seen_at desc, name limit $5
                """, filter.patterns, line, signal, name, limit
            ).map(StoredPlugin.init)
        case .name:
            return try await session.query(
                """
                -- list plugins by name
                select name, owner, repository, description, homepage, topics, language, stars, license, lines, last_updated_at, first_seen_at,
                  gone_at, source_digest, imported_at, mainstay_now() as now
                from plugin_records
                where lower(name || ' ' || owner || ' ' || coalesce(description, '') || ' ' || array_to_string(topics, ' ')) like all ($1::text[])
                  and ($2::text is null or $2 = any (lines))
                  and ($3::text is null or $3 = case when stale_from <= mainstay_now() then 'stale' else maintenance end)
                  and ($4::text is null or name > $4)
                order by name limit $5
                """, filter.patterns, line, signal, name, limit
            ).map(StoredPlugin.init)
        }
    }

    /// The plugins of these names, those that there are.
    package static func find(_ names: [String], in session: some PostgresSession) async throws -> [StoredPlugin] {
        try await session.query(
            """
            -- find plugins
            select name, owner, repository, description, homepage, topics, language, stars, license, lines, last_updated_at, first_seen_at,
              gone_at, source_digest, imported_at, mainstay_now() as now
            from plugin_records where name = any ($1::text[])
            """, names
        ).map(StoredPlugin.init)
    }

    /// The releases of these plugins, by plugin, newest first.
    package static func releases(of names: [String], in session: some PostgresSession) async throws -> [String: [PluginRelease]] {
        let rows = try await session.query(
            """
            -- releases of plugins
            select plugin, version, line, core_range, published, is_current, first_seen_at from plugin_releases where plugin = any ($1::text[])
            """, names)
        return try grouped(rows)
    }

    /// How many agents that are listed name a plugin, under any of its spellings; counted to 10,000, for anybody may ask.
    static func agents(naming name: PluginName, in session: some PostgresSession) async throws -> Int {
        let rows = try await session.query(
            """
            -- count agents that name a plugin
            select count(*) as agents from (
              select 1 from listing_index where plugin_names && $1::text[] limit 10000) as found
            """, name.spellings)
        guard let row = rows.first else { return 0 }
        return try row.decode("agents")
    }

    /// Releases by plugin, newest first.
    static func grouped(_ rows: [PostgresRow]) throws -> [String: [PluginRelease]] {
        var releases: [String: [PluginRelease]] = [:]
        for row in rows {
            let plugin = try row.decode("plugin", as: String.self)
            releases[plugin, default: []].append(try PluginRelease(row))
        }
        return releases.mapValues { $0.sorted(by: PluginRelease.isNewer) }
    }
}

extension StoredPlugin {
    init(_ row: PostgresRow) throws {
        record = try PluginRecord(row)
        maintenance = record.maintenance(at: try row.decode("now"))
        sourceDigest = try row.decode("source_digest")
        importedAt = try row.decode("imported_at")
    }
}

extension PluginRecord {
    init(_ row: PostgresRow) throws {
        name = try row.decode("name")
        owner = try row.decode("owner")
        repository = try row.decode("repository")
        description = try row.decode("description")
        homepage = try row.decode("homepage")
        topics = try row.decode("topics")
        language = try row.decode("language")
        stars = try row.decode("stars")
        license = try row.decode("license")
        // A line that only a later release knows is none of ours.
        lines = try row.decode("lines", as: [String]?.self).map { Set($0.compactMap(PluginLine.init(rawValue:))) }
        lastUpdatedAt = try row.decode("last_updated_at", as: Date?.self)?.inMilliseconds
        firstSeenAt = try row.decode("first_seen_at", as: Date.self).inMilliseconds
        goneAt = try row.decode("gone_at", as: Date?.self)?.inMilliseconds
    }
}

extension PluginRelease {
    init(_ row: PostgresRow) throws {
        version = try row.decode("version")
        line = try row.stored("line")
        coreRange = try row.decode("core_range")
        isPublished = try row.decode("published")
        isCurrent = try row.decode("is_current")
        firstSeenAt = try row.decode("first_seen_at", as: Date.self).inMilliseconds
    }
}
