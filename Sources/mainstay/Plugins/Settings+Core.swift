import Workspaces

extension Settings {
    /// The version of the platform's core, by which plugins are judged; nil where nobody has said. An empty one is none: so a container has
    /// it whose environment names the setting and gives it no value.
    func coreVersion() throws -> SemanticVersion? {
        guard let found = text("core.version"), !found.isEmpty else { return nil }
        guard let version = SemanticVersion(found) else {
            throw Faults(faults: ["MAINSTAY_CORE_VERSION is \"\(found)\"; wanted is a version such as 1.6.2."])
        }
        return version
    }
}
