import Foundation
import HTTPTypes
import Testing
import Web

@testable import Inference

@Suite("The contract of run events over HTTP", .timeLimit(.minutes(1))) struct ContractRoutesTests {
    private static let path = "/v1/contracts/run-events/v1"

    @Test("What is embedded is the file, byte for byte, under the version that the program writes")
    func embedded() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = try Data(contentsOf: root.appending(path: "ops/contract/run-events-v\(RunEvent.version).json"))
        #expect(RunEventContract.bytes == Array(file))
        #expect(RunEventContract.path == Self.path)
    }

    @Test("Anybody reads it, and whoever has it is told that it is the same")
    func open() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            let answer = try await ask(.get, Self.path, token: nil)
            #expect(answer.status == .ok && answer.headers[.contentType] == "application/schema+json")
            #expect(answer.body == RunEventContract.bytes)
            #expect(answer.json["$id"]?.string == "urn:mainstay:run-events:1")
            let tag = try #require(answer.headers[.eTag])
            #expect(answer.headers[.cacheControl] == "public, max-age=3600")
            let again = try await ask(.get, Self.path, token: nil, headers: [.ifNoneMatch: tag])
            #expect(again.status == .notModified && again.body.isEmpty && again.headers[.eTag] == tag)
            let other = try await ask(.get, Self.path, token: nil, headers: [.ifNoneMatch: #"W/"00""#])
            #expect(other.status == .ok)
        }
    }

    @Test("The description of the event stream leads to it")
    func described() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            let document = try await ask(.get, "/openapi.json", token: nil).json
            let operation = document["paths"]?[Self.path]?["get"]
            #expect(operation?["security"] == nil)
            #expect(operation?["responses"]?["200"]?["content"]?["application/schema+json"] != nil)
            let events = document["paths"]?["/v1/runs/{id}/events"]?["get"]?["responses"]?["200"]?["content"]?["text/event-stream"]?["schema"]
            #expect(events?["$ref"]?.string == "#/components/schemas/RunEventStream")
            #expect(document["components"]?["schemas"]?["RunEventStream"]?["description"]?.string?.contains(Self.path) == true)
        }
    }
}
