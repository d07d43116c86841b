import Foundation

/// What an import has to write: the difference between what a registry says and what is known. Decides everything and does nothing.
struct PluginImportPlan: Sendable {
    /// A record that is there and says something else now.
    struct Change: Sendable, Equatable {
        let record: PluginRecord
        /// What differs, by the names of the wire.
        let fields: [String]
    }

    /// Fewer records than this may all go at once: a registry of a few plugins is somebody's own.
    static let smallRegistry = 10

    private(set) var added: [PluginRecord] = []
    private(set) var changed: [Change] = []
    private(set) var unchanged = 0
    /// Records that were in the registry until now.
    private(set) var gone: [PluginRecord] = []
    /// The releases that the registry names of all that is written: of those that are gone none.
    private(set) var releases: [String: [PluginRelease]] = [:]
    /// What speaks against the import, as sentences; whoever imports may know better.
    private(set) var objections: [String] = []

    /// - Parameters:
    ///   - known: every plugin of the store, by name.
    ///   - lastRegistryAt: the newest date that an imported registry bore.
    init(_ snapshot: PluginRegistrySnapshot, known: [String: KnownPlugin], lastRegistryAt: Date?, now: Date) {
        let at = snapshot.registryAt ?? now.inMilliseconds
        for entry in snapshot.entries {
            let before = known[entry.name.text]
            let record = PluginRecord(entry, before: before, isFirstImport: known.isEmpty, at: at)
            let releases = Self.releases(entry, before: before, at: at)
            guard let before else {
                added.append(record)
                self.releases[record.name] = releases
                continue
            }
            var fields = record.differences(from: before.record)
            let current = before.releases.filter(\.isCurrent)
            if Set(releases.map(\.version)) != Set(current.map(\.version)) || releases.contains(where: { !current.contains($0) }) {
                fields.append("releases")
            }
            if fields.isEmpty {
                unchanged += 1
            } else {
                changed.append(Change(record: record, fields: fields))
                self.releases[record.name] = releases
            }
        }
        let present = known.values.map(\.record).filter { $0.goneAt == nil }
        let listed = snapshot.refused.union(snapshot.entries.map(\.name.text))
        gone = present.filter { !listed.contains($0.name) }.sorted { $0.name < $1.name }.map { record in
            var record = record
            record.goneAt = at
            return record
        }
        for record in gone { releases[record.name] = [] }
        if let lastRegistryAt, let registryAt = snapshot.registryAt, registryAt < lastRegistryAt.inMilliseconds {
            objections.append(
                "the registry is of \(registryAt.formatted(.iso8601)), and one of \(lastRegistryAt.formatted(.iso8601)) was imported before")
        }
        if present.count >= Self.smallRegistry, gone.count * 2 > present.count {
            objections.append("\(gone.count) of \(present.count) known plugins are not in it: it looks cut off")
        }
    }

    /// All records that have to be written.
    var written: [PluginRecord] { added + changed.map(\.record) + gone }

    /// What the registry names now, with the dates at which it was first named. An index names no releases and takes none away.
    private static func releases(_ entry: PluginEntry, before: KnownPlugin?, at: Date) -> [PluginRelease] {
        guard let details = entry.details else { return before?.releases.filter(\.isCurrent) ?? [] }
        let known = Dictionary((before?.releases ?? []).map { ($0.version, $0.firstSeenAt) }) { first, _ in first }
        return details.releases.map { release in
            PluginRelease(
                version: release.version, line: release.line, coreRange: release.coreRange, isPublished: release.isPublished, isCurrent: true,
                firstSeenAt: known[release.version] ?? at)
        }
    }
}

extension PluginRecord {
    /// What is known after a registry of that date was read.
    init(_ entry: PluginEntry, before: KnownPlugin?, isFirstImport: Bool, at: Date) {
        let old = before?.record
        let details = entry.details
        name = entry.name.text
        owner = entry.owner
        repository = entry.repository
        // An index says nothing of these: what a full form said earlier stays.
        description = details == nil ? old?.description : details?.description
        homepage = details == nil ? old?.homepage : details?.homepage
        topics = (details == nil ? old?.topics : details?.topics) ?? []
        language = details == nil ? old?.language : details?.language
        stars = details == nil ? old?.stars : details?.stars
        license = details == nil ? old?.license : details?.license
        lines = details == nil ? old?.lines : details?.lines
        lastUpdatedAt = Self.lastUpdate(entry, before: before, isFirstImport: isFirstImport, at: at)
        firstSeenAt = old?.firstSeenAt ?? at
        goneAt = nil
    }

    /// The plugin's own date where the file has one. Otherwise the date of the registry that first named a release of it which was not
    /// known before; of a plugin that was registered since the last import, the date of this one.
    ///
    /// `supports` turning from one to the other is no update: a registry that cannot reach GitHub says for a day that nothing supports
    /// anything.
    private static func lastUpdate(_ entry: PluginEntry, before: KnownPlugin?, isFirstImport: Bool, at: Date) -> Date? {
        if let stated = entry.details?.updatedAt { return stated }
        guard let before else { return isFirstImport ? nil : at }
        let known = Set(before.releases.map(\.version))
        // Of what only an index had named, every release is news to us and may be old.
        let wasSurveyed = before.record.lines != nil || !known.isEmpty
        if wasSurveyed, let releases = entry.details?.releases, releases.contains(where: { !known.contains($0.version) }) {
            return max(at, before.record.lastUpdatedAt ?? at)
        }
        return before.record.lastUpdatedAt
    }

    /// The members that differ, by the names of the wire.
    func differences(from other: PluginRecord) -> [String] {
        let comparisons: [(name: String, isSame: Bool)] = [
            ("owner", owner == other.owner), ("repository", repository == other.repository), ("description", description == other.description),
            ("homepage", homepage == other.homepage), ("topics", topics == other.topics), ("language", language == other.language),
            ("stars", stars == other.stars), ("license", license == other.license), ("supports", lines == other.lines),
            ("last_updated_at", lastUpdatedAt == other.lastUpdatedAt), ("gone_at", goneAt == other.goneAt),
        ]
        return comparisons.compactMap { $0.isSame ? nil : $0.name }
    }
}
