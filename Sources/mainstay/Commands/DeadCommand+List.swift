import ArgumentParser
import Foundation
import Jobs
import Workspaces

extension DeadCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Dead letters, the newest first; those that nobody has done anything about, unless told otherwise.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var filter: Filter
        @Flag(help: "Those that were replayed and have not died again.") var replayed = false
        @Flag(help: "Those that were discarded.") var discarded = false
        @Flag(help: "All of them, whatever was done about them.") var all = false
        @Flag(help: "How many there are of each kind and code.") var summary = false
        @Option(help: "How many at the most.") var limit: Int = 50

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 10000") }
        }

        func run() async throws {
            let states = Self.states(replayed: replayed, discarded: discarded, all: all)
            let loaded = try await settings.load()
            if summary {
                let groups = try await Stores.with(loaded, for: "dead") { [filter] stores in
                    var chosen = try await filter.resolved(stores)
                    chosen.states = states
                    return try await stores.administration.letters.summary(chosen)
                }
                return output.print(Self.table(groups))
            }
            let (lines, names) = try await Stores.with(loaded, for: "dead") { [filter, limit] stores in
                var chosen = try await filter.resolved(stores)
                chosen.states = states
                let lines = try await stores.administration.letters.list(chosen, limit: limit)
                return (lines, try await WorkspaceNames.of(Set(lines.map(\.key.workspace)), stores))
            }
            output.print(Self.table(lines, names, isShort: output.chosen == .table))
            if lines.count == limit { Talk.say("There may be more: --limit shows them, --summary counts them.") }
        }

        static func states(replayed: Bool, discarded: Bool, all: Bool) -> Set<DeadLetterState> {
            if all { return Set(DeadLetterState.allCases) }
            var states: Set<DeadLetterState> = []
            if replayed { states.insert(.replayed) }
            if discarded { states.insert(.discarded) }
            return states.isEmpty ? [.open] : states
        }

        /// - Parameter isShort: errors are cut where a person's eye has enough.
        static func table(_ lines: [DeadLetterLine], _ names: [UUID: String], isShort: Bool) -> Table {
            var table = Table("id", "kind", "queue", "workspace", "#attempts", "#replays", "state", "code", "error", "accepted at", "died at")
            for line in lines {
                table.rows.append([
                    line.key.id.lowercased, line.kind, line.queue, names[line.key.workspace] ?? line.key.workspace.lowercased,
                    "\(line.attempts)", "\(line.replays)", line.state.rawValue, line.code, isShort ? String(line.error.prefix(80)) : line.error,
                    line.acceptedAt.formatted(.iso8601), line.diedAt.formatted(.iso8601),
                ])
            }
            return table
        }

        static func table(_ groups: [DeadLetterGroup]) -> Table {
            var table = Table("kind", "code", "#letters", "oldest", "newest")
            for group in groups {
                table.rows.append([
                    group.kind, group.code, "\(group.count)", group.oldest.formatted(.iso8601), group.newest.formatted(.iso8601),
                ])
            }
            return table
        }
    }
}

/// Slugs of workspaces, for people; a workspace that is none (of entries that could not be read) has none.
enum WorkspaceNames {
    static func of(_ ids: Set<UUID>, _ stores: Stores) async throws -> [UUID: String] {
        let workspaces = WorkspaceStore(pool: stores.pool, multiUser: true)
        var names: [UUID: String] = [:]
        for id in ids { names[id] = try await workspaces.find(id)?.slug }
        return names
    }
}
