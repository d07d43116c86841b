package import Foundation

/// Whether somebody still looks after a plugin.
package enum MaintenanceSignal: String, Sendable, CaseIterable {
    case maintained
    case stale
    /// No longer in the registry.
    case gone
    case unknown
}

/// A plugin's signal, the reason for it, and when time alone will turn it to stale.
///
/// The rules, of which the first that fits counts (180 days is ``patience``):
///
/// | what is known | signal |
/// |---|---|
/// | it has left the registry | gone |
/// | the registry does not say what it supports | unknown |
/// | it supports no line of the platform | stale |
/// | last updated 180 days ago or longer | stale |
/// | last updated less than 180 days ago | maintained |
/// | nobody knows when it was updated; unchanged since it was first seen, 180 days ago or longer | stale |
/// | nobody knows when it was updated; first seen less than 180 days ago | unknown |
///
/// A plugin that was never seen to change is not called maintained: a registry that was read once proves that a plugin is listed, and
/// nothing more.
package struct Maintenance: Sendable, Equatable {
    /// What the signal is judged by.
    package struct Facts: Sendable, Equatable {
        package let goneAt: Date?
        /// nil where the registry does not say; empty where it says none.
        package let lines: Set<PluginLine>?
        /// nil while nobody knows.
        package let lastUpdatedAt: Date?
        package let firstSeenAt: Date

        package init(goneAt: Date?, lines: Set<PluginLine>?, lastUpdatedAt: Date?, firstSeenAt: Date) {
            self.goneAt = goneAt
            self.lines = lines
            self.lastUpdatedAt = lastUpdatedAt
            self.firstSeenAt = firstSeenAt
        }
    }

    /// Seconds: 180 days. The platform's core has a release every few weeks; a plugin that half a year of them went by leaves its
    /// users alone.
    package static let patience: TimeInterval = 180 * 86_400

    package let signal: MaintenanceSignal
    /// A clause for people, with dates and not with ages: it stays true when it is read later.
    package let reason: String
    /// From then on it is stale, if nothing else changes. nil where time changes nothing.
    package let staleFrom: Date?

    package init(_ facts: Facts, at now: Date) {
        if let goneAt = facts.goneAt {
            self.init(.gone, "no longer in the registry since \(Self.day(goneAt))")
            return
        }
        guard let lines = facts.lines else {
            self.init(.unknown, "the registry does not say which lines of the platform it supports")
            return
        }
        guard !lines.isEmpty else {
            self.init(.stale, "it supports no line of the platform")
            return
        }
        let staleFrom = (facts.lastUpdatedAt ?? facts.firstSeenAt).addingTimeInterval(Self.patience)
        let supports = "it supports \(lines.sorted().map(\.rawValue).joined(separator: ", "))"
        switch (facts.lastUpdatedAt, now >= staleFrom) {
        case (let updated?, true):
            self.init(.stale, "not updated for 180 days: the last update was on \(Self.day(updated))")
        case (let updated?, false):
            self.init(.maintained, "\(supports) and was updated on \(Self.day(updated))", until: staleFrom)
        case (nil, true):
            self.init(.stale, "not updated for 180 days: unchanged since it was first seen on \(Self.day(facts.firstSeenAt))")
        case (nil, false):
            self.init(
                .unknown, "\(supports); nobody has seen it change since it was first seen on \(Self.day(facts.firstSeenAt))", until: staleFrom)
        }
    }

    private init(_ signal: MaintenanceSignal, _ reason: String, until staleFrom: Date? = nil) {
        self.signal = signal
        self.reason = reason
        self.staleFrom = staleFrom
    }

    /// `2026-04-22`, in UTC.
    private static func day(_ date: Date) -> String {
        date.formatted(.iso8601.year().month().day())
    }
}
