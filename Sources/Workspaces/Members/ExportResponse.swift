import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Web

/// An export as an answer: written page by page, as fast as the client reads, for as long as whoever asked may be here. An error cuts the
/// connection, and so does that one's end, so that half of an export is not taken for a whole one.
struct ExportResponse: ResponseGenerator, Sendable {
    static let contentType = "application/x-ndjson"

    let reader: ExportReader
    /// Whose answer it is.
    let hold: IdentityHold
    /// The workspace's slug, for the name of a file.
    let slug: String

    func response(from request: Request, context: some RequestContext) -> Response {
        let headers: HTTPFields = [
            .contentType: Self.contentType, .cacheControl: "no-store", .accelBuffering: "no",
            .contentDisposition: "attachment; filename=\"\(slug).ndjson\"",
        ]
        let logger = context.logger
        let export = self
        return Response(
            status: .ok, headers: headers,
            body: .init { writer in
                let transfer = WriterTransfer(writer)
                do {
                    try await export.hold.whileGood { try await export.write(to: transfer.writer) }
                } catch {
                    if !(error is CancellationError) { logger.warning("An export was cut short", metadata: ["error": "\(error)"]) }
                    throw error
                }
            })
    }

    private func write(to writer: consuming any ResponseBodyWriter) async throws {
        var reader = reader
        while let lines = try await reader.next() {
            try await writer.write(ByteBuffer(string: lines.joined(separator: "\n") + "\n"))
        }
        try await writer.finish(nil)
    }
}
