import Workspaces

extension MaintenanceSignal {
    /// For people; behind it stands the reason.
    var words: String {
        switch self {
        case .maintained: "Maintained"
        case .stale: "Stale"
        case .gone: "Gone"
        case .unknown: "Not known"
        }
    }

    /// The class of its colour.
    var tone: String {
        switch self {
        case .maintained: "good"
        case .stale: "warn"
        case .gone: "bad"
        case .unknown: "plain"
        }
    }
}

extension PluginLine {
    /// The line with the cores that are of it.
    var words: String {
        switch self {
        case .v0: "v0, core 0.x"
        case .v1: "v1, core 1.x"
        case .v2: "v2, core 2.x"
        }
    }
}

extension StoredPlugin {
    /// Whether it works with the platform's core, whatever release somebody takes; nil where nobody has said which core that is.
    func fit(_ releases: [PluginRelease], core: SemanticVersion?) -> PluginAdvice? {
        guard core != nil else { return nil }
        return PluginAdvice(PluginReference(name: record.name, range: nil), known: self, releases: releases, core: core)
    }

    /// The lines that it supports; what the registry says of them where it names none.
    var supportWords: String {
        guard let lines = record.lines else { return "The registry does not say what it supports" }
        return lines.isEmpty ? "Supports no line of the platform" : "Supports \(lines.sorted().map(\.rawValue).joined(separator: ", "))"
    }
}
