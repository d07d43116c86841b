package import Foundation
import Jobs
package import Postgres

/// What an import did, or would do.
package struct PluginImportSummary: Sendable, Equatable {
    package struct Change: Sendable, Equatable {
        package let name: String
        /// What differs, by the names of the wire.
        package let fields: [String]
    }

    package let registryAt: Date?
    package let digest: [UInt8]
    package let added: [String]
    package let changed: [Change]
    package let unchanged: Int
    /// Marked as gone; nothing is deleted.
    package let gone: [String]
    package let faults: [PluginRegistryFault]
    /// Why it is done only when whoever imports insists.
    package let objections: [String]
    package let isDryRun: Bool

    package var refused: [PluginRegistryFault] { faults.filter { $0.effect == .refused } }
    package var ignored: [PluginRegistryFault] { faults.filter { $0.effect == .ignored } }
    /// Whether anything is not as it was.
    var isNews: Bool { !added.isEmpty || !changed.isEmpty || !gone.isEmpty }

    init(_ plan: PluginImportPlan, _ snapshot: PluginRegistrySnapshot, isDryRun: Bool) {
        registryAt = snapshot.registryAt
        digest = snapshot.digest
        added = plan.added.map(\.name)
        changed = plan.changed.map { Change(name: $0.record.name, fields: $0.fields) }
        unchanged = plan.unchanged
        gone = plan.gone.map(\.name)
        faults = snapshot.faults
        objections = plan.objections
        self.isDryRun = isDryRun
    }
}

extension AccessEvent {
    /// That a registry changed what is known of plugins. Which ones, the registry's digest tells who keeps its versions.
    static func imported(_ summary: PluginImportSummary, by actor: AccessActor) -> AccessEvent {
        AccessEvent(
            .pluginsImported, by: actor, in: nil, on: .plugins,
            details: [
                "digest": summary.digest.hexadecimal, "added": "\(summary.added.count)", "changed": "\(summary.changed.count)",
                "gone": "\(summary.gone.count)",
            ])
    }
}

/// Brings the store to what a registry says, in one transaction: after an error everything is as it was. The same registry again
/// changes nothing.
package struct PluginImporter: Sendable {
    /// How far it is.
    package enum Progress: Sendable, Equatable {
        /// This many plugins were known before.
        case compared(known: Int)
        case written(Int, of: Int)
    }

    /// It was not done, and why.
    package struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        package let objections: [String]

        package var description: String { objections.joined(separator: "; ") }
    }

    /// Rows of one statement: a statement of some hundred kilobytes.
    private static let chunk = 200
    /// Two registries are never imported at once, and ten thousand plugins take seconds.
    private static let timeout: Duration = .seconds(120)

    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// - Parameters:
    ///   - insists: import it in spite of all objections.
    ///   - isDryRun: find out what would be done, objections included, and do nothing.
    /// - Throws: ``Refusal`` where there are objections and nobody insists.
    package func run(
        _ snapshot: PluginRegistrySnapshot, insists: Bool = false, isDryRun: Bool = false, by actor: AccessActor,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async throws -> PluginImportSummary {
        try await pool.transaction(.role(.upkeep), timeout: Self.timeout) { transaction in
            if !isDryRun { PluginStore.submitImportLock(in: transaction) }
            let now = try await PluginStore.now(in: transaction)
            let known = try await PluginStore.known(in: transaction)
            let plan = PluginImportPlan(
                snapshot, known: known, lastRegistryAt: try await PluginStore.lastRegistryAt(in: transaction), now: now)
            progress(.compared(known: known.count))
            let summary = PluginImportSummary(plan, snapshot, isDryRun: isDryRun)
            if isDryRun { return summary }
            guard plan.objections.isEmpty || insists else { throw Refusal(objections: plan.objections) }
            let records = plan.written
            for start in stride(from: 0, to: records.count, by: Self.chunk) {
                let part = Array(records[start..<min(start + Self.chunk, records.count)])
                try await PluginStore.put(part, digest: snapshot.digest, now: now, in: transaction)
                let names = Set(part.map(\.name))
                try await PluginStore.put(plan.releases.filter { names.contains($0.key) }, in: transaction)
                progress(.written(start + part.count, of: records.count))
            }
            PluginStore.submitNote(of: summary, id: .version7(), in: transaction)
            if summary.isNews { AccessLogStore.append(.imported(summary, by: actor), in: transaction) }
            return summary
        }
    }
}
