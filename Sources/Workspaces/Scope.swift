package import Web

/// What a token may do. The list is closed: a token with another word is not made.
///
/// | scope | allows |
/// |---|---|
/// | `tickets:read` `tickets:write` | read tickets, their clocks and escalations; open, answer and close them |
/// | `agents:read` `agents:write` | read the workspace's agents; import, publish and fork |
/// | `runs:read` `runs:write` | read runs and follow their events; start and cancel them |
/// | `memories:read` `memories:write` | read what agents remember; write and delete it |
/// | `profiles:read` `profiles:write` | read build profiles; submit them |
/// | `jobs:read` `jobs:write` | ask for the state of the workspace's jobs; cancel them |
/// | `tokens:admin` | list, make, rotate and revoke tokens, with no more scopes than one's own; one's own tokens anyone rotates and revokes |
/// | `members:read` | read who is a member |
/// | `members:admin` | invite, change roles and remove members, all below owner; anyone leaves |
/// | `workspace:admin` | what is an owner's: owners themselves, transfer, deletion, restoring, export |
///
/// What concerns the whole installation no member's token has; these are for operators:
///
/// | scope | allows |
/// |---|---|
/// | `operations:read` | see queues, workers, jobs and dead letters of all workspaces |
/// | `operations:write` | pause queues, cancel jobs, replay and discard dead letters |
/// | `directory:moderate` | read reports and appeals, decide them, set the status of any listing, verify who stands behind an owner |
/// | `audit:read` | read the access log |
/// | `operator` | all of these: of tokens that were made before there were four |
package enum Scope: String, CaseIterable, Sendable, Hashable {
    case ticketsRead = "tickets:read"
    case ticketsWrite = "tickets:write"
    case agentsRead = "agents:read"
    case agentsWrite = "agents:write"
    case runsRead = "runs:read"
    case runsWrite = "runs:write"
    case memoriesRead = "memories:read"
    case memoriesWrite = "memories:write"
    case profilesRead = "profiles:read"
    case profilesWrite = "profiles:write"
    case jobsRead = "jobs:read"
    case jobsWrite = "jobs:write"
    case tokensAdmin = "tokens:admin"
    case membersRead = "members:read"
    case membersAdmin = "members:admin"
    case workspaceAdmin = "workspace:admin"
    case operationsRead = "operations:read"
    case operationsWrite = "operations:write"
    case directoryModerate = "directory:moderate"
    case auditRead = "audit:read"
    case `operator` = "operator"

    /// What operators do, each by itself.
    package static let installation: Set<Scope> = [.operationsRead, .operationsWrite, .directoryModerate, .auditRead]
    /// Everything inside a workspace: what a workspace's first token gets.
    package static let workspace = Set(allCases).subtracting(installation).subtracting([.operator])

    /// The scopes that a token has, with those that one of them stands for.
    package static func implied(by scopes: Set<String>) -> Set<String> {
        scopes.contains(Scope.operator.rawValue) ? scopes.union(installation.map(\.rawValue)) : scopes
    }
}

extension Identity {
    /// Throws a 403 problem when the token lacks the scope.
    package func require(_ scope: Scope) throws { try require(scope.rawValue) }

    /// Whether the token may do anything that concerns the whole installation.
    var isOperator: Bool { scopes.contains { word in Scope(rawValue: word).map { $0.leastRole == nil } == true } }
}
