import Foundation
import Hummingbird
import Jobs
import Web

/// Many tickets in one request: one a line, each of them as if it had come alone.
extension TicketRoutes {
    /// Accepts lines together, so that they share their commits; each is answered in its place.
    func createLines(_ request: Request, _ context: IdentifiedContext) throws -> NDJSONResponse {
        let workspace = context.identity.workspace
        let keys = try NDJSONKeys(of: request, workspace: workspace)
        let trace = TraceParent(header: context.trace.header)
        return NDJSONResponse(in: context) { [producer] line in
            let wanted = try line.decode(KeyedLine<TicketRequest>.self)
            let ticket = try wanted.content.checked()
            let key = try keys.key(of: line, own: wanted.idempotencyKey)
            let acceptance = try await producer.accept(
                ticket, workspace: workspace, idempotency: key.map { Idempotency(key: $0.key, digest: $0.digest) }, trace: trace)
            return .accepted(acceptance.id, replayed: acceptance.replayed)
        }
    }
}
