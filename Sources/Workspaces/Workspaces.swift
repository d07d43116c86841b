package import Jobs
package import Logging
package import Postgres
package import Web

/// Who asks and what became of the work: what `mainstay` composes of this module.
package struct Workspaces: Sendable {
    package let workspaces: WorkspaceStore
    package let tokens: TokenStore
    package let operators: OperatorStore
    package let members: MemberStore
    package let invitations: InvitationStore
    package let people: PersonStore
    package let identities: ExternalIdentityStore
    /// What was done to all of them, and by whom.
    package let log: AccessLogStore
    package let locks: TokenLockStore
    /// Sessions of pages that were signed out.
    package let sessions: SessionEndStore
    /// Also a service: it notes the last use of tokens.
    package let authenticator: TokenAuthenticator<ContinuousClock>
    private let pool: PostgresPool
    let grace: DeletionGrace
    private let logger: Logger

    /// - Parameters:
    ///   - multiUser: off, everything happens in the default workspace, under the same policies, and nobody is invited.
    ///   - grace: how long a deleted workspace can be restored.
    package init(pool: PostgresPool, multiUser: Bool, grace: DeletionGrace = .standard, logger: Logger) {
        self.pool = pool
        self.grace = grace
        self.logger = logger
        workspaces = WorkspaceStore(pool: pool, multiUser: multiUser)
        tokens = TokenStore(pool: pool)
        operators = OperatorStore(pool: pool)
        members = MemberStore(pool: pool, multiUser: multiUser)
        invitations = InvitationStore(pool: pool, multiUser: multiUser)
        people = PersonStore(pool: pool)
        identities = ExternalIdentityStore(pool: pool)
        log = AccessLogStore(pool: pool)
        locks = TokenLockStore(pool: pool)
        sessions = SessionEndStore(pool: pool)
        authenticator = TokenAuthenticator(store: tokens, logger: logger)
    }

    /// `/v1/workspace…`, `/v1/invitations`, `/v1/tokens`, `/v1/jobs`, `/v1/job-groups`.
    package func routes(producer: JobProducer) -> [APIRoutes] {
        let authenticator = authenticator
        return [
            TokenRoutes(workspaces: workspaces, tokens: tokens).routes(),
            MemberRoutes(members: members, invitations: invitations).routes(),
            WorkspaceRoutes(
                pool: pool, workspaces: workspaces, members: members, grace: grace,
                restorer: { try await authenticator.identityOfRestorer(bearer: $0) }
            ).routes(),
            JobRoutes(producer: producer).routes(), JobGroupRoutes(producer: producer).routes(),
        ]
    }

    /// What every worker does beside its handlers.
    package var periodicTasks: [any PeriodicTask] { [WorkspacePurge(pool: pool, logger: logger)] }

    /// What a workspace takes along, as lines.
    package func export(of workspace: Workspace, by actor: AccessActor) -> ExportReader {
        ExportReader(workspace.id, pool: pool, by: actor)
    }
}
