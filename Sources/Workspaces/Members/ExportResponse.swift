import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Web

/// An export as an answer: written page by page, as fast as the client reads. An error cuts the connection, so that half of an export
/// is not taken for a whole one.
struct ExportResponse: ResponseGenerator, Sendable {
    static let contentType = "application/x-ndjson"

    let reader: ExportReader
    /// The workspace's slug, for the name of a file.
    let slug: String

    func response(from request: Request, context: some RequestContext) -> Response {
        let headers: HTTPFields = [
            .contentType: Self.contentType, .cacheControl: "no-store", .accelBuffering: "no",
            .contentDisposition: "attachment; filename=\"\(slug).ndjson\"",
        ]
        let (logger, start) = (context.logger, reader)
        return Response(
            status: .ok, headers: headers,
            body: .init { writer in
                var reader = start
                do {
                    while let lines = try await reader.next() {
                        try await writer.write(ByteBuffer(string: lines.joined(separator: "\n") + "\n"))
                    }
                    try await writer.finish(nil)
                } catch {
                    if !(error is CancellationError) { logger.warning("An export was cut short", metadata: ["error": "\(error)"]) }
                    throw error
                }
            })
    }
}
