import Workspaces

extension Finding {
    /// Whether checkpoints of the access log are signed, and can be checked here.
    ///
    /// - Parameters:
    ///   - counts: Checkpoints by the ids of the keys that they were signed with; under nil those that are not signed. Some may be older
    ///     than the first key.
    ///   - keys: Those of this process, which ingresses should have as well.
    static func checkpoints(_ counts: [String?: Int], keys: AccessLogKeys) -> Finding {
        let what = "access log"
        let total = counts.values.reduce(0, +)
        let missing = counts.keys.compactMap { $0 }.filter { !keys.has($0) }.sorted()
        let foreign = missing.reduce(0) { $0 + (counts[$1] ?? 0) }
        guard missing.isEmpty else {
            let found = keys.isEmpty ? "and MAINSTAY_AUDIT_KEY is not set" : "with keys that are not here"
            return Finding(
                what, "\(foreign) of \(total) checkpoints are signed, \(found)", .unsafe,
                "give MAINSTAY_AUDIT_KEY to ingresses and here, with the key\(missing.count == 1 ? "" : "s") \(missing.joined(separator: ", "))")
        }
        guard total > 0 else { return Finding(what, keys.isEmpty ? "no checkpoint, and no key to sign any" : "no checkpoint yet", .good) }
        guard !keys.isEmpty else {
            return Finding(
                what, "\(total) checkpoints, none of them signed", .unsafe,
                "give MAINSTAY_AUDIT_KEY to ingresses: what is not signed proves nothing against whoever may write to the database")
        }
        let unsigned = counts.reduce(0) { $0 + ($1.key == nil ? $1.value : 0) }
        return Finding(what, "\(total) checkpoints, \(total - unsigned) of them signed", .good)
    }
}
