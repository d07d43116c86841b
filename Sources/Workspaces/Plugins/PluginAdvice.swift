/// What somebody who is about to publish or to fork an agent should know of one plugin that it names. Advice, and no lock: nothing
/// is refused for it.
package struct PluginAdvice: Sendable, Equatable {
    package enum Verdict: String, Sendable, CaseIterable {
        case ok
        /// Nobody can say: the registry does not know the plugin, or not what it works with.
        case unknown
        /// No release that the agent accepts works with the platform's core.
        case incompatible
        /// It may work, and nobody looks after it any more.
        case unmaintained
    }

    package let reference: PluginReference
    /// The name under which the registry has it; nil where the registry does not know it.
    package let registered: String?
    package let verdict: Verdict
    /// A clause for people.
    package let reason: String
    /// The release that was looked at: the newest that fits, else the newest that the agent accepts. nil where none is known.
    package let release: String?
    /// The range of cores that this release asks for, as written.
    package let coreRange: String?

    /// Weighs what is known of a plugin against what an agent asks for.
    ///
    /// In this order; the first that applies counts:
    ///
    /// 1. The registry does not know it: unknown. It has left the registry: unmaintained.
    /// 2. A release that the agent accepts asks for a range with the platform's core in it: it fits.
    /// 3. No such release says what it asks for in a form that can be read (`latest`), or there is none of the core's line, and the agent
    ///    accepts any: then the registry's own word counts, `supports`.
    /// 4. Releases that say what they ask for, or `supports`, leave out the core: incompatible.
    /// 5. What fits, or cannot be told, is unmaintained where the signal is stale.
    ///
    /// - Parameters:
    ///   - known: nil where the registry does not know the plugin.
    ///   - releases: all that are known of it.
    ///   - core: the version of the platform's core; nil where nobody has said, and then nothing is incompatible.
    package init(_ reference: PluginReference, known: StoredPlugin?, releases: [PluginRelease], core: SemanticVersion?) {
        self.reference = reference
        registered = known?.record.name
        guard let known else {
            (verdict, reason, release, coreRange) = (.unknown, "the registry does not know it", nil, nil)
            return
        }
        let fit = PluginFit(reference, lines: known.record.lines, releases: releases, core: core)
        release = fit.release?.version
        coreRange = fit.release?.coreRange
        switch (known.maintenance.signal, fit.finding) {
        case (.gone, _): (verdict, reason) = (.unmaintained, known.maintenance.reason)
        case (_, .excluded(let why)): (verdict, reason) = (.incompatible, why)
        case (.stale, _): (verdict, reason) = (.unmaintained, known.maintenance.reason)
        case (_, .undecided(let why)): (verdict, reason) = (.unknown, why)
        case (_, .fits(let why)): (verdict, reason) = (.ok, why)
        }
    }
}

extension PluginAdvice {
    /// Of several what should be known before it hurts: what does not work first, then what nobody looks after.
    package static func grave(_ advice: [PluginAdvice]) -> [PluginAdvice] {
        advice.filter { $0.verdict == .incompatible } + advice.filter { $0.verdict == .unmaintained }
    }
}

/// Whether a plugin works with a core, as far as its releases and the registry say.
struct PluginFit: Sendable, Equatable {
    enum Finding: Sendable, Equatable {
        case fits(String)
        case excluded(String)
        case undecided(String)
    }

    let finding: Finding
    /// The release that says so.
    let release: PluginRelease?

    init(_ reference: PluginReference, lines: Set<PluginLine>?, releases: [PluginRelease], core: SemanticVersion?) {
        // A word such as `latest` bounds nothing.
        let wanted = reference.range.flatMap { CoreRange($0) }
        let ordered = releases.sorted(by: Self.isBetter)
        let accepted = ordered.filter { release in
            guard let wanted else { return true }
            return SemanticVersion(release.version).map { wanted.contains($0) } ?? false
        }
        if let wanted, accepted.isEmpty, !releases.isEmpty {
            (finding, release) = (.undecided("the registry knows no release in \(wanted)"), nil)
            return
        }
        guard let core else {
            (finding, release) = (.fits("it is in the registry"), accepted.first)
            return
        }
        let readable = accepted.compactMap { release in release.coreRange.flatMap { CoreRange($0) }.map { (release: release, range: $0) } }
        if let fitting = readable.first(where: { $0.range.contains(core) }) {
            (finding, release) = (.fits("release \(fitting.release.version) works with core \(fitting.range)"), fitting.release)
            return
        }
        let line = PluginLine(core: core)
        // Unless the agent names a range, whatever the registry supports may be used, from its repository where it must.
        let isFree = wanted == nil || readable.isEmpty
        if isFree, let line, lines?.contains(line) == true, !readable.contains(where: { $0.release.line == line }) {
            let release = accepted.first { $0.line == line }
            (finding, self.release) = (.fits("the registry says that it supports \(line.rawValue)"), release)
            return
        }
        if let newest = readable.first {
            let why = "release \(newest.release.version) asks for core \(newest.range), and the platform has \(core)"
            (finding, release) = (.excluded(why), newest.release)
            return
        }
        release = accepted.first
        switch (lines, line) {
        case (let lines?, let line?) where !lines.isEmpty && !lines.contains(line):
            let supported = lines.sorted().map(\.rawValue).joined(separator: ", ")
            finding = .excluded("the registry says that it supports \(supported), and the platform has \(core)")
        default:
            finding = .undecided("the registry does not say whether it works with core \(core)")
        }
    }

    /// Published releases before tags, and newer before older.
    private static func isBetter(_ left: PluginRelease, _ right: PluginRelease) -> Bool {
        left.isPublished == right.isPublished ? PluginRelease.isNewer(left, right) : left.isPublished
    }
}
