extension Finding {
    /// How the servers stand together, and what becomes of the jobs when one of them goes. Nothing where that is not told.
    ///
    /// - Parameters:
    ///   - what: the store's name.
    ///   - variable: the setting that names it.
    static func topology(of facts: RedisFacts, _ what: String, variable: String) -> [Finding] {
        guard let isCluster = facts.isCluster else { return [] }
        guard isCluster else {
            guard let replicas = facts.nodes.first?.replicas else { return [Finding("\(what) servers", "one", .good)] }
            let found = "one" + (replicas == 0 ? ", no replica" : ", \(replicas) replica\(replicas == 1 ? "" : "s")")
            return [Finding("\(what) servers", found, .good)]
        }
        guard facts.isSpokenToAsCluster else {
            return [
                Finding("\(what) servers", "a cluster, spoken to as a single server", .broken, "add `?cluster=true` to \(variable)")
            ]
        }
        let replicas = facts.nodes.reduce(0) { $0 + $1.replicas }
        let found = "a cluster of \(facts.nodes.count) primaries, \(replicas) replicas"
        if let state = facts.clusterState, state != "ok" {
            return [Finding("\(what) servers", "\(found), state \(state)", .broken, "see `redis-cli --cluster check`: a slot has no owner")]
        }
        let alone = facts.nodes.filter { $0.replicas == 0 }.map(\.address)
        return [
            Finding(
                "\(what) servers", found, alone.isEmpty ? .good : .unsafe,
                "give each primary a replica: without one the partitions of \(alone.joined(separator: ", ")) stand still while it is away")
        ]
    }

    /// Settings that matter only where there are replicas, or several primaries.
    static func replication(of facts: RedisFacts) -> [Finding] {
        var findings: [Finding] = []
        if facts.isCluster == true {
            findings.append(
                setting(
                    "cluster-require-full-coverage", "no", of: facts, "else all partitions stand still when the servers of one are away"))
        }
        if facts.nodes.contains(where: { $0.replicas > 0 }) {
            let found = facts.settings["min-replicas-to-write"]
            let least = found?.split(separator: ", ").map { Int($0) ?? 0 }.min() ?? 0
            findings.append(
                Finding(
                    "min-replicas-to-write", found ?? "not told", least >= 1 ? .good : .unsafe,
                    "set it to 1: else a primary that is cut off accepts stream jobs which its successor will not have"))
        }
        return findings
    }
}
