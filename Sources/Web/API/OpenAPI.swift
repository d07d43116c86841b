import HTTPTypes

/// The published description: OpenAPI 3.1, made of the operations beside the routes.
package enum OpenAPI {
    /// The head of the document.
    package struct Info: Sendable {
        package let title: String
        package let version: String
        package let description: String

        package init(title: String, version: String, description: String) {
            self.title = title
            self.version = version
            self.description = description
        }
    }

    /// The document of some features' routes.
    package static func document(info: Info, routes: [APIRoutes]) -> JSONValue {
        document(info: info, operations: routes.flatMap(\.operations), open: routes.reduce(into: []) { $0.formUnion($1.openPaths) })
    }

    /// The document of some operations; `open` names those that need no token.
    package static func document(info: Info, operations: [APIOperation], open: Set<String> = []) -> JSONValue {
        var paths: [JSONValue.Member] = []
        for path in unique(operations.map(\.path)) {
            let members = operations.filter { $0.path == path }.map { operation in
                JSONValue.Member(operation.method.rawValue.lowercased(), describe(operation, isOpen: open.contains(operation.id)))
            }
            paths.append(.init(path, .object(members)))
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": .string(info.title), "version": .string(info.version), "description": .string(info.description)],
            "tags": .array(unique(operations.map(\.tag)).map { ["name": .string($0)] }),
            "paths": .object(paths),
            "components": [
                "securitySchemes": ["token": ["type": "http", "scheme": "bearer", "description": "A token of `mainstay token create`, `mst_…`."]],
                "responses": [
                    "Problem": [
                        "description": "What went wrong, as RFC 9457 writes it.",
                        "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
                    ]
                ],
                "schemas": .object(schemas(operations)),
            ],
        ]
    }

    /// What differs between the routes of a router and the operations that describe them; empty when the description is
    /// true. Paths in `except` (pages, metrics) need none; HEAD comes with GET.
    package static func differences(routes: RouteTable, operations: [APIOperation], except: Set<String> = []) -> [String] {
        let mounted = Set(routes.entries.filter { $0.method != .head && !except.contains($0.path) }.map(\.description))
        let described = Set(operations.map { "\($0.method.rawValue) \($0.path)" })
        return mounted.subtracting(described).sorted().map { "\($0) is not described" }
            + described.subtracting(mounted).sorted().map { "\($0) is described and not mounted" }
    }

    // MARK: Parts

    private static func describe(_ operation: APIOperation, isOpen: Bool) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("operationId", .string(operation.id)), .init("summary", .string(operation.summary)), .init("tags", [.string(operation.tag)]),
        ]
        var description = operation.description
        if let scope = operation.scope {
            let exception = operation.own.map { ", but for \($0)" } ?? ""
            description = [description, "Needs the scope `\(scope)`\(exception)."].compactMap { $0 }.joined(separator: "\n\n")
        }
        if let description { members.append(.init("description", .string(description))) }
        let parameters = parameters(of: operation)
        if !parameters.isEmpty { members.append(.init("parameters", .array(parameters))) }
        if let request = operation.request {
            var content: [JSONValue.Member] = [.init(request.contentType, ["schema": request.schema.json])]
            if let lines = request.lines { content.append(.init(NDJSON.contentType, ["schema": JSONSchema.string(lines).json])) }
            members.append(.init("requestBody", ["required": .bool(request.required), "content": .object(content)]))
        }
        var responses = operation.answers.map { answer in
            var members: [JSONValue.Member] = [.init("description", .string(answer.description))]
            if let schema = answer.schema { members.append(.init("content", .object([.init(answer.contentType, ["schema": schema.json])]))) }
            return JSONValue.Member("\(answer.status.code)", .object(members))
        }
        for status in problems(of: operation, isOpen: isOpen) {
            responses.append(.init("\(status)", ["$ref": "#/components/responses/Problem"]))
        }
        members.append(.init("responses", .object(responses)))
        if !isOpen { members.append(.init("security", .array(requirements(of: operation)))) }
        return .object(members)
    }

    /// What a token needs: any one of these is enough.
    private static func requirements(of operation: APIOperation) -> [JSONValue] {
        var requirements: [JSONValue] = [["token": .array(operation.scope.map { [.string($0)] } ?? [])]]
        if operation.own != nil { requirements.append(["token": []]) }
        return requirements
    }

    private static func parameters(of operation: APIOperation) -> [JSONValue] {
        let listed = Set(operation.parameters.filter { $0.place == .path }.map(\.name))
        let path = operation.pathParameters.filter { !listed.contains($0) }.map {
            APIOperation.Parameter($0, in: .path, "Part of the path.", schema: $0 == "id" ? .uuid : .string())
        }
        return (path + operation.parameters).map { parameter in
            [
                "name": .string(parameter.name), "in": .string(parameter.place.rawValue), "required": .bool(parameter.required),
                "description": .string(parameter.description), "schema": parameter.schema.json,
            ]
        }
    }

    /// Which problems a route has follows from what it reads and needs.
    private static func problems(of operation: APIOperation, isOpen: Bool) -> [Int] {
        var codes = Set(operation.problems.map(\.code))
        codes.insert(500)
        if !isOpen { codes.formUnion([401, 403, 503]) }
        if !operation.parameters.isEmpty || operation.request != nil { codes.insert(400) }
        if operation.request != nil { codes.formUnion([413, 415, 422]) }
        if !operation.pathParameters.isEmpty { codes.insert(404) }
        if operation.parameters.contains(where: { $0.name == APIOperation.Parameter.idempotencyKey.name }) { codes.insert(409) }
        return codes.subtracting(operation.answers.map(\.status.code)).sorted()
    }

    private static func schemas(_ operations: [APIOperation]) -> [JSONValue.Member] {
        var named = Problem.schema.definitions
        for operation in operations {
            let schemas = operation.parameters.map(\.schema) + operation.answers.compactMap(\.schema) + [operation.request?.schema].compactMap { $0 }
            for schema in schemas { named.merge(schema.definitions) { first, _ in first } }
        }
        return named.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}
