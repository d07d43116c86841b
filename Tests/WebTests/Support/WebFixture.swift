import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryLogging
import Logging
import Metrics
import NIOCore
import Synchronization
import Testing
import Web

/// Knows three tokens: `good` (may read), `expired`, `away` (its store is out).
struct StubAuthenticator: Authenticator {
    static let workspace = UUID(uuidString: "0192F000-0000-7000-8000-000000000001")!

    struct Away: Error {}

    func identity(bearer: String) async throws -> Identity? {
        switch bearer {
        case "good":
            Identity(workspace: Self.workspace, workspaceSlug: "acme", tokenID: UUID(), user: nil, scopes: ["things:read", "things:write"])
        case "expired": throw Problem.unauthorized(.expired)
        case "away": throw Away()
        default: nil
        }
    }
}

/// What the test routes read.
struct Thing: Codable, Equatable {
    struct Part: Codable, Equatable {
        let size: Int
    }
    enum Colour: String, Codable {
        case red, green
    }

    let name: String
    var parts: [Part]?
    var colour: Colour?
    var at: Date?
    var id: UUID?
    var tags: [String: String]?
}

struct Unforeseen: Error, CustomStringConvertible {
    var description: String { "password=hunter2 at 10.0.0.7" }
}

/// A server of a few routes that stand for those of the features.
struct WebFixture {
    let responder: WebResponder
    let log = InMemoryLogHandler()
    /// Its connections tell when their clients leave, as those of the ingress do.
    let watchesConnections: Bool
    /// What the handler of `POST /v1/things` read, or why it did not.
    let effects: AsyncStream<Result<Thing, any Error>>

    init(
        problems: [ProblemTable.Row] = [], metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        authenticator: any Authenticator = StubAuthenticator(), watch: IdentityWatch? = nil, more: [APIRoutes] = [],
        watchesConnections: Bool = true
    ) {
        self.watchesConnections = watchesConnections
        let (effects, sink) = AsyncStream.makeStream(of: Result<Thing, any Error>.self, bufferingPolicy: .bufferingNewest(64))
        self.effects = effects
        var routes = APIRoutes()
        routes.on(Self.create) { request, context in
            do {
                let (thing, _) = try await request.readJSON(Thing.self, in: context)
                sink.yield(.success(thing))
            } catch {
                sink.yield(.failure(error))
                throw error
            }
            return HTTPResponse.Status.created
        }
        routes.on(APIOperation(.get, "/v1/things/{id}", summary: "A thing", tag: "Things", scope: "things:read", answers: [.init(.ok, "It")])) {
            _, context in "\(try context.pathID()) for \(context.identity.workspaceSlug)"
        }
        routes.on(APIOperation(.delete, "/v1/things/{id}", summary: "No more", tag: "Things", scope: "things:admin", answers: [.noContent])) { _, _ in
            HTTPResponse.Status.noContent
        }
        routes.on(APIOperation(.get, "/v1/broken", summary: "Fails", tag: "Things", answers: [.noContent])) { _, _ -> HTTPResponse.Status in
            throw Unforeseen()
        }
        routes.onOpen(APIOperation(.get, "/v1/open/{name}", summary: "For all", tag: "Things", answers: [.init(.ok, "It")])) { _, context in
            "open \(try context.pathText("name")) \(context.trace.traceID)"
        }
        var options = WebResponder.Options(problems: ProblemTable(problems), metrics: metrics)
        options.identityWatch = watch
        responder = WebResponder(authenticator: authenticator, features: [routes] + more, options: options)
    }

    static let create = APIOperation(
        .post, "/v1/things", summary: "Make a thing", tag: "Things", scope: "things:write", parameters: [.idempotencyKey],
        request: .init(.object(["name": .string()]), limit: 2000), answers: [.init(.created, "Made")])

    var application: some ApplicationProtocol {
        var logger = Logger(label: "web.test") { _ in log }
        logger.logLevel = .trace
        let watches = watchesConnections
        return Application(
            responder: responder, server: .http1(configuration: .init(additionalChannelHandlers: watches ? [ClientPresence()] : [])),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: logger)
    }
}

extension HTTPFields {
    static func authorized(_ more: HTTPFields = [:], token: String = "good") -> HTTPFields {
        var fields = more
        fields[.authorization] = "Bearer \(token)"
        return fields
    }
}

/// A problem document as a client sees it.
struct ReadProblem: Decodable {
    struct Fault: Decodable {
        let pointer: String?
        let parameter: String?
        let header: String?
        let detail: String
        let expected: String?
        let found: String?
    }

    let type: String
    let title: String
    let status: Int
    let detail: String?
    let instance: String?
    let requestID: String?
    let errors: [Fault]?

    enum CodingKeys: String, CodingKey {
        case type, title, status, detail, instance, errors
        case requestID = "request_id"
    }

    /// Reads a response that must be a problem document in every respect.
    init(_ response: TestResponse, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(response.headers[.contentType] == "application/problem+json", sourceLocation: sourceLocation)
        self = try JSONDecoder().decode(ReadProblem.self, from: Data(buffer: response.body))
        #expect(status == response.status.code, sourceLocation: sourceLocation)
        #expect(requestID == response.headers[.requestID], sourceLocation: sourceLocation)
    }
}

extension Data {
    init(buffer: ByteBuffer) { self.init(buffer.readableBytesView) }
}
