package import Web

/// What a token may do. The list is closed: a token with another word is not made.
///
/// | scope | allows |
/// |---|---|
/// | `tickets:read` `tickets:write` | read tickets, their clocks and escalations; open, answer and close them |
/// | `agents:read` `agents:write` | read the workspace's agents; import, publish and fork |
/// | `runs:read` `runs:write` | read runs and follow their events; start and cancel them |
/// | `profiles:read` `profiles:write` | read build profiles; submit them |
/// | `jobs:read` `jobs:write` | ask for the state of the workspace's jobs; cancel them |
/// | `tokens:admin` | list, make, rotate and revoke tokens, with no more scopes than one's own |
/// | `members:read` | read who is a member |
/// | `members:admin` | invite, change roles and remove members, all below owner |
/// | `workspace:admin` | what is an owner's: owners themselves, transfer, deletion, restoring, export |
/// | `operator` | what concerns the whole installation: queues, dead letters, workers |
package enum Scope: String, CaseIterable, Sendable, Hashable {
    case ticketsRead = "tickets:read"
    case ticketsWrite = "tickets:write"
    case agentsRead = "agents:read"
    case agentsWrite = "agents:write"
    case runsRead = "runs:read"
    case runsWrite = "runs:write"
    case profilesRead = "profiles:read"
    case profilesWrite = "profiles:write"
    case jobsRead = "jobs:read"
    case jobsWrite = "jobs:write"
    case tokensAdmin = "tokens:admin"
    case membersRead = "members:read"
    case membersAdmin = "members:admin"
    case workspaceAdmin = "workspace:admin"
    case `operator` = "operator"

    /// Everything inside a workspace: what a workspace's first token gets.
    package static let workspace = Set(allCases).subtracting([.operator])
}

extension Identity {
    /// Throws a 403 problem when the token lacks the scope.
    package func require(_ scope: Scope) throws { try require(scope.rawValue) }
}
