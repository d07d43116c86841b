import Workspaces

/// An operator who does something, by the two names that are kept of it.
struct ActingOperator: Sendable {
    /// Its own, or what a token is called that is no operator's: dead letters keep it, for those who ask later.
    let name: String
    /// As the access log has it.
    let actor: AccessActor
}
