import Foundation
import Hummingbird
import HummingbirdTesting
import Web

@testable import Workspaces

/// Knows one workspace, by the word `good` as by any other.
struct Doorkeeper: Authenticator {
    let workspace = UUID()
    let scopes: Set<String>

    func identity(bearer: String) async throws -> Identity? {
        Identity(workspace: workspace, workspaceSlug: "acme", tokenID: UUID(), user: nil, scopes: scopes)
    }
}

/// What routes answer to somebody with these scopes, and that one's workspace.
func answer(to uri: String, from routes: APIRoutes, scopes: Set<String>) async throws -> (response: TestResponse, workspace: UUID) {
    let doorkeeper = Doorkeeper(scopes: scopes)
    let responder = WebResponder(authenticator: doorkeeper, features: [routes], options: .init(problems: ProblemMapping.table))
    let response = try await Application(responder: responder).test(.router) { client in
        try await client.execute(uri: uri, method: .get, headers: [.authorization: "Bearer good"])
    }
    return (response, doorkeeper.workspace)
}
