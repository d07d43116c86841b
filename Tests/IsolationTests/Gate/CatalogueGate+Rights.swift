/// Who may do what beside policies, and with whose rights.
extension CatalogueGate {
    private static let commands = Set(Command.allCases.map(\.rawValue))

    /// Rights that no policy holds for (`truncate` asks none), and roles that have no business at a table.
    static func rights(of grants: [String]) -> [String] {
        grants.compactMap { grant in
            let words = grant.split(separator: " ")
            guard words.count == 2 else { return "the grant \"\(grant)\" is not understood" }
            let role = String(words[0])
            if role == "public" || role == "mainstay_reporting" || !WrittenList.roles.contains(role) { return "\(role) may \(words[1])" }
            return commands.contains(String(words[1])) ? nil : "\(role) may \(words[1]), which no policy holds for"
        }
    }

    /// A view reads with the rights of whoever asks; or it is one of the reports', which one role reads and no other.
    static func views(_ catalogue: Catalogue) -> [Finding] {
        catalogue.views.compactMap { view in
            if view.asksAsInvoker { return nil }
            if view.owner == "mainstay_views", view.grantees.isSubset(of: ["mainstay_reporting"]) { return nil }
            let fault = "reads with the rights of \(view.owner) for \(view.grantees.sorted()), and neither asks as its invoker nor is a report"
            return Finding(thing: view.name, fault: fault)
        }
    }

    static func functions(_ catalogue: Catalogue) -> [Finding] {
        var findings: [Finding] = []
        for function in catalogue.functions {
            guard let listed = WrittenList.ownersFunctions[function.name] else {
                findings.append(Finding(thing: function.name, fault: "runs with its owner's rights and is not on the list of those"))
                continue
            }
            if !function.hasSearchPath { findings.append(Finding(thing: function.name, fault: "looks names up where its caller says")) }
            if !function.grantees.isSubset(of: listed.callers) {
                let fault = "may be called by \(function.grantees.sorted()), not only by \(listed.callers.sorted())"
                findings.append(Finding(thing: function.name, fault: fault))
            }
        }
        let gone = Set(WrittenList.ownersFunctions.keys).subtracting(catalogue.functions.map(\.name))
        return findings + gone.map { Finding(thing: $0, fault: "is on a written list and runs with nobody's rights but its caller's, or is gone") }
    }

    /// No role of ours is above policies; the server's owns nothing, and has the rights of another only where it takes that role.
    static func roles(_ catalogue: Catalogue) -> [Finding] {
        var findings = WrittenList.roles.subtracting(catalogue.roles.map(\.name)).map { Finding(thing: $0, fault: "is missing") }
        for role in catalogue.roles {
            func found(_ fault: String) { findings.append(Finding(thing: role.name, fault: fault)) }
            if !WrittenList.roles.contains(role.name) { found("is a role that is not on the list") }
            if role.isSuperuser { found("is a superuser") }
            if role.passesPolicies { found("bypasses row-level security") }
            if role.hasMore { found("makes roles or databases, or replicates") }
            let more = role.memberOf.subtracting(WrittenList.memberships[role.name] ?? [])
            if !more.isEmpty { found("may take \(more.sorted())") }
            if role.name != "mainstay_owner", !role.inherits.isEmpty { found("has the rights of \(role.inherits.sorted()) without taking them") }
            if role.owned > 0, !["mainstay_owner", "mainstay_views"].contains(role.name) { found("owns \(role.owned) things") }
        }
        return findings
    }
}
