import Workspaces

extension Settings {
    /// The version of the platform's core, by which plugins are judged; nil where nobody has said.
    func coreVersion() throws -> SemanticVersion? {
        guard let found = text("core.version") else { return nil }
        guard let version = SemanticVersion(found) else {
            throw Faults(faults: ["MAINSTAY_CORE_VERSION is \"\(found)\"; wanted is a version such as 1.6.2."])
        }
        return version
    }
}
