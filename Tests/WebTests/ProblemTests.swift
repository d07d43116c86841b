import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryLogging
import Logging
import NIOCore
import Testing

@testable import Web

@Suite("Problems")
struct ProblemTests {
    @Test("an unforeseen error is a 500 that says nothing, and a log line that says all")
    func unforeseen() async throws {
        let fixture = WebFixture()
        try await fixture.application.test(.router) { client in
            let response = try await client.execute(uri: "/v1/broken", method: .get, headers: .authorized())
            let text = String(buffer: response.body)
            let problem = try ReadProblem(response)
            #expect(problem.status == 500)
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("Unforeseen"))
            let entry = try #require(fixture.log.entries.first { $0.level == .error })
            #expect(entry.metadata["error"] == "password=hunter2 at 10.0.0.7")
            #expect(entry.metadata["request_id"] == .string(try #require(problem.requestID)))
            #expect(entry.metadata["trace_id"] != nil)
        }
    }

    @Test("what other modules throw goes through the rows that the server hands in")
    func rows() async throws {
        let fixture = WebFixture(problems: [
            { $0 is StubAuthenticator.Away ? .unavailable("The database does not answer.", retryAfter: .milliseconds(1200)) : nil }
        ])
        try await fixture.application.test(.router) { client in
            let response = try await client.execute(uri: "/v1/things/7", method: .get, headers: .authorized(token: "away"))
            let problem = try ReadProblem(response)
            #expect(problem.status == 503)
            #expect(problem.type == "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity")
            #expect(response.headers[.retryAfter] == "2")
        }
    }

    @Test("on the paths of another API a problem has that API's shape, whoever found the fault, and keeps its status and headers")
    func formats() async throws {
        var routes = APIRoutes()
        routes.on(APIOperation(.get, "/v1/other/thing", summary: "A thing", tag: "Things", answers: [.init(.ok, "It")])) { _, _ in
            "fine"
        }
        routes.problemFormats = [
            ProblemFormat(below: "/v1/other") { problem, request in
                problem.response(to: request, writing: ["wrong": .string(problem.name ?? ""), "asked": .bool(problem.requestID != nil)])
            }
        ]
        try await WebFixture(more: [routes]).application.test(.router) { client in
            for (path, method, name) in [
                ("/v1/other/thing", HTTPRequest.Method.get, "unauthorized"), ("/v1/other/thing", .put, "method-not-allowed"),
                ("/v1/other/nothing", .get, "not-found"),
            ] {
                let response = try await client.execute(uri: path, method: method)
                #expect(response.headers[.contentType] == "application/json")
                #expect(String(buffer: response.body) == #"{"wrong":"\#(name)","asked":true}"#)
                #expect((response.headers[.wwwAuthenticate] != nil) == (name == "unauthorized"))
            }
            let own = try await client.execute(uri: "/v1/otherwise", method: .get)
            #expect(try ReadProblem(own).status == 404)
        }
    }

    @Test("HEAD answers like GET without a body, also when something is wrong", .timeLimit(.minutes(1)))
    func head() async throws {
        try await WebFixture().application.test(.live) { client in
            let good = try await client.execute(uri: "/v1/open/a", method: .head)
            #expect(good.status == .ok)
            #expect(good.body.readableBytes == 0)
            let bad = try await client.execute(uri: "/v1/nothing", method: .head)
            #expect(bad.status == .notFound)
            #expect(bad.body.readableBytes == 0)
            // The connection is still in step.
            let next = try await client.execute(uri: "/v1/open/b", method: .get)
            #expect(String(buffer: next.body).hasPrefix("open b"))
        }
    }

    @Test(
        "Retry-After is rounded up and never 0",
        arguments: [(Duration.zero, "1"), (.milliseconds(1), "1"), (.seconds(1), "1"), (.milliseconds(1001), "2"), (.seconds(90), "90")])
    func retryAfter(_ delay: Duration, _ value: String) {
        #expect(RetryAfter.value(delay) == value)
    }

    @Test("a problem's members come in the standard's order, its extensions last")
    func members() {
        var problem = Problem.invalid([FieldFault(body: ["a"], "Bad.", expected: "string", found: "null"), FieldFault(.parameter("limit"), "Worse.")])
        problem.extensions = [.init("more", 1)]
        #expect(
            String(decoding: problem.json.bytes(), as: UTF8.self)
                == #"{"type":"urn:mainstay:problem:invalid","title":"The request is not valid","status":422,"detail":"2 places are at fault.","#
                + ##""errors":[{"pointer":"#/a","detail":"Bad.","expected":"string","found":"null"},{"parameter":"limit","detail":"Worse."}],"more":1}"##
        )
    }

    @Test("refused access is logged where it is found again, the caller's own mistakes are not")
    func levels() async throws {
        let fixture = WebFixture()
        try await fixture.application.test(.router) { client in
            _ = try await client.execute(uri: "/v1/things/7", method: .get, headers: .authorized(token: "x"))
            _ = try await client.execute(uri: "/v1/nothing", method: .get)
        }
        #expect(fixture.log.entries.filter { $0.message == "A request was refused" }.map(\.level) == [.notice, .debug])
    }
}
