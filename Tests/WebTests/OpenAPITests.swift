import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import Web

@Suite("The published description")
struct OpenAPITests {
    private func document(of fixture: WebFixture) async throws -> JSONValue {
        try await fixture.application.test(.router) { client in
            let response = try await client.execute(uri: "/openapi.json", method: .get)
            #expect(response.headers[.contentType] == "application/json")
            return try JSONParser.parse(Array(response.body.readableBytesView))
        }
    }

    @Test("covers what is mounted and nothing else")
    func complete() {
        let responder = WebFixture(more: [Health(checks: []).routes()]).responder
        #expect(OpenAPI.differences(routes: responder.routes, operations: responder.operations) == [])
    }

    @Test("a route that is not described, and a description without a route, are found")
    func differences() {
        let router = Router(context: AppContext.self)
        router.get("/v1/hidden/:id") { _, _ in "x" }
        router.get("/metrics") { _, _ in "x" }
        let operation = APIOperation(.post, "/v1/promised", summary: "x", tag: "x", answers: [.noContent])
        #expect(
            OpenAPI.differences(routes: RouteTable(router), operations: [operation], except: ["/metrics"]) == [
                "GET /v1/hidden/{id} is not described", "POST /v1/promised is described and not mounted",
            ])
    }

    @Test("is OpenAPI 3.1 in form: references resolve, parameters are those of the path, ids are unique, answers are there")
    func form() async throws {
        let document = try await document(of: WebFixture(more: [Health(checks: []).routes()]))
        #expect(document["openapi"] == "3.1.0")
        #expect(document["info"]?["title"]?.string != nil)
        #expect(document["info"]?["version"]?.string != nil)
        var ids: Set<String> = []
        let tags = Set(document["tags"]?.elements?.compactMap { $0["name"]?.string } ?? [])
        let paths = try #require(document["paths"]?.members)
        #expect(paths.count == 7)
        for path in paths {
            #expect(path.name.hasPrefix("/"))
            let wanted = Set(path.name.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) })
            for operation in try #require(path.value.members) {
                #expect(["get", "post", "put", "patch", "delete"].contains(operation.name))
                let id = try #require(operation.value["operationId"]?.string)
                #expect(ids.insert(id).inserted)
                #expect(operation.value["tags"]?.elements?.allSatisfy { tags.contains($0.string ?? "") } == true)
                let parameters = operation.value["parameters"]?.elements ?? []
                #expect(Set(parameters.filter { $0["in"] == "path" }.compactMap { $0["name"]?.string }) == wanted)
                for parameter in parameters { #expect(parameter["in"] != "path" || parameter["required"] == true) }
                let responses = try #require(operation.value["responses"]?.members)
                #expect(responses.contains { $0.name.hasPrefix("2") })
                #expect(
                    responses.allSatisfy { $0.name.count == 3 && Int($0.name) != nil && ($0.value["description"] != nil || $0.value["$ref"] != nil) })
                #expect(Set(responses.map(\.name)).count == responses.count)
            }
        }
        for reference in references(in: document) {
            let parts = reference.split(separator: "/")
            #expect(parts.first == "#")
            #expect(parts.dropFirst().reduce(document) { $0?[String($1)] } != nil, "\(reference) leads nowhere")
        }
    }

    @Test("names the scope of a route and the problems that follow from what it reads")
    func operation() async throws {
        let document = try await document(of: WebFixture())
        let create = try #require(document["paths"]?["/v1/things"]?["post"])
        #expect(create["security"] == [["token": ["things:write"]]])
        #expect(create["responses"]?.members?.map(\.name) == ["201", "400", "401", "403", "409", "413", "415", "422", "500", "503"])
        #expect(create["requestBody"]?["content"]?["application/json"]?["schema"]?["required"] == ["name"])
        let open = try #require(document["paths"]?["/v1/open/{name}"]?["get"])
        #expect(open["security"] == nil)
    }

    @Test("says what needs no scope because it is one's own, and gives both ways to be allowed")
    func own() {
        let operation = APIOperation(
            .delete, "/v1/parts/{id}", summary: "x", tag: "x", scope: "parts:admin", own: "one's own part", answers: [.noContent])
        let document = OpenAPI.document(info: .init(title: "x", version: "1", description: ""), operations: [operation])
        let described = document["paths"]?["/v1/parts/{id}"]?["delete"]
        #expect(described?["security"] == [["token": ["parts:admin"]], ["token": []]])
        #expect(described?["description"] == "Needs the scope `parts:admin`, but for one's own part.")
    }

    @Test("a named schema is written once and referred to")
    func named() {
        let part = JSONSchema.named("Part", .object(["size": .integer(minimum: 1)]))
        let operation = APIOperation(
            .get, "/v1/parts", summary: "x", tag: "x",
            answers: [.init(.ok, "x", schema: .page(of: part)), .init(.created, "y", schema: .nullable(part))])
        let document = OpenAPI.document(info: .init(title: "x", version: "1", description: ""), operations: [operation])
        #expect(
            document["components"]?["schemas"]?["Part"] == [
                "type": "object", "properties": ["size": ["type": "integer", "minimum": 1]], "required": ["size"],
            ])
        #expect(references(in: document).filter { $0 == "#/components/schemas/Part" }.count == 2)
    }

    private func references(in value: JSONValue) -> [String] {
        switch value {
        case .object(let members): members.flatMap { $0.name == "$ref" ? [$0.value.string ?? ""] : references(in: $0.value) }
        case .array(let elements): elements.flatMap { references(in: $0) }
        default: []
        }
    }
}
