import HTTPTypes
package import Hummingbird
package import Web

/// Watches what tokens ask for. It stands right behind authentication, on the routes that need it: it knows who asks, and sees what
/// is thrown before a problem is made of it.
///
/// A request that is answered costs it a flag and a test of the status; a job that was accepted (202), a look at the route as well.
/// (Where anybody is slowed or locked, everybody is looked up: a lock and a hash.)
package struct WatchMiddleware<C: Clock>: RouterMiddleware where C.Duration == Duration {
    package typealias Context = AppContext

    private let watch: AccessWatch<C>

    package init(watch: AccessWatch<C>) {
        self.watch = watch
    }

    package func handle(_ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response) async throws -> Response {
        guard let identity = context.identity else { return try await next(request, context) }
        if watch.isRestricting { try await watch.admit(.token(identity.tokenID, workspace: identity.workspace)) }
        let response: Response
        do {
            response = try await next(request, context)
        } catch {
            if let fault = WatchedFault(error) { note(fault, identity, context) }
            throw error
        }
        let status = response.status.code
        if status < 400 {
            if status == 202 { noteAcceptance(response, identity, context) }
        } else if let fault = WatchedFault(status: status) {
            note(fault, identity, context)
        }
        return response
    }

    private func note(_ fault: WatchedFault, _ identity: Identity, _ context: AppContext) {
        let subject = WatchSubject.token(identity.tokenID, workspace: identity.workspace)
        let isSpared = identity.isOperator
        switch fault {
        case .withheld:
            let parameters = context.parameters
            // Without an id in the path there is none to walk along: the token lacks a scope, say.
            guard !parameters.isEmpty else { return }
            watch.noted(.idWalking, of: subject, thing: Self.mark(parameters.map { $0.value }), isSpared: isSpared)
            // The router's word for what stands before a name is the same for an agent's id and for its owner; with a name it is the owner.
            if let owner = parameters.get("agent"), parameters.get("name") != nil, owner != identity.workspaceSlug {
                watch.noted(.foreignWorkspaces, of: subject, thing: Self.mark([owner[...]]), isSpared: isSpared)
            }
        case .keyReused: watch.noted(.keyReuse, of: subject, isSpared: isSpared)
        case .signatureRefused: watch.noted(.badSignatures, of: subject, isSpared: isSpared)
        case .tokenRefused: return
        }
    }

    private func noteAcceptance(_ response: Response, _ identity: Identity, _ context: AppContext) {
        guard context.endpointPath?.hasSuffix("/forks") == true, response.headers[.idempotencyReplayed] == nil else { return }
        let isSpared = identity.isOperator
        watch.noted(.forkBurst, of: .token(identity.tokenID, workspace: identity.workspace), isSpared: isSpared)
    }

    /// The same for the same words, in this process.
    private static func mark(_ words: [Substring]) -> UInt64 {
        var hasher = Hasher()
        for word in words { hasher.combine(word) }
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }
}
