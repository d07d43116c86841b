import Inference

extension Finding {
    /// Whether the secrets of workspaces open here.
    ///
    /// - Parameters:
    ///   - counts: Secrets by the ids of the keys that they lie under.
    ///   - keys: Those of this process, which ingress and workers should have as well.
    static func secrets(_ counts: [String: Int], keys: SealingKeys) -> Finding {
        let total = counts.values.reduce(0, +)
        let missing = counts.keys.filter { !keys.has($0) }.sorted()
        let closed = missing.reduce(0) { $0 + (counts[$1] ?? 0) }
        guard !missing.isEmpty else {
            guard total > 0 else { return Finding("secrets of workspaces", keys.isEmpty ? "none, and no key to keep any" : "none", .good) }
            return Finding("secrets of workspaces", "\(total), all of which open", .good)
        }
        let found = keys.isEmpty ? "\(total), and MAINSTAY_CREDENTIALS_KEYS is not set" : "\(closed) of \(total) lie under keys that are not here"
        return Finding(
            "secrets of workspaces", found, .broken,
            "give MAINSTAY_CREDENTIALS_KEYS to ingress and workers, with the key\(missing.count == 1 ? "" : "s") \(missing.joined(separator: ", "))")
    }
}
