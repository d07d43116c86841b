import Workspaces

/// An operator who does something, by the two names that are kept of it.
struct ActingOperator: Sendable {
    /// What the token is called: dead letters keep it, for those who ask later.
    let name: String
    /// The token itself, as the access log has it.
    let actor: AccessActor
}
