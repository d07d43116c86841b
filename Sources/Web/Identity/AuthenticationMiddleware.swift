import HTTPTypes
package import Hummingbird

/// Sets the context's identity from `Authorization: Bearer …` (or `X-Api-Key`, which Anthropic's clients send).
///
/// Stands before routes that need an identity and only there: probes and public pages cost no look-up.
package struct AuthenticationMiddleware: RouterMiddleware {
    package typealias Context = AppContext

    private let authenticator: any Authenticator

    package init(authenticator: any Authenticator) {
        self.authenticator = authenticator
    }

    package func handle(_ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response) async throws -> Response {
        guard let token = try Self.token(of: request) else { throw Problem.unauthorized(.missing) }
        guard let identity = try await authenticator.identity(bearer: token) else { throw Problem.unauthorized(.invalid) }
        var context = context
        context.identity = identity
        context.facts.workspace = identity.workspace
        return try await next(request, context)
    }

    /// The token that was sent, nil when none was. Another scheme than Bearer is a fault, and so are two tokens.
    static func token(of request: Request) throws -> String? {
        let authorizations = request.headers[values: .authorization]
        guard authorizations.count <= 1 else { throw Problem.unauthorized(.invalid) }
        guard let authorization = authorizations.first else { return request.headers[.apiKey] }
        let parts = authorization.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw Problem.unauthorized(.invalid) }
        return String(parts[1].drop { $0 == " " })
    }
}
