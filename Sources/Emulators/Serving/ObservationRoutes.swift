import HTTPTypes
import Hummingbird
import NIOCore
import Web

/// What tests in other processes ask: `GET /_emulator/requests` for the book, `DELETE` to forget its entries.
struct ObservationRoutes {
    let book: RequestBook

    func respond(to request: Request, path: String) -> Response {
        guard path == "/_emulator/requests" else { return answer(.notFound, ["error": "there is only /_emulator/requests"]) }
        switch request.method {
        case .get: return answer(.ok, document)
        case .delete:
            book.clear()
            return Response(status: .noContent)
        default: return answer(.methodNotAllowed, ["error": "GET shows the requests, DELETE forgets them"])
        }
    }

    private var document: JSONValue {
        ["version": 1, "open": .count(book.open), "clients_left": .count(book.clientsLeft), "requests": .array(book.entries.map(entry))]
    }

    private func entry(_ entry: RequestBook.Entry) -> JSONValue {
        let headers = entry.headers.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
        let ended: JSONValue = entry.ended.map { .number($0.inMilliseconds) } ?? .null
        return [
            "number": .count(entry.number), "method": .string(entry.method), "path": .string(entry.path), "headers": .object(headers),
            "body": .string(entry.body), "state": .string(entry.state.rawValue), "arrived_ms": .number(entry.arrived.inMilliseconds),
            "ended_ms": ended,
        ]
    }

    private func answer(_ status: HTTPResponse.Status, _ value: JSONValue) -> Response {
        Response(status: status, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(bytes: value.bytes())))
    }
}

/// The headers of a request as they may be shown.
enum ObservedHeaders {
    /// Values that open doors.
    private static let secret: Set<String> = ["authorization", "proxy-authorization", "x-api-key", "api-key", "cookie"]

    static func read(_ fields: HTTPFields) -> [String: String] {
        var headers: [String: String] = [:]
        for field in fields where !secret.contains(field.name.canonicalName) { headers[field.name.canonicalName] = field.value }
        return headers
    }
}
