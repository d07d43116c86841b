package import Foundation
package import Postgres

/// How many plugins there are of each kind, for whoever narrows a list of them.
package struct PluginCounts: Sendable, Equatable {
    /// Those that fit.
    package var matches = 0
    /// Those that would fit with another signal, and the rest of the question as it is.
    package var signals: [MaintenanceSignal: Int] = [:]
    /// The same for lines. A plugin that supports two counts for both.
    package var lines: [PluginLine: Int] = [:]
}

/// A plugin as a list of pages has it.
package struct PluginPlace: Sendable, Equatable {
    package let name: String
    /// When what the registry says of it was last another thing.
    package let changedAt: Date
}

/// What pages about the registry ask for beside the plugins themselves.
extension PluginStore {
    /// Counts of signals and lines: one look at every plugin, as listing them is.
    package static func counts(_ filter: PluginFilter, in session: some PostgresSession) async throws -> PluginCounts {
        let rows = try await session.query(
            """
            -- count plugins by signal and line
            with worded as materialized (
              select lines, case when stale_from <= mainstay_now() then 'stale' else maintenance end as signal
              from plugin_records
              where lower(name || ' ' || owner || ' ' || coalesce(description, '') || ' ' || array_to_string(topics, ' ')) like all ($1::text[])
            )
            select 'signal' as facet, signal as value, count(*) as plugins from worded where ($2::text is null or $2 = any (lines)) group by signal
            union all
            select 'line', listed.line, count(*) from worded cross join lateral unnest(lines) as listed (line)
            where ($3::text is null or $3 = signal) group by listed.line
            union all
            select 'matches', '', count(*) from worded where ($2::text is null or $2 = any (lines)) and ($3::text is null or $3 = signal)
            """, filter.patterns, filter.line?.rawValue, filter.signal?.rawValue)
        var counts = PluginCounts()
        for row in rows {
            let (value, plugins) = (try row.decode("value", as: String.self), try row.decode("plugins", as: Int.self))
            switch try row.decode("facet", as: String.self) {
            case "signal": if let signal = MaintenanceSignal(rawValue: value) { counts.signals[signal] = plugins }
            // A line that only a later release knows is none of ours.
            case "line": if let line = PluginLine(rawValue: value) { counts.lines[line] = plugins }
            default: counts.matches = plugins
            }
        }
        return counts
    }

    /// All plugins that there are or were, by name.
    package static func places(limit: Int, in session: some PostgresSession) async throws -> [PluginPlace] {
        try await session.query("-- places of plugins\nselect name, imported_at from plugin_records order by name limit $1", limit)
            .map { PluginPlace(name: try $0.decode("name"), changedAt: try $0.decode("imported_at")) }
    }

    /// How many plugins the registry has now.
    package static func count(in session: some PostgresSession) async throws -> Int {
        let rows = try await session.query("-- count plugins\nselect count(*) as plugins from plugin_records where gone_at is null")
        guard let row = rows.first else { return 0 }
        return try row.decode("plugins")
    }
}
