import Foundation
import HTTPTypes
import Hummingbird
import ServiceLifecycle
import Web

/// What becomes of the run when the client of a stream leaves before its end: the header `Mainstay-On-Disconnect`.
enum DisconnectPolicy: String, CaseIterable, Sendable {
    /// The default: a socket is closed for many reasons, and a client that comes back wants its answer.
    case `continue`
    case cancel

    /// - Throws: A 400 problem for another word.
    init(_ request: Request) throws {
        guard let field = request.headers[.onDisconnect] else {
            self = .continue
            return
        }
        guard let policy = Self(rawValue: field.lowercased()) else {
            let detail = "Send `cancel` or `continue`."
            throw Problem.badRequest(
                "The header `Mainstay-On-Disconnect` cannot be read. \(detail)", errors: [FieldFault(.header("mainstay-on-disconnect"), detail)])
        }
        self = policy
    }
}

extension DisconnectPolicy {
    /// The header, for the published description.
    static let parameter = APIOperation.Parameter(
        "Mainstay-On-Disconnect", in: .header, "What becomes of the run when the client leaves before the answer's end.",
        schema: .string(oneOf: allCases.map(\.rawValue)))
}

extension HTTPField.Name {
    static let onDisconnect = literal("mainstay-on-disconnect")
}

extension RunRoutes {
    /// Asks for a run's end.
    func requestEnd(of run: UUID, by identity: Identity) async throws {
        // The row first: an announcement that is lost is found again, a wish that is only announced is not.
        try await store.requestCancellation(of: run, workspace: identity.workspace, by: identity.user)
        try? await log.announceCancellation(of: run, timeout: Self.announcePatience)
    }

    /// The client of an answer has left before its end, or the server stops, which is no wish of the client's.
    func left(_ run: UUID, _ policy: DisconnectPolicy, _ identity: Identity) async {
        guard policy == .cancel, !Task.isShuttingDownGracefully else { return }
        // A task of its own, for this one is cancelled and could write nothing any more. It is awaited here and ends by the store's deadlines.
        _ = await Task { try? await requestEnd(of: run, by: identity) }.value
    }
}
