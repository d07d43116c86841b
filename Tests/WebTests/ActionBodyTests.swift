import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import Web

/// A route that needs no body: it answers with the number of bytes that it read.
@Suite("The body of an action", .timeLimit(.minutes(1)))
struct ActionBodyTests {
    private static let touch = APIOperation(
        .post, "/v1/things/{id}/touch", summary: "Touch it", tag: "Things", scope: "things:write", parameters: [.idempotencyKey],
        request: .action, answers: [.init(.ok, "Touched")])

    private var fixture: WebFixture {
        var routes = APIRoutes()
        routes.on(Self.touch) { request, context in
            let body = try await request.readAction(in: context)
            return "\(body.count)"
        }
        return WebFixture(more: [routes])
    }

    @Test("may be left out, or is an object that is read and means nothing")
    func taken() async throws {
        try await fixture.application.test(.router) { client in
            let bodies: [(String, String?)] = [
                ("", nil), ("", "text/plain"), ("{}", nil), (#"{"a":[1]}"#, "application/json; charset=utf-8"),
            ]
            for (body, type) in bodies {
                var headers = HTTPFields.authorized()
                if let type { headers[.contentType] = type }
                let response = try await client.execute(uri: "/v1/things/7/touch", method: .post, headers: headers, body: ByteBuffer(string: body))
                #expect(response.status == .ok, "\(body)")
                #expect(String(buffer: response.body) == "\(body.utf8.count)")
            }
        }
    }

    @Test(
        "is refused when it is anything else",
        arguments: [
            (#"{"a":"#, "application/json", 400), ("{} {}", "application/json", 400), ("[]", "application/json", 422),
            ("null", "application/json", 422), (#"{"a":"\u0000"}"#, "application/json", 422), ("{}", "text/plain", 415),
            ("{\"a\":\"" + String(repeating: "x", count: BodyLimit.action) + "\"}", "application/json", 413),
        ])
    func refused(_ body: String, _ type: String, _ status: Int) async throws {
        try await fixture.application.test(.router) { client in
            try await client.execute(
                uri: "/v1/things/7/touch", method: .post, headers: .authorized([.contentType: type]), body: ByteBuffer(string: body)
            ) { response in
                #expect(response.status.code == status)
                _ = try ReadProblem(response)
            }
        }
    }

    @Test("is described as one that may be left out, with all that can be wrong with it")
    func described() throws {
        let document = OpenAPI.document(info: .init(title: "x", version: "1", description: ""), operations: [Self.touch])
        let operation = try #require(document["paths"]?["/v1/things/{id}/touch"]?["post"])
        #expect(operation["requestBody"]?["required"] == false)
        #expect(
            operation["responses"]?.members?.map(\.name) == ["200", "400", "401", "403", "404", "409", "413", "415", "422", "500", "503"])
    }
}
