import Workspaces

extension Finding {
    /// Whether plugins can be judged.
    ///
    /// - Parameters:
    ///   - count: plugins that the registry has.
    ///   - core: the version of the platform's core; nil where nobody has said.
    static func plugins(_ count: Int, core: SemanticVersion?) -> Finding {
        let found = count == 1 ? "1 in the registry" : "\(count) in the registry"
        if let core { return Finding("plugins", "\(found), judged by core \(core)", .good) }
        guard count > 0 else { return Finding("plugins", "none in the registry", .good) }
        return Finding(
            "plugins", "\(found), and MAINSTAY_CORE_VERSION is not set", .notice,
            "give MAINSTAY_CORE_VERSION to ingress and workers: without it no plugin is called incompatible")
    }
}
