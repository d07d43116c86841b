import Foundation
import Hummingbird
import Jobs
import Web

/// Many profiles in one request: one a line, each of them as if it had come alone.
extension BuildProfileRoutes {
    func submitLines(_ request: Request, _ context: IdentifiedContext) throws -> NDJSONResponse {
        let workspace = context.identity.workspace
        let keys = try NDJSONKeys(of: request, workspace: workspace)
        let trace = TraceParent(header: context.trace.header)
        return NDJSONResponse(in: context, lineLimit: Self.bodyLimit) { [producer] line in
            let wanted = try line.decode(KeyedLine<BuildProfile>.self)
            let payload = try Self.checked(wanted.content)
            let key = try keys.key(of: line, own: wanted.idempotencyKey)
            let acceptance = try await producer.accept(
                payload, workspace: workspace, idempotency: key.map { Idempotency(key: $0.key, digest: $0.digest) }, trace: trace)
            return .accepted(acceptance.id, replayed: acceptance.replayed)
        }
    }
}
